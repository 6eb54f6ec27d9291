"""How a cell falls into phone numbers.

In: cells as people fill them: labels, names, extensions, several numbers, letters for digits, sheet damage. Out: one
row per number with its digits, extension and marks.
Invariant: every cell that is not blank gives at least one row; no digit of a readable number is invented, except an
area code or leading digits that the number before it in the same cell shows.
Does not belong here: whether digits are a number that exists (`phones`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize.decimal_digits import with_ascii_digits
from mdm_pipeline.standardize.text import HAN, clean

# Marks put in place of words while a cell is taken apart; private characters never stand in a cleaned cell's digits.
_EXT, _FAX, _NEXT = "\ue000", "\ue001", "\ue002"
_SINGLE = r"^\+?[\d ()-]{1,16}$"
_DASHED_FIXED = r"^(?:\+?86[- ]?)?\(?(?:0\d{2,3}|\+?86[- ]?\d{2,3})\)?[- ]?\d{7,8}-(\d{1,6})$"
_DASHED_TOLL_FREE = r"^(?:\+?86[- ]?)?[48]00[- ]?(?:\d{3}[- ]?\d{4}|\d{4}[- ]?\d{3})-(\d{1,5})$"
_EXTENSION = (
    r"(?i)\s*[,;(]?\s*(?:转分机号?|转内线|转|轉|分机号?|分機|内线|內線|extension|extn?\.?|durchwahl|dw\.?|x|#)\s*[:.=#]?\s*"
    r"(\d{1,6})\b\)?"
)
_PAUSE = r"(\d{7}),{1,3}\s?(\d{1,5})(?:$|[^\d])"
_STAR = r"(\d{7})\*(\d{1,5})$"
_FAX_WORD = r"(?i)(?:电话/传真|传真|傳真|telefax|facsimile|\bfax)\s*(?:号码?|no\.?|number)?\s*[:.]?\s*"
_SEPARATOR = r"[;,、|\\&~]|\s+(?:or|and|und|oder)\s+|[或和及与]"
_VANITY = r"(?i)^(\+?1[-. ]*)?\(?(8(?:00|33|44|55|66|77|88))\)?[-. ]*((?:[0-9-. ]*[a-z]){3,}[a-z0-9-. ]*)$"
_VANITY_ABROAD = r"(?i)^(1300|1800|0800)[-. ]([a-z]{3}[a-z0-9-. ]*)$"
_MASK = r"[*●•×✱?_]\s?[-\s]?[*●•×✱?_]|\.{3,}|[xX]{3,}"
_SCIENTIFIC = r"(?i)^\+?(\d)(?:\.(\d+))?e\+?(\d{1,2})$"
# Numbers in one cell of which each is completed from the one before.
_LONGEST_CHAIN = 20
_KEYPAD = dict(zip("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999", strict=True))


def numbers_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Take cells apart.

    Args:
        frame: columns raw and country (alpha-2 or null).

    Returns:
        In the order of the input: row, region, raw (the part of the cell), digits (with a leading + where the cell
        has + or 00), extension, is_fax, is_masked, is_damaged, is_plain (the part holds nothing but a number),
        is_chinese (read as a number of mainland China).
    """
    text = frame["raw"].cast(pl.String, strict=False).str.replace_all(r"[\r\n\t]+", ";")
    cell = with_ascii_digits(clean(text)).str.replace_all(f"[{_EXT}{_FAX}{_NEXT}]", ".")
    work = pl.DataFrame({"cell": cell, "region": clean(frame["country"]).str.to_uppercase()})
    work = work.with_row_index("row").filter(pl.col("cell").is_not_null())
    dashed = pl.col("cell").str.contains(_DASHED_FIXED) | pl.col("cell").str.contains(_DASHED_TOLL_FREE)
    work = work.with_columns((pl.col("cell").str.contains(_SINGLE) & ~dashed).alias("is_single"))
    # A usual value holds one number; sparing it the taking apart halves the time of a usual column.
    simple = work.filter("is_single").select(
        "row",
        "region",
        pl.col("cell").alias("raw"),
        pl.col("cell").alias("body"),
        pl.lit(None, dtype=pl.String).alias("extension"),
        pl.lit(False).alias("is_fax"),
        pl.lit(False).alias("is_masked"),
        pl.lit(False).alias("is_damaged"),
    )
    parts = pl.concat([simple, _taken_apart(work.filter(~pl.col("is_single")))]).sort("row", maintain_order=True)
    parts = parts.with_columns(_digits(pl.col("body")).alias("digits"))
    parts = parts.with_columns(_signed(pl.col("digits")).alias("digits"))
    digits = pl.col("digits")
    is_chinese = pl.col("region").is_null() | (pl.col("region") == "CN") | digits.str.starts_with("+86")
    is_chinese = is_chinese & ~(digits.str.starts_with("+") & ~digits.str.starts_with("+86"))
    return parts.with_columns(
        pl.col("body").str.contains(r"^[\d.]+$").alias("is_plain"),
        is_chinese.fill_null(False).alias("is_chinese"),
    )


def _taken_apart(work: pl.DataFrame) -> pl.DataFrame:
    cells = work.with_columns(_restored(pl.col("cell")).alias("text"))
    vanity = pl.col("text").str.contains(_VANITY) | pl.col("text").str.contains(_VANITY_ABROAD)
    cells = cells.with_columns(pl.when(vanity).then(_dialed(pl.col("text"))).otherwise("text").alias("text"))
    cells = cells.with_columns(_separated(pl.col("text"), pl.col("region")).alias("text"))
    parts = cells.with_columns(pl.col("text").str.split(_NEXT).alias("part")).explode("part")
    parts = parts.with_columns(pl.col("part").str.strip_chars(" ;,()/:-.").alias("part"))
    has_digits = pl.col("part").str.contains(r"\d")
    parts = parts.with_columns(has_digits.fill_null(False).alias("has_digits"))
    # Words beside a number are dropped; a cell without any digit is one unreadable part.
    numbered = parts.filter("has_digits")
    worded = parts.filter(~pl.col("row").is_in(numbered["row"].unique().implode())).unique(
        "row", keep="first", maintain_order=True
    )
    parts = pl.concat([numbered, worded]).sort("row", maintain_order=True)
    parts = parts.with_columns(
        pl.when(pl.col("has_digits")).then("part").otherwise("cell").alias("part"),
    )
    return _completed(_with_extension(parts))


def _restored(cell: pl.Expr) -> pl.Expr:
    """Undo what sheets do to numbers, and unify dashes."""
    text = cell.str.replace_all(r"[\u2010-\u2015\u2212]", "-")
    text = text.str.replace(r"^[='\"]+(\+?\d.*?)[\"']?$", "${1}").str.replace(r"^(\d+)\.0+$", "${1}")
    groups = text.str.extract_groups(_SCIENTIFIC).struct
    whole = groups.field("2").str.len_chars() == groups.field("3").cast(pl.Int32, strict=False)
    exact = whole & (groups.field("2").str.len_chars() >= 9)
    return pl.when(exact).then(pl.concat_str(groups.field("1"), groups.field("2"))).otherwise(text)


def _dialed(text: pl.Expr) -> pl.Expr:
    lower = text.str.to_lowercase().str.replace_many(list(_KEYPAD), list(_KEYPAD.values()))
    digits = lower.str.replace_all(r"[^\d]", "")
    # What is dialed beyond the eleventh digit is not heard by the exchange.
    american = pl.concat_str(pl.lit("+1"), digits.str.replace(r"^1?(\d{10}).*$", "${1}"))
    return pl.when(text.str.contains(_VANITY)).then(american).otherwise(digits)


def _separated(text: pl.Expr, region: pl.Expr) -> pl.Expr:
    text = text.str.replace(r"(?i)^\s*(?:tel|phone|fax)?:?\s*(\+[\d-]+);ext=(\d+)", f"${{1}}{_EXT}${{2}}")
    text = text.str.replace_all(_FAX_WORD, f"{_NEXT}{_FAX}")
    text = text.str.replace_all(_EXTENSION, f"{_EXT}${{1}}")
    text = text.str.replace_all(_PAUSE, f"${{1}}{_EXT}${{2}}{_NEXT}").str.replace(_STAR, f"${{1}}{_EXT}${{2}}")
    text = text.str.replace_all(_SEPARATOR, _NEXT)
    # A slash parts two numbers; after a short area code it belongs to one (030/901820).
    text = text.str.replace_all(r"(\d{4}\)?|\d{4}[ -]\d{1,2}|[*x]{2}\d+|[^\d\s])\s*/+\s*", f"${{1}}{_NEXT}")
    text = text.str.replace_all(rf"({_EXT}\d+)\s*/+\s*", f"${{1}}{_NEXT}")
    # Two numbers with a blank or nothing between them: one of the two is a Chinese mobile.
    text = text.str.replace_all(r"(1[3-9]\d{9})[\s-]*((?:\+?86)?[\s-]?1[3-9]\d{9})\b", f"${{1}}{_NEXT}${{2}}")
    text = text.str.replace_all(r"(\d{7,8})\s+((?:\+?86[\s-]?)?1[3-9]\d{9})\b", f"${{1}}{_NEXT}${{2}}")
    text = text.str.replace_all(r"\b(1[3-9]\d{9})\s+(0\d{2,3}-?\d{7,8})", f"${{1}}{_NEXT}${{2}}")
    # Words part numbers, unless they touch digits on both sides: then they may stand for digits.
    text = text.str.replace_all(rf"[{HAN}]+", _NEXT)
    return text.str.replace_all(
        r"(^|[^\dA-Za-z])([A-Za-z][A-Za-z'. ]*[A-Za-z]|[A-Z])[.:]*(\s|$|[^\dA-Za-z@])", rf"${{1}}{_NEXT}${{3}}"
    )


def _with_extension(parts: pl.DataFrame) -> pl.DataFrame:
    part = pl.col("part").str.replace_all(_FAX, "").str.strip_chars(" ")
    dashed = pl.coalesce(
        part.str.extract(_DASHED_FIXED, 1),
        part.str.extract(_DASHED_TOLL_FREE, 1),
    )
    marked = part.str.extract(rf"{_EXT}(\d+)", 1)
    body = part.str.replace(rf"{_EXT}.*$", "")
    body = pl.when(marked.is_null() & dashed.is_not_null()).then(body.str.replace(r"-\d{1,6}$", "")).otherwise(body)
    shown = pl.col("part").str.replace_all(_FAX, "").str.replace_all(_EXT, "-").str.strip_chars(" ")
    is_masked = part.str.contains(_MASK) & pl.col("has_digits")
    return parts.select(
        "row",
        "region",
        pl.when(~pl.col("row").is_duplicated()).then("cell").otherwise(shown).alias("raw"),
        pl.when(_is_wordy(body)).then(pl.lit("")).otherwise(body).alias("body"),
        pl.when(~is_masked).then(pl.coalesce(marked, dashed)).alias("extension"),
        pl.col("part").str.contains(_FAX).alias("is_fax"),
        is_masked.alias("is_masked"),
        pl.col("part").str.contains(_SCIENTIFIC).alias("is_damaged"),
    )


def _is_wordy(body: pl.Expr) -> pl.Expr:
    """Letters inside of digits, or an address of the internet: these digits are no number."""
    return body.str.contains(r"(?i)\d[a-z]+\d|[a-z]\d+[a-z]|\d[a-z]+$|@|//|#n/a")


def _completed(parts: pl.DataFrame) -> pl.DataFrame:
    """Give a part what the number before it in the same cell shows: area code, leading digits, the whole number."""
    several = parts["row"].is_duplicated()
    if not several.any():
        return parts
    chains = parts.filter(several)
    # Each part looks at the one before it, so that a chain is followed link by link, up to a length that people write.
    for _ in range(_LONGEST_CHAIN):
        linked = _linked(chains)
        if linked["body"].equals(chains["body"], null_equal=True):
            break
        chains = linked
    return pl.concat([parts.filter(~several), chains]).sort("row", maintain_order=True)


def _linked(chains: pl.DataFrame) -> pl.DataFrame:
    seen = chains.with_columns(_digits(pl.col("body")).alias("digits"))
    seen = seen.with_columns(
        pl.col("digits").shift(1).over("row").alias("previous"),
        pl.col("extension").shift(1).over("row").alias("previous_extension"),
    )
    body, previous = pl.col("digits"), pl.col("previous")
    landline = previous.str.extract(r"^(0(?:10|2\d|[3-9]\d\d))[2-8]\d{6,7}$", 1)
    local = previous.str.extract(r"^0(?:10|2\d|[3-9]\d\d)([2-8]\d{6,7})$", 1)
    marked_only = (body == "") & pl.col("extension").is_not_null()
    bare_local = body.str.contains(r"^[2-8]\d{6,7}$") & (body.str.len_chars() == local.str.len_chars())
    short = body.str.contains(r"^\d{1,2}$") & landline.is_not_null()
    kept = previous.str.len_chars() - body.str.len_chars()
    internal = body.str.contains(r"^\d{3,5}$") & pl.col("previous_extension").is_not_null()
    completed = (
        pl.when(internal | (marked_only & previous.is_not_null()))
        .then(previous)
        .when(bare_local)
        .then(pl.concat_str(landline, body))
        .when(short)
        .then(pl.concat_str(previous.str.slice(0, kept), body))
        .otherwise("body")
    )
    extension = pl.when(internal).then(body).otherwise("extension")
    return seen.with_columns(completed.alias("body"), extension.alias("extension")).select(chains.columns)


def _digits(body: pl.Expr) -> pl.Expr:
    digits = body.str.replace_all(r"(\+?\d{1,3}[ -]?)\(0\)", "${1}").str.replace_all(r"[^\d+]", "")
    digits = digits.str.replace(r"^\+?0?0?86(0?1[3-9]\d{9})$", "+86${1}")
    return digits.str.replace(r"^(?:00|\+00)([1-9]\d{5,})", "+${1}")


def _signed(digits: pl.Expr) -> pl.Expr:
    """Digits with one + at most, in front."""
    sign = pl.when(digits.str.starts_with("+")).then(pl.lit("+")).otherwise(pl.lit(""))
    return pl.concat_str(sign, digits.str.replace_all("+", "", literal=True))
