"""Phone numbers.

In: cells with none, one or several numbers, extensions, masks, full-width digits. Out: one row per number,
in E.164.
Invariant: Chinese mobiles, landlines and 400 numbers are read by regular expressions, the remainder by
rphonenumbers.
Does not belong here: whose number it is (household, switchboard; staging decides that over all records).
"""

from __future__ import annotations

import polars as pl
import rphonenumbers
from rphonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from mdm_pipeline.standardize.text import clean

_EXTENSION_WORDS = (
    r"(?i)\s*[,;]?\s*(?:转|轉|分机号?|分機|内线|內線|extension|extn?\.?|durchwahl|x|#)\s*[:.]?\s*(\d{1,6})"
)
_SEPARATORS = r"[;,/、|\\]|\s+(?:or|and|und|oder)\s+|[或和及]"
_CN_MOBILE = r"^(?:\+?86|086|\+086)?0?(1[3-9]\d{9})$"
_CN_AREA = (
    r"10|2[0-57-9]|3[1357]\d|4[3-79]\d|5[1-79]\d|6[36]\d|7[0-79]\d|8[1-9]\d|9[01379]\d|"
    r"33\d|39\d|50\d|69[12]|66\d"
)
_CN_LANDLINE = rf"^(?:(?:\+?86|\+86)0?|0)({_CN_AREA})([2-8]\d{{6,7}})$"
_CN_TOLL_FREE = r"^(?:\+?86)?((?:400|800)\d{7})$"
# Numbers dialed abroad without + or 00; only these prefixes are long enough to be told from domestic ones.
_BARE_PREFIX = r"^(852[235689]\d{7}|853[268]\d{7}|886[2-9]\d{7,8}|0?65[3689]\d{7})$"
_SAME_DIGIT = "|".join(f"{digit}{{7,}}" for digit in "0123456789")
_PLACEHOLDER = (
    rf"^(?:\+?86)?(?:0?(?:1380{{8}}|1380{{3}}138000|13800138000|13[0-9]0{{8}}|012345678\d*|12345678\d*|"
    rf"123456|1234567|987654321\d*|98765432|88888888|{_SAME_DIGIT}|1[3-9](?:{_SAME_DIGIT})|5555555|5551234|55501\d\d))$"
)
_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
}
_READ = pl.Struct(
    {
        "e164": pl.String,
        "national": pl.String,
        "kind": pl.String,
        "country": pl.String,
        "is_valid": pl.Boolean,
    }
)
_Read = dict[str, str | bool | None]
_UNREADABLE: _Read = {"e164": None, "national": None, "kind": "unknown", "country": None, "is_valid": False}


def standardize_phones(frame: pl.DataFrame) -> pl.DataFrame:
    """Read phone numbers.

    Args:
        frame: columns raw and country (alpha-2 of the record, used for numbers without country code; null
            means
            that only Chinese numbers are read without one).

    Returns:
        Exploded, in the order of the input; blank cells give no row: row (index into the input), raw (the
        part of
        the cell), e164 (null unless valid), national (national significant number), kind ('mobile', 'fixed',
        'toll_free', 'unknown'), extension, country, is_valid, is_masked, is_placeholder.
    """
    parts = _parts(frame)
    parts = parts.with_columns(_digits().alias("digits"))
    parts = parts.with_columns(_fast().alias("fast"))
    parts = _with_library(parts)
    read = pl.coalesce("fast", "slow").struct
    usable = read.field("is_valid") & ~pl.col("is_masked")
    return parts.select(
        "row",
        "raw",
        pl.when(usable).then(read.field("e164")).alias("e164"),
        pl.when(usable).then(read.field("national")).alias("national"),
        pl.when(usable).then(read.field("kind")).otherwise(pl.lit("unknown")).alias("kind"),
        "extension",
        pl.when(usable).then(read.field("country")).alias("country"),
        usable.alias("is_valid"),
        "is_masked",
        pl.col("digits").str.contains(_PLACEHOLDER).alias("is_placeholder"),
    )


def _parts(frame: pl.DataFrame) -> pl.DataFrame:
    raw = frame["raw"].cast(pl.String, strict=False).str.replace_all(r"[\r\n]+", ";")
    work = pl.DataFrame({"cell": clean(raw), "region": clean(frame["country"]).str.to_uppercase()}).with_row_index(
        "row"
    )
    work = work.filter(pl.col("cell").is_not_null())
    plain = pl.col("cell").str.contains(r"^\+?[\d ()-]+$") & (pl.col("cell").str.len_chars() < 18)
    text = (
        pl.col("cell")
        .str.replace(r"^(\d+)\.0$", "${1}")
        .str.replace_all(_EXTENSION_WORDS, "~${1}")
        .str.replace_all(r"(1[3-9]\d{9})\s+(\+?(?:86)?\s?1[3-9]\d{9})", "${1};${2}")
        .str.replace_all(_SEPARATORS, ";")
        .str.strip_chars("; ")
    )
    # A plain value holds one number; sparing it the split halves the time of a usual column.
    several = work.filter(~plain).with_columns(text.str.split(";").alias("part")).explode("part")
    several = several.filter(pl.col("part").str.strip_chars(" ") != "").select("row", "region", "part")
    single = work.filter(plain).select("row", "region", pl.col("cell").alias("part"))
    parts = pl.concat([single, several]).sort("row", maintain_order=True)
    dashed = pl.col("part").str.extract(r"^(?:\+?\d{1,4}[- ]?)?\(?0\d{2,3}\)?[- ]?\d{7,8}-(\d{1,6})$", 1)
    extension = pl.coalesce(pl.col("part").str.extract(r"~(\d+)", 1), dashed)
    body = pl.col("part").str.replace(r"~.*$", "")
    body = pl.when(dashed.is_not_null()).then(body.str.replace(r"-\d{1,6}$", "")).otherwise(body)
    return parts.select(
        "row",
        "region",
        pl.col("part").str.replace("~", "-", literal=True).str.strip_chars(" ").alias("raw"),
        extension.alias("extension"),
        body.alias("body"),
        pl.col("part").str.contains(r"\d\s*[*#●•?]|[*●•]\s*\d|\d[xX]{3,}").alias("is_masked"),
    )


def _digits() -> pl.Expr:
    digits = pl.col("body").str.replace_all(r"\(0\)", "").str.replace_all(r"[^\d+]", "")
    digits = digits.str.replace(r"^(?:00|\+00)([1-9]\d{5,})", "+${1}")
    sign = pl.when(digits.str.starts_with("+")).then(pl.lit("+")).otherwise(pl.lit(""))
    return pl.concat_str(sign, digits.str.replace_all("+", "", literal=True))


def _fast() -> pl.Expr:
    digits = pl.col("digits")
    chinese = pl.col("region").is_null() | (pl.col("region") == "CN") | digits.str.starts_with("+86")
    mobile = pl.when(chinese).then(digits.str.extract(_CN_MOBILE, 1))
    landline = pl.when(chinese).then(digits.str.extract_groups(_CN_LANDLINE))
    area, local = landline.struct.field("1"), landline.struct.field("2")
    # Two-digit areas (Beijing 10, Shanghai 21 ...) have eight-digit numbers only.
    fixed = pl.when((area.str.len_chars() == 3) | (local.str.len_chars() == 8)).then(pl.concat_str(area, local))
    toll_free = pl.when(chinese).then(digits.str.extract(_CN_TOLL_FREE, 1))
    national = pl.coalesce(mobile, fixed, toll_free)
    kind = (
        pl.when(mobile.is_not_null())
        .then(pl.lit("mobile"))
        .when(fixed.is_not_null())
        .then(pl.lit("fixed"))
        .otherwise(pl.lit("toll_free"))
    )
    read = pl.struct(
        pl.concat_str(pl.lit("+86"), national).alias("e164"),
        national.alias("national"),
        kind.alias("kind"),
        pl.lit("CN").alias("country"),
        pl.lit(True).alias("is_valid"),
    )
    return pl.when(national.is_not_null()).then(read)


def _with_library(parts: pl.DataFrame) -> pl.DataFrame:
    open_questions = parts.filter(pl.col("fast").is_null() & ~pl.col("is_masked"))
    questions = open_questions.select("digits", "region").unique(maintain_order=True)
    answers = [_read(digits, region) for digits, region in questions.iter_rows()]
    table = questions.with_columns(pl.Series("slow", answers, dtype=_READ))
    joined = parts.join(table, on=["digits", "region"], how="left", nulls_equal=True, maintain_order="left")
    nothing = pl.lit(pl.Series([_UNREADABLE], dtype=_READ))
    return joined.with_columns(pl.when(pl.col("slow").is_null()).then(nothing).otherwise("slow").alias("slow"))


def _read(digits: str, region: str | None) -> _Read:
    domestic = region or "CN"
    attempts = [digits]
    if not digits.startswith("+"):
        attempts += [f"+{digits}"] if region is None or pl.Series([digits]).str.contains(_BARE_PREFIX)[0] else []
    for attempt in attempts:
        read = _ask(attempt, domestic)
        if read is not None:
            return read
    return _UNREADABLE


def _ask(digits: str, region: str) -> _Read | None:
    try:
        number = rphonenumbers.parse(digits, region)
    except (NumberParseException, ValueError):
        return None
    if not rphonenumbers.is_valid_number(number):
        return None
    return {
        "e164": rphonenumbers.format_number(number, PhoneNumberFormat.E164),
        "national": rphonenumbers.national_significant_number(number),
        "kind": _KINDS.get(rphonenumbers.number_type(number), "unknown"),
        "country": rphonenumbers.region_code_for_number(number),
        "is_valid": True,
    }
