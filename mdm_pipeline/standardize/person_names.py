"""Names of persons.

In: full names, or family and given names apart, in Han or Latin script, in any order. Out: parts and keys
for comparing.
Invariant: `name_key` does not depend on the order of the parts; the same person's 李伟, Li Wei and Wei LI
share it.
Does not belong here: deciding that two names are one person (matching), organizations (`organization_names`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize import latin_names
from mdm_pipeline.standardize.surnames import compound_surnames, surname_readings
from mdm_pipeline.standardize.text import HAN, clean, fold, pinyin, script

_HAN_TITLES = (
    r"(先生|女士|小姐|太太|夫人|同志|师傅|老师|教授|博士|医生|大夫|律师|工程师|总经理|副总经理|经理|副总裁|总裁|董事长|董事|主任|科长|"
    r"处长|局长|部长|厂长|院长|校长|主管|总监|会计|老板|总|工|様|さん|님|씨)$"
)


def standardize_person_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Take names of persons apart.

    Args:
        frame: columns full_name, family_name, given_name, any of them null; family and given name win over
            the
            full name where both are there.

    Returns:
        One row per input row: display (the name as written, cleaned), family, given, middle (as written),
        suffix (jr,
        sr, ii ...), honorific, script, name_norm (folded; family before given for Han, 'given middle
        family' for
        Latin), family_raw (folded family as spelled), family_key (pinyin or folded, Chinese spellings
        unified where
        unambiguous), given_key, nickname_root, initials, name_key.
    """
    work = _prepare(frame)
    is_han = work["script"].is_in(["han", "mixed"]).fill_null(False) & ~work["has_parts"]
    han = _split_han(work.filter(is_han))
    apart = _given_parts(work.filter(work["has_parts"]))
    latin = _split_latin(work.filter(~is_han & ~work["has_parts"]))
    parts = pl.concat([han, apart, latin], how="vertical").sort("row")
    return _with_keys(work, parts)


def _prepare(frame: pl.DataFrame) -> pl.DataFrame:
    full, family, given = (clean(frame[name]) for name in ("full_name", "family_name", "given_name"))
    work = pl.DataFrame({"full": full, "family": family, "given": given}).with_row_index("row")
    has_parts = pl.col("family").is_not_null() & pl.col("given").is_not_null()
    han_parts = pl.concat_str("family", "given").str.contains(rf"^[{HAN}]+$")
    joined = (
        pl.when(has_parts & han_parts)
        .then(pl.concat_str("family", "given"))
        .when(has_parts)
        .then(pl.concat_str("given", "family", separator=" "))
        .otherwise(pl.coalesce("full", "family", "given"))
    )
    work = work.with_columns(has_parts.alias("has_parts"), joined.alias("display"))
    return work.with_columns(script(work["display"]).alias("script"))


def _split_han(work: pl.DataFrame) -> pl.DataFrame:
    # Of a name in both scripts the Han part is the name, the Latin one a nickname or the same name again.
    text = work["display"].str.replace_all(rf"[^{HAN}·•・‧.\s]+", " ").str.strip_chars(" .")
    work = work.with_columns(text.alias("text"))
    title = pl.col("text").str.extract(_HAN_TITLES, 1)
    bare = pl.col("text").str.replace(_HAN_TITLES, "").str.strip_chars(" ")
    titled = title.is_not_null() & (bare != "")
    work = work.with_columns(
        pl.when(titled).then(bare).otherwise("text").alias("text"),
        pl.when(titled).then(title).alias("honorific"),
    )
    dense = pl.col("text").str.replace_all(r"\s+", "")
    compound = _folded_is_in(work["text"], sorted(compound_surnames()))
    spaced = pl.col("text").str.extract_groups(rf"^([{HAN}]{{1,3}})\s+([{HAN}]{{1,4}})$").struct
    foreign = pl.col("text").str.extract_groups(r"^(.+)[·•・‧.](.+?)$").struct
    length = dense.str.len_chars()
    two = pl.lit(compound) & ((length > 2) | pl.col("honorific").is_not_null())
    family = (
        pl.when(foreign.field("2").is_not_null())
        .then(foreign.field("2"))
        .when(spaced.field("1").is_not_null())
        .then(spaced.field("1"))
        .when(two)
        .then(dense.str.slice(0, 2))
        .otherwise(dense.str.slice(0, 1))
    )
    given = (
        pl.when(foreign.field("1").is_not_null())
        .then(foreign.field("1"))
        .when(spaced.field("2").is_not_null())
        .then(spaced.field("2"))
        .when(two)
        .then(dense.str.slice(2))
        .otherwise(dense.str.slice(1))
    )
    return _parts_of(work, family=_filled(family), given=_filled(given), honorific=pl.col("honorific"))


def _given_parts(work: pl.DataFrame) -> pl.DataFrame:
    """Rows whose source keeps family and given name apart.

    Only titles, middle names and suffixes are split off.
    """
    rows = work.select("family", "given").iter_rows()
    han = work["script"] == "han"
    split = [
        latin_names.UNSPLIT._replace(family=family, given=given) if is_han else latin_names.split_parts(family, given)
        for (family, given), is_han in zip(rows, han.fill_null(False).to_list(), strict=True)
    ]
    return _from_latin(work, split)


def _split_latin(work: pl.DataFrame) -> pl.DataFrame:
    return _from_latin(work, [latin_names.split_full(text) for text in work["display"].to_list()])


def _from_latin(work: pl.DataFrame, split: list[latin_names.LatinName]) -> pl.DataFrame:
    columns = {
        name: pl.Series(name, [getattr(one, name) for one in split], dtype=pl.String)
        for name in ("family", "given", "middle", "suffix", "honorific")
    }
    chinese = pl.Series("is_chinese", [one.is_chinese for one in split], dtype=pl.Boolean)
    return work.select("row").with_columns(*columns.values(), chinese)


def _parts_of(work: pl.DataFrame, *, family: pl.Expr, given: pl.Expr, honorific: pl.Expr) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    return work.select(
        "row",
        family.alias("family"),
        given.alias("given"),
        nothing.alias("middle"),
        nothing.alias("suffix"),
        honorific.alias("honorific"),
        pl.lit(False).alias("is_chinese"),
    )


def _with_keys(work: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    folded = parts.select("row", "is_chinese").with_columns(
        *(fold(parts[name]).alias(name) for name in ("family", "given", "middle")),
        _family_key(fold(parts["family"]), parts["is_chinese"]).alias("family_key"),
        pinyin(parts["given"]).alias("given_pinyin"),
    )
    has_han = pl.col("given").str.contains(f"[{HAN}]")
    dense = has_han | pl.col("is_chinese")
    given_key = pl.when(dense).then(pl.col("given_pinyin").str.replace_all(" ", "")).otherwise("given")
    is_han = pl.col("family").str.contains(f"[{HAN}]") & has_han.fill_null(True)
    family_first = pl.concat_str(pl.col("family").str.replace_all(" ", ""), "given", ignore_nulls=True)
    family_last = pl.concat_str("given", "middle", "family", separator=" ", ignore_nulls=True)
    folded = folded.with_columns(
        given_key.alias("given_key"),
        pl.when(is_han).then(family_first).otherwise(family_last).alias("name_norm"),
    )
    first = pl.col("given_key").str.split(" ").list.first()
    root = pl.when(dense).then("given_key").otherwise(first.replace(latin_names.nickname_roots()))
    tokens = pl.concat_str("family_key", "given_key", separator=" ", ignore_nulls=True).str.split(" ")
    initials = pl.concat_list(
        pl.col("given_key").str.slice(0, 1), pl.col("family_key").str.slice(0, 1)
    ).list.drop_nulls()
    keys = folded.select(
        "name_norm",
        pl.col("family").alias("family_raw"),
        "family_key",
        "given_key",
        root.alias("nickname_root"),
        _filled(initials.list.sort().list.join("")).alias("initials"),
        _filled(tokens.list.sort().list.join(" ")).alias("name_key"),
    ).with_columns(_filled(pl.col("name_norm")).alias("name_norm"))
    return pl.concat(
        [
            work.select("display"),
            parts.select("family", "given", "middle", "suffix", "honorific"),
            work.select("script"),
            keys,
        ],
        how="horizontal",
    )


def _family_key(family: pl.Series, is_chinese: pl.Series) -> pl.Series:
    readings = surname_readings()
    frame = pl.DataFrame({"family": family, "pinyin": pinyin(family), "is_chinese": is_chinese})
    has_han = pl.col("family").str.contains(f"[{HAN}]")
    han = pl.coalesce(
        pl.col("family").replace_strict(readings, default=None, return_dtype=pl.String),
        pl.col("pinyin").str.replace_all(" ", ""),
    )
    always, in_context = latin_names.romanizations()
    latin = (
        pl.when(pl.col("is_chinese"))
        .then(pl.col("family").replace(in_context))
        .otherwise(pl.col("family").replace(always))
    )
    return frame.select(pl.when(has_han).then(han).otherwise(latin).alias("key"))["key"]


def _folded_is_in(text: pl.Series, surnames: list[str]) -> pl.Series:
    return fold(text.str.replace_all(r"\s+", "").str.slice(0, 2)).is_in(surnames).fill_null(False)


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
