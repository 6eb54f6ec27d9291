"""Postal addresses.

In: one text per address, with whatever parts the source keeps apart. Out: parts, a folded form, a key for
equality.
Invariant: `raw` is kept; a part that cannot be told is null; equal keys mean the same door, not a similar
one.
Does not belong here: geocoding, and judging whether a place exists.
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize import latin_addresses
from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.divisions import Located, locate
from mdm_pipeline.standardize.text import HAN, clean, fold, simplify

_PHONE = (
    r"(?i)(?:电话|联系电话|手机|tel|phone|mobile)?[:.\s]*"
    r"((?:\+?86[- ]?)?1[3-9]\d{9}\b|\b0\d{2,3}-\d{7,8}(?:-\d{1,5})?)"
)
_INPUTS = ("raw", "country", "province", "city", "district", "postcode")
# Parts of a Chinese address after its division: town, road, number, the rest of the way to the door.
_TOWN = r"^((?:[^\d路街道巷号]{1,6}?(?:街道(?:办事处)?|镇|乡))+)(.+)$"
_SECTION = r"(?:[东西南北中一二三四五六七八九十\d]{1,3}段|[东西南北]侧)?"
_ROAD = rf"^(.*?(?:大道|大街|公路|胡同|路|街|道|巷){_SECTION})"
_PLACE = r"^(.*?(?:里|村|园|区|城|苑))?"
_NUMBER = r"\s?((?:\d+弄)?\d+(?:[-之]\d+)?[a-z]?(?:号|弄))?(.*)$"
_DIVISION = pl.Struct(
    {"province": pl.String, "city": pl.String, "district": pl.String, "code": pl.String, "taken": pl.Int64}
)


# what an address is taken apart into, in the order of the result
PARTS = (
    "country",
    "province",
    "city",
    "district",
    "street",
    "house_number",
    "unit",
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
        One row per input row: raw, country (alpha-2), province, city, district, street, house_number,
        unit, postcode,
        division_code (China, six digits, of the lowest level found), address_norm (folded), address_key
        (null unless
        a street is known), embedded_phone.
    """
    work = _prepare(frame)
    chinese = work["is_chinese"]
    parts = [_chinese(work.filter(chinese)), latin_addresses.parse(work.filter(~chinese))]
    result = pl.concat(parts, how="vertical").sort("row")
    return (
        work.select("row", "raw", "embedded_phone")
        .join(result, on="row", how="left")
        .select(
            "raw",
            *PARTS,
            "embedded_phone",
        )
    )


def _prepare(frame: pl.DataFrame) -> pl.DataFrame:
    given = {name: clean(frame[name]) for name in _INPUTS[1:]}
    text = clean(frame["raw"])
    phone = text.str.extract(_PHONE, 1)
    bare = clean(text.str.replace(_PHONE, " ")).str.strip_chars(" ,;:()")
    work = pl.DataFrame(given | {"raw": frame["raw"].cast(pl.String), "embedded_phone": phone, "text": bare})
    work = work.with_columns(
        standardize_countries(work["country"]).alias("country"),
        pl.when(pl.col("text") != "").then("text").alias("text"),
    ).with_row_index("row")
    has_han = pl.concat_str("text", "province", "city", "district", ignore_nulls=True).str.contains(f"[{HAN}]")
    elsewhere = pl.col("country").is_not_null() & ~pl.col("country").is_in(["CN", "HK", "TW", "MO"])
    kana = pl.col("text").str.contains(r"[\p{Hiragana}\p{Katakana}\p{Hangul}]|丁目").fill_null(False)
    return work.with_columns((has_han & ~elsewhere & ~kana).fill_null(False).alias("is_chinese"))


def _chinese(work: pl.DataFrame) -> pl.DataFrame:
    whole = pl.concat_str("province", "city", "district", "text", separator=" ", ignore_nulls=True)
    text = simplify(work.select(whole.alias("whole"))["whole"]).str.to_lowercase()
    postcode = text.str.extract(r"(?:邮编[:\s]*|^|[\s(])(\d{6})(?:[\s)]|$)", 1)
    text = text.str.replace(r"\(?(?:邮编[:\s]*)\d{6}\)?|^\d{6}\s|[\s(]\d{6}\)?$", " ")
    text = text.str.strip_chars(" ,")
    located = _locate(text)
    table = work.select("row", "country", "postcode", raw_text="text").with_columns(
        located, postcode.alias("found"), text.alias("whole")
    )
    code = pl.col("code").str.slice(0, 2)
    seat = code.replace_strict({"71": "TW", "81": "HK", "82": "MO"}, default="CN", return_dtype=pl.String)
    table = table.with_columns(
        pl.col("whole").str.slice(pl.col("taken")).str.strip_chars(" ,-").alias("rest"),
        pl.when(code.is_not_null()).then(seat).otherwise("country").alias("country"),
        pl.coalesce("postcode", "found").alias("postcode"),
    )
    return _with_key(_with_street(table))


def _locate(text: pl.Series) -> pl.Expr:
    # Divisions end before the first digit; many addresses share the head, so each distinct one is read once.
    head = text.str.slice(0, 48).str.extract(r"^([^\d]*)", 1).fill_null("")
    heads = head.unique()
    found = [_as_row(locate(value)) for value in heads.to_list()]
    located = head.to_frame("head").join(
        pl.DataFrame({"head": heads, "at": pl.Series(found, dtype=_DIVISION)}),
        on="head",
        maintain_order="left",
    )
    return pl.lit(located["at"]).struct.unnest()


def _as_row(located: Located) -> dict[str, str | int | None]:
    return {
        "province": located.province,
        "city": located.city,
        "district": located.district,
        "code": located.code,
        "taken": located.taken,
    }


def _with_street(table: pl.DataFrame) -> pl.DataFrame:
    town = pl.col("rest").str.extract_groups(_TOWN).struct
    way = pl.when(town.field("2").str.contains(r"[路街道巷]|号")).then(town.field("2")).otherwise("rest")
    table = table.with_columns(way.alias("way"))
    on_road = pl.col("way").str.extract_groups(_ROAD + _NUMBER).struct
    at_place = pl.col("way").str.extract_groups(_PLACE + _NUMBER).struct
    has_road = on_road.field("1").is_not_null()
    street, number, tail = (
        pl.when(has_road).then(on_road.field(part)).otherwise(at_place.field(part)) for part in ("1", "2", "3")
    )
    tail = tail.str.strip_chars(" ,-()")
    # Without a road or a number the whole remainder names the place (a village, a building).
    nothing = street.is_null() & number.is_null()
    return table.with_columns(
        _filled(pl.when(nothing).then("way").otherwise(street)).alias("street"),
        _filled(number.str.replace(r"号$", "")).alias("house_number"),
        _filled(pl.when(nothing).then(None).otherwise(tail)).alias("unit"),
    )


def _with_key(table: pl.DataFrame) -> pl.DataFrame:
    parts = ("province", "city", "district", "street", "house_number")
    dense = [fold(table[name]).str.replace_all(" ", "").fill_null("").rename(name) for name in parts]
    key = pl.DataFrame(dense).select(pl.concat_str(*parts, separator="|").alias("key"))["key"]
    return table.select(
        "row",
        "country",
        "province",
        "city",
        "district",
        "street",
        "house_number",
        "unit",
        "postcode",
        pl.col("code").alias("division_code"),
        pl.lit(fold(table["whole"])).alias("address_norm"),
        pl.when(pl.col("street").is_not_null() & pl.any_horizontal(pl.col("city", "district").is_not_null()))
        .then(pl.lit(key))
        .alias("address_key"),
    )


def _filled(text: pl.Expr) -> pl.Expr:
    trimmed = text.str.strip_chars(" ,-")
    return pl.when(trimmed != "").then(trimmed)
