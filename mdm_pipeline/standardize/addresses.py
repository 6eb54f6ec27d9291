"""Postal addresses.

In: one text per address, with whatever parts the source keeps apart. Out: parts, a folded form, a key for equality.
Invariant: `raw` is kept; a part that cannot be told is null; equal keys mean the same door, not a similar one.
Does not belong here: geocoding, and judging whether a place exists.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.standardize import chinese_addresses, latin_addresses, native_addresses
from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.text import HAN, clean, fold

_PHONE = (
    r"(?i)(?:电话|联系电话|手机|tel|phone|mobile)?[:.\s]*"
    r"((?:\+?86[- ]?)?1[3-9]\d{9}\b|\b0\d{2,3}-\d{7,8}(?:-\d{1,5})?)"
)
_INPUTS = ("raw", "country", "province", "city", "district", "postcode")

# what an address is taken apart into, in the order of the result
PARTS = (
    "country",
    "province",
    "city",
    "district",
    "town",
    "street",
    "house_number",
    "building",
    "unit",
    "room",
    "postcode",
    "division_code",
    "address_norm",
    "address_key",
)


def standardize_addresses(frame: pl.DataFrame) -> pl.DataFrame:
    """Read addresses.

    Args:
        frame: columns raw, country, province, city, district, postcode; any of them may be null.

    Returns:
        One row per input row: raw, country (alpha-2), province, city, district, town (below the district, China),
        street, house_number, building, unit (all that leads from the number to the door), room, postcode,
        division_code (China, six digits, of the lowest level found), address_norm (folded), address_key (null unless
        a street or a building is known), embedded_phone.
    """
    work = _prepare(frame)
    chinese, native = work["is_chinese"], work["is_native"]
    kinds = (
        (chinese, chinese_addresses.parse, chinese_keys),
        (native, native_addresses.parse, chinese_keys),
        (~chinese & ~native, latin_addresses.parse, latin_addresses.keys),
    )
    # a kind without rows costs nothing, but one of them gives the columns
    parts = [_with_key(parse(work.filter(rows)), keys) for rows, parse, keys in kinds if rows.any() or work.is_empty()]
    result = pl.concat(parts, how="vertical").sort("row")
    return work.select("raw", "embedded_phone").hstack(result.select(PARTS)).select("raw", *PARTS, "embedded_phone")


def chinese_keys(table: pl.DataFrame) -> pl.Series:
    """Return the key for equality of each row: all parts down to the number; null without a street or a place."""
    names = ("province", "city", "district")
    dense = [table[name].str.to_lowercase().fill_null("").rename(name) for name in names]
    street = table.select(pl.coalesce("street", "building").str.replace_all(r"[\s,.·-]", "").alias("street"))["street"]
    number = table["house_number"].fill_null("").rename("number")
    whole = pl.DataFrame([*dense, street, number])
    known = pl.col("street").is_not_null() & ((pl.col("city") != "") | (pl.col("district") != ""))
    key = pl.concat_str(*names, "street", "number", separator="|")
    return whole.select(pl.when(known).then(key).alias("address_key"))["address_key"]


def _prepare(frame: pl.DataFrame) -> pl.DataFrame:
    given = {name: clean(frame[name]) for name in _INPUTS[1:]}
    raw = frame["raw"].cast(pl.String)
    # a line break separates parts as a comma does
    text = clean(raw.str.replace_all(r"[ ,]*[\r\n]+\s*", ", "))
    # every phone holds seven digits in a row; few addresses do
    long = text.str.contains(r"\d{7}").fill_null(False)
    phone = text.set(~long, None).str.extract(_PHONE, 1)
    hit = phone.is_not_null()
    without = (
        text.filter(hit)
        .str.replace(_PHONE, "\x1f")
        .str.replace(r"(?i)[\s,;]*(?:联系)?(?:电话|手机|tel|phone|mobile)?[:.\s]*\x1f", " ")
    )
    bare = (
        text.clone()
        .scatter(hit.arg_true(), clean(without))
        .str.strip_chars(" ,;:")
        .str.replace(r"^\(([^()]*)\)$", "${1}")
    )
    work = pl.DataFrame(given | {"raw": raw, "embedded_phone": phone, "text": bare})
    work = work.with_columns(
        standardize_countries(work["country"]).alias("country"),
        pl.when(pl.col("text") != "").then("text").alias("text"),
    ).with_row_index("row")
    whole = pl.concat_str("text", "province", "city", "district", separator=" ", ignore_nulls=True)
    has_han = whole.str.contains(f"[{HAN}]")
    elsewhere = pl.col("country").is_not_null() & ~pl.col("country").is_in(["CN", "HK", "TW", "MO"])
    native = whole.str.contains(native_addresses.IS_KOREAN) | (
        (has_han | whole.str.contains(r"[\p{Hiragana}\p{Katakana}]"))
        & (whole.str.contains(native_addresses.IS_JAPANESE) | (pl.col("country") == "JP").fill_null(False))
    )
    native = native.fill_null(False) & (pl.col("country").is_in(["JP", "KR"]) | pl.col("country").is_null())
    return work.with_columns(native.fill_null(False).alias("is_native")).with_columns(
        (has_han & ~elsewhere & ~pl.col("is_native")).fill_null(False).alias("is_chinese")
    )


def _with_key(table: pl.DataFrame, keys: Callable[[pl.DataFrame], pl.Series]) -> pl.DataFrame:
    return table.with_columns(
        fold(_without_accents(table["whole"])).alias("address_norm"), keys(table).alias("address_key")
    ).select("row", *PARTS)


def _without_accents(text: pl.Series) -> pl.Series:
    """Accents taken off western letters at once; `fold` would spell them letter by letter, to the same end."""
    western = text.str.contains(r"^[\x00-\x7f\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{17e}]*[\u{c0}-\u{17e}]").fill_null(
        False
    )
    hit = western & ~text.str.contains(r"[^\x00-\u{17e}]").fill_null(True)
    if not hit.any():
        return text
    plain = text.filter(hit).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return text.clone().scatter(hit.arg_true(), plain)
