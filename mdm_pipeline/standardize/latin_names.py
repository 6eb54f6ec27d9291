"""Names of persons in Latin letters and other alphabets, taken apart.

In: cleaned names, whole or with the family name before a comma. Out: their parts as written and folded.
Invariant: every word ends in exactly one part or is a title; a distinct word is read once, a distinct pattern
of words is decided once.
Does not belong here: the rules of order (`latin_order`), keys (`person_names`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize.glued_names import apart_if_glued
from mdm_pipeline.standardize.latin_order import FAMILY, GIVEN, MIDDLE, SUFFIX, TITLE, order_of
from mdm_pipeline.standardize.latin_tokens import JOINT, SUFFIXES, nickname_roots, read_tokens
from mdm_pipeline.standardize.surname_spellings import surname_ranks

__all__ = ["nickname_roots", "split_latin", "surname_ranks"]

_RESPELLED = (
    (r"(?i)\bph\.\s?d\b\.?", " PhD "),
    (r"(?i)[,\s]m\.d\.?$", ", MD"),
    (r"(?i)[,\s]([mb])\.(sc|b\.?a|a)\.?$", ", $1$2"),
    (r"(?i)\bd(ipl|r)\.-(ing|kfm|kffr)\b\.?", "D$1-$2 "),
    (r"(?i)\bh\.\s?c\.", "hc. "),
    (r"(\p{L})\.", "$1. "),
)
# Beginnings of names that a blank separates from the rest: Mc Donald, O' Brien, Abdul Rahman.
_PREFIXES = r"(^| )(?i:(mc|o['’]|d['’]|l['’]|abdul|abdel|abdal|abu))\s+(\p{L})"
_IRISH = (
    r"(^| )(O) (?i:(connor|brien|neill?|sullivan|reilly|donnell|keefe|hara|leary|toole|dwyer|malley|grady|rourke|shea|"
    r"callaghan|mahony|donoghue|flaherty|gorman|dowd|kane|meara|driscoll|farrell|halloran))($| )"
)
_SPACED_COMPOUNDS = (
    r"^(?i:ou yang|ou yeung|au yeung|si ma|shang guan|zhu ge|si tu|sze to|xia hou|huang fu|ling hu|mu rong|yu wen)"
    r" \p{L}"
)
_PARTS = {FAMILY: "family", GIVEN: "given", MIDDLE: "middle", SUFFIX: "suffix", TITLE: "honorific"}


def split_latin(work: pl.DataFrame) -> pl.DataFrame:
    """Take names apart.

    Args:
        work: row (unique, ascending), text (null where there is none), apart (the family name stands before
            the first comma because the source says so).

    Returns:
        One row per input row: row, family, given, middle, suffix, honorific, family_folded, given_folded,
        middle_folded, manner (of `latin_order.Order`), alias (a further name that the words hold).
    """
    texts = work.select("row", "apart", _prepared(work["text"]).alias("text"))
    words = texts.select("row", pl.col("text").str.split(" ").alias("token")).explode("token")
    words = words.with_columns(pl.col("token").fill_null("").cast(pl.Categorical))
    known = read_tokens(words["token"].unique().cast(pl.String))
    # A letter stands for each distinct set of traits, so that a name's pattern is a short text.
    patterns = known.select("traits").unique().sort("traits")
    letters = [chr(0x4E00 + number) for number in range(len(patterns))]
    patterns = patterns.with_columns(pl.Series("letter", letters, dtype=pl.String))
    known = known.join(patterns, on="traits", how="left", maintain_order="left").with_columns(
        pl.col("token").cast(pl.Categorical)
    )
    words = words.join(known, on="token", how="left", maintain_order="left")
    shapes = words.group_by("row", maintain_order=True).agg(pl.col("letter").str.join("").alias("shape"))
    shapes = shapes.with_columns(texts["apart"])
    orders = _orders(shapes, dict(patterns.select("letter", "traits").iter_rows()))
    ordered = shapes.join(orders, on=["shape", "apart"], how="left", maintain_order="left")
    roles = ordered["roles"].str.split("").explode()
    words = words.with_columns(roles.alias("role"))
    return _parts(words, ordered)


def _prepared(text: pl.Series) -> pl.Series:
    """The text with one blank between words, commas apart, and names written in one word taken apart."""
    text = text.fill_null("").rename("text")
    # Most names are words and blanks; only the others are rewritten.
    places = text.str.contains(rf"[.,'’]|  |{_PREFIXES}|{_IRISH}|{_SPACED_COMPOUNDS}").arg_true()
    value = pl.col("text")
    dotted = value
    for pattern, replacement in _RESPELLED:
        dotted = dotted.str.replace_all(pattern, replacement)
    value = pl.when(value.str.contains(".", literal=True)).then(dotted).otherwise(value)
    value = value.str.replace_all(r"\s*,\s*", " , ").str.replace(_PREFIXES, f"${{1}}${{2}}{JOINT}${{3}}")
    value = value.str.replace(_IRISH, f"${{1}}${{2}}{JOINT}${{3}}${{4}}")
    value = value.str.replace_all(r"\s+", " ").str.strip_chars(" ")
    spaced = value.str.replace(r"^(\p{L}+) (\p{L}+)", f"${{1}}{JOINT}${{2}}")
    value = pl.when(value.str.contains(_SPACED_COMPOUNDS)).then(spaced).otherwise(value)
    rewritten = text.gather(places).to_frame().select(value.alias("text"))["text"]
    return apart_if_glued(text.clone().scatter(places, rewritten))


def _orders(shapes: pl.DataFrame, traits: dict[str, int]) -> pl.DataFrame:
    distinct = shapes.select("shape", "apart").unique()
    found = [order_of(tuple(traits[letter] for letter in shape), apart) for shape, apart in distinct.iter_rows()]
    return distinct.with_columns(
        pl.Series("roles", [one.roles for one in found], dtype=pl.String),
        pl.Series("manner", [one.manner for one in found], dtype=pl.String),
        pl.Series("words_of_alias", [list(one.alias) for one in found], dtype=pl.List(pl.Int64)),
    )


def _parts(words: pl.DataFrame, ordered: pl.DataFrame) -> pl.DataFrame:
    place = ordered.select("row").with_row_index("place")
    words = words.join(place, on="row", how="left", maintain_order="left")
    columns = {"row": ordered["row"], "manner": ordered["manner"], "alias": _aliases(words, ordered)}
    for role, name in _PARTS.items():
        some = words.filter(pl.col("role") == role).select("place", "shown", "folded")
        columns[name] = _words_of(some, "shown", ordered.height)
        columns[f"{name}_folded"] = _words_of(some, "folded", ordered.height)
    found = pl.DataFrame(columns).with_columns(
        # Of several suffixes the last one counts; titles are compared folded.
        pl.col("suffix_folded").str.split(" ").list.last().replace(SUFFIXES).alias("suffix"),
        pl.col("honorific_folded").alias("honorific"),
    )
    names = ("family", "given", "middle", "family_folded", "given_folded", "middle_folded")
    filled = [pl.when(pl.col(name) != "").then(name).alias(name) for name in names]
    return found.select("row", *filled, "suffix", "honorific", "manner", "alias")


def _words_of(some: pl.DataFrame, column: str, height: int) -> pl.Series:
    """The words of a part joined by blanks, for every name; most parts are one word and need no joining."""
    texts = pl.Series([None] * height, dtype=pl.String).scatter(some["place"], some[column])
    again = (some["place"] == some["place"].shift(1)).fill_null(False)
    again = again | again.shift(-1).fill_null(False)
    joined = some.filter(again).group_by("place", maintain_order=True).agg(pl.col(column).str.join(" "))
    return texts.clone().scatter(joined["place"], joined[column])


def _aliases(words: pl.DataFrame, ordered: pl.DataFrame) -> pl.Series:
    some = ordered.filter(pl.col("words_of_alias").list.len() > 0).select("row", "words_of_alias")
    shown = words.join(some.select("row"), on="row", how="semi").group_by("row", maintain_order=True).agg("shown")
    texts = some.join(shown, on="row", how="inner").select(
        "row", pl.col("shown").list.gather(pl.col("words_of_alias")).list.join(" ").alias("alias")
    )
    return ordered.select("row").join(texts, on="row", how="left", maintain_order="left")["alias"]
