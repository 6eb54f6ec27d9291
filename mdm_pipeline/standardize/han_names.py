"""Names of persons in Han characters, kana and hangul, taken apart.

In: cleaned names without marks, notes and Latin letters. Out: their parts as written and how they are read.
Invariant: family, given and middle name together are the letters of the name, titles aside.
Does not belong here: Latin letters (`latin_names`), notes and masks in the cell (`name_cells`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.surnames import (
    compound_surnames,
    japanese_given_names,
    japanese_surnames,
    known_surnames,
    korean_surnames,
    ranked_surnames,
    surname_readings,
)
from mdm_pipeline.standardize.tables import cell_words
from mdm_pipeline.standardize.text import HAN, fold, pinyin, simplify

HANGUL = r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
KANA = r"\u3041-\u30ff"
CJK = f"{HAN}{KANA}{HANGUL}"
TITLES = cell_words("title")
# Of one character: titles only behind a bare surname, where they cannot be the given name.
_SHORT_TITLES = cell_words("title_short")
_DOUBLE_RANK = 100
_NOTHING = pl.lit(None, dtype=pl.String)


def split_han(work: pl.DataFrame) -> pl.DataFrame:
    """Take names apart.

    Args:
        work: row (unique, ascending), text, apart (the source says that the blank is behind the family name).

    Returns:
        One row per input row: row, family, given, middle, honorific, family_read and given_read (in Latin
        letters), family_folded, given_folded, middle_folded, alias (the wife's own name of a double surname).
    """
    work = _untitled(work.select("row", "text", "apart"))
    dense = pl.col("text").str.replace_all(r"\s+|^(.)[·•・‧．.](..?)$", "$1$2")
    work = work.with_columns(dense.alias("dense"))
    folded = simplify(work["dense"])
    work = work.with_columns(
        folded.alias("plain"),
        folded.str.slice(0, 1).alias("first"),
        folded.str.slice(1, 1).alias("second"),
        folded.str.slice(0, 2).alias("two"),
        folded.str.slice(0, 3).alias("three"),
        folded.str.len_chars().alias("length"),
    )
    parts = work.with_columns(_surname_length().alias("cut")).with_columns(_cut())
    parts = _spaced(parts)
    parts = _dotted(parts)
    return _read(parts)


def _untitled(work: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    before = text.str.extract(rf"^({TITLES})[\s:]*[{CJK}]{{2,}}$", 1)
    # A title without a blank is one only if no surname begins with it.
    work = work.with_columns(pl.when(~text.str.contains(r"^会|^殿|^氏")).then(before).alias("before"))
    text = pl.when(pl.col("before").is_not_null()).then(text.str.replace(rf"^(?:{TITLES})[\s:]*", "")).otherwise(text)
    work = work.with_columns(text.alias("text"))
    text = pl.col("text")
    behind = text.str.extract(rf".[\s]*({TITLES})$", 1)
    short = text.str.extract(rf"^[{HAN}]{{1,2}}\s*({_SHORT_TITLES})$", 1)
    chief = text.str.extract(rf"^[{HAN}]{{2,3}}\s*(总|總)$", 1)
    bare = text.str.replace(rf"\s*(?:{TITLES}|{_SHORT_TITLES})$", "")
    work = work.with_columns(behind.alias("behind"), short.alias("short"), chief.alias("chief"), bare.alias("bare"))
    is_surname = simplify(work["bare"]).is_in(known_surnames()).fill_null(False)
    work = work.with_columns(is_surname.alias("is_surname"))
    colloquial = pl.col("text").str.extract(r"^([老小阿])(.)$", 1)
    name = simplify(work["text"]).str.slice(1).is_in(known_surnames()).fill_null(False)
    work = work.with_columns(pl.when(pl.lit(name)).then(colloquial).alias("colloquial"))
    title = pl.coalesce("behind", pl.when(pl.col("is_surname")).then("short"), "chief", "colloquial", "before")
    text = (
        pl.when(pl.col("behind").is_not_null())
        .then(pl.col("text").str.replace(rf"\s*(?:{TITLES})$", ""))
        .when((pl.col("is_surname") & pl.col("short").is_not_null()) | pl.col("chief").is_not_null())
        .then("bare")
        .when(pl.col("colloquial").is_not_null())
        .then(pl.col("text").str.slice(1))
        .otherwise("text")
    )
    return work.select("row", "apart", text.str.strip_chars(" ").alias("text"), title.alias("honorific"))


def _surname_length() -> pl.Expr:
    """How many characters the surname has; 0 where the name has none."""
    length, titled = pl.col("length"), pl.col("honorific").is_not_null()
    frequent = [name for name, _ in ranked_surnames()[:_DOUBLE_RANK]]
    hangul = pl.col("plain").str.contains(f"^[{HANGUL}]+$")
    korean_two = pl.col("two").is_in([name for name in korean_surnames() if len(name) == 2])
    japanese_two = pl.col("two").is_in([name for name in japanese_surnames() if len(name) == 2])
    japanese_three = pl.col("three").is_in([name for name in japanese_surnames() if len(name) == 3])
    compound = pl.col("two").is_in(sorted(compound_surnames()))
    known = pl.col("first").is_in([name for name in known_surnames() if len(name) == 1])
    both = pl.col("first").is_in(frequent) & pl.col("second").is_in(frequent)
    kana = pl.col("plain").str.contains(f"[{KANA}]")
    return (
        pl.when(hangul)
        .then(pl.when(korean_two & (length > 3)).then(2).otherwise(1))
        .when(pl.col("plain").str.contains(f"^[{KANA}]+$"))
        .then(length)
        .when(japanese_three & ((length > 3) | titled))
        .then(3)
        .when(compound)
        .then(2)
        # A Chinese name of three characters that begins like a Japanese surname is a Chinese name.
        .when(
            japanese_two
            & ((length > 3) | kana | (titled & (length == 2)) | ((length > 2) & ~pl.col("first").is_in(frequent)))
        )
        .then(2)
        .when(japanese_two & (length == 2) & ~known)
        .then(2)
        .when((length == 4) & both)
        .then(2)
        .when((length > 3) & ~known)
        .then(0)
        .otherwise(1)
    )


def _cut() -> list[pl.Expr]:
    dense = pl.col("dense")
    return [
        _filled(dense.str.slice(0, pl.col("cut"))).alias("family"),
        _filled(dense.str.slice(pl.col("cut"))).alias("given"),
        _NOTHING.alias("middle"),
    ]


def _spaced(parts: pl.DataFrame) -> pl.DataFrame:
    """Names whose writer put a blank between the parts: the blank tells where, the surnames in which order."""
    hit = parts["text"].str.contains(r"\s").fill_null(False)
    if not hit.any():
        return parts
    some = parts.filter(hit)
    groups = some["text"].str.extract_groups(rf"^([{CJK}]{{1,3}})\s+([{CJK}]{{1,5}})$").struct.unnest()
    groups = groups.rename({"1": "left", "2": "right"})
    known = known_surnames()
    left, right = simplify(groups["left"]), simplify(groups["right"])
    swapped = (~left.is_in(known) & right.is_in(known) & ~some["apart"]).fill_null(False)
    some = some.with_columns(groups["left"], groups["right"], swapped.alias("swapped"))
    found = pl.col("left").is_not_null()
    some = some.with_columns(
        pl.when(found).then(pl.when("swapped").then("right").otherwise("left")).otherwise("family").alias("family"),
        pl.when(found).then(pl.when("swapped").then("left").otherwise("right")).otherwise("given").alias("given"),
    )
    return pl.concat([parts.filter(~hit), some.drop("left", "right", "swapped")]).sort("row")


def _dotted(parts: pl.DataFrame) -> pl.DataFrame:
    """Foreign names: the family name behind the last dot, what stands between first and last is the middle name."""
    parts = parts.with_columns(pl.lit(False).alias("is_dotted"))
    hit = parts["text"].str.contains(r"[·•・‧．.=]").fill_null(False)
    if not hit.any():
        return parts
    pieces = pl.col("text").str.replace_all(r"\s*[·•・‧．.=]\s*", "·").str.split("·")
    some = parts.filter(hit).with_columns(pieces.list.eval(pl.element().filter(pl.element() != "")).alias("pieces"))
    pieces = pl.col("pieces")
    # One Chinese name with a dot for a blank, not a foreign one.
    frequent = [name for name, _ in ranked_surnames()[:_DOUBLE_RANK]]
    chinese = (pieces.list.len() == 2) & pl.col("first").is_in(frequent) & (pieces.list.first().str.len_chars() == 1)
    is_dotted = (pieces.list.len() > 1) & ~(chinese & (pieces.list.last().str.len_chars() < 3))
    middle = pieces.list.slice(1, pieces.list.len() - 2).list.join("·")
    some = some.with_columns(
        pl.when(is_dotted).then(pieces.list.last()).otherwise("family").alias("family"),
        pl.when(is_dotted).then(pieces.list.first()).otherwise("given").alias("given"),
        pl.when(is_dotted).then(_filled(middle)).otherwise("middle").alias("middle"),
        is_dotted.alias("is_dotted"),
    )
    return pl.concat([parts.filter(~hit), some.drop("pieces")]).sort("row")


def _read(parts: pl.DataFrame) -> pl.DataFrame:
    """Add the folded parts and how they are read."""
    for name in ("family", "given"):
        read = _readings_of(parts[name])
        read = read.rename({column: f"{name}_{column}" for column in read.columns[1:]} | {"text": name})
        parts = parts.join(read, on=name, how="left", nulls_equal=True, maintain_order="left")
    parts = parts.with_columns(fold(parts["middle"]).alias("middle_folded"))
    japanese = pl.col("family_plain").is_in(sorted(japanese_surnames())) & (
        (pl.col("family_plain").str.len_chars() > 1) | pl.col("given_plain").is_in(sorted(japanese_given_names()))
    )
    double = (pl.col("cut") == 2) & (pl.col("family_plain").str.len_chars() == 2)
    halves = pl.concat_str(
        pl.col("family_plain").str.slice(0, 1).replace(_readings()),
        pl.col("family_plain").str.slice(1, 1).replace(_readings()),
    )
    family_read = (
        pl.when(pl.col("family_plain").is_in(sorted(korean_surnames())))
        .then(pl.col("family_plain").replace(korean_surnames()))
        .when(japanese)
        .then(pl.col("family_plain").replace(japanese_surnames()))
        .when(pl.col("family_plain").is_in(sorted(surname_readings())))
        .then(pl.col("family_plain").replace(surname_readings()))
        .when(double & ~pl.col("is_dotted"))
        .then(halves)
        .otherwise("family_pinyin")
    )
    given_read = (
        pl.when(japanese & pl.col("given_plain").is_in(sorted(japanese_given_names())))
        .then(pl.col("given_plain").replace(japanese_given_names()))
        .otherwise("given_pinyin")
    )
    own = double & ~japanese & ~pl.col("family_plain").is_in(sorted(compound_surnames())) & (pl.col("length") == 4)
    own = own & pl.col("family").is_not_null() & ~pl.col("is_dotted") & pl.col("plain").str.contains(f"^[{HAN}]+$")
    return parts.select(
        "row",
        "family",
        "given",
        "middle",
        "honorific",
        "family_folded",
        "given_folded",
        "middle_folded",
        family_read.alias("family_read"),
        given_read.alias("given_read"),
        pl.when(own).then(pl.col("dense").str.slice(1)).alias("alias"),
    )


def _readings_of(texts: pl.Series) -> pl.DataFrame:
    """The distinct texts, folded, simplified and in pinyin; names share their parts."""
    text = texts.unique()
    return pl.DataFrame({"text": text, "folded": fold(text), "plain": simplify(text), "pinyin": _dense_pinyin(text)})


def _dense_pinyin(text: pl.Series) -> pl.Series:
    """The text in Latin letters without blanks; kana with small ya, yu, yo as one syllable (jo, not jiyo)."""
    # In names of persons 行 is xing, not the hang of firms and banks.
    is_kana = text.str.contains(f"[{KANA}]").fill_null(False)
    read = pinyin(text.str.replace_all("行", " xing ", literal=True)).str.replace_all(" ", "", literal=True)
    glided = read.str.replace_all(r"(sh|ch|j)iy([auo])", "$1$2").str.replace_all(r"([kgnhmrbp])iy([auo])", "${1}y$2")
    return glided.zip_with(is_kana, read)


@cache
def _readings() -> dict[str, str]:
    return {name: reading for name, reading in ranked_surnames() if len(name) == 1}


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
