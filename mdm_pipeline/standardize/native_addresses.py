"""Japanese and Korean addresses in their own script: prefecture, city, ward, street, number, postcode.

In: the prepared rows of `addresses` with kana, hangul or a Japanese prefecture. Out: the same parts as for others.
Invariant: names stay as they are written; a part that cannot be told is null.
Does not belong here: Japanese and Korean addresses in Latin script (`latin_addresses`).
"""

from __future__ import annotations

import polars as pl

_PREFECTURE = r"(?:東京都|东京都|北海道|大阪府|京都府|\p{Han}{2,3}県)"
IS_JAPANESE = rf"[\p{{Hiragana}}\p{{Katakana}}]|丁目|^〒?\s?(?:\d{{3}}-\d{{4}})?\s?(?:日本国?)?[,\s]*{_PREFECTURE}"
IS_KOREAN = r"\p{Hangul}"
_JAPANESE = (
    rf"^(?:日本国?)?[\s,]*({_PREFECTURE})?\s*"
    r"((?:[^\d\s]{1,6}?郡[^\d\s]{1,5}?[町村])|(?:市川|四日市|廿日市|野々市|[^\d\s市区町村]{1,6})市|[^\d\s市区]{1,4}区)?\s*"
    r"([^\d\s区市]{1,4}区)?\s*(.*)$"
)
_CHOME = r"(\d+)\s?(?:丁目|番地?|番町|号)の?-?"
_JAPANESE_DOOR = r"^(.*?)(\d+(?:-\d+)*)\s*(.*)$"
_JAPANESE_DOOR_CHOME = r"^(.*?\d条[東西南北]?)(\d.*)$"
_KOREAN = (
    r"^(?:대한민국)?[\s,]*(\S+?(?:특별시|광역시|특별자치시|특별자치도|도)|서울시?|부산시?|대구시?|인천시?|광주시?|대전시?|울산시?|세종시?)?\s*"
    r"(\S+?[시군구])?\s*(\S+?구)?\s*(?:(\S+?[읍면])\s+)?(.*)$"
)
_KOREAN_DOOR = r"^(?:\S+동\s+)?(\S*?(?:대로|로|길)(?:\s?\d+(?:번)?길)?)\s*(\d+(?:-\d+)?)?[\s,]*(.*)$"
_KOREAN_LOT = r"^(\S+[동리가])\s*(\d+(?:-\d+)?)?[\s,]*(.*)$"


def parse(work: pl.DataFrame) -> pl.DataFrame:
    """Read the rows in Japanese or Korean script; columns as `chinese_addresses.parse` gives them."""
    whole = pl.concat_str("province", "city", "district", "text", separator=" ", ignore_nulls=True)
    work = work.with_columns(whole.fill_null("").alias("whole"))
    is_korean = pl.col("whole").str.contains(IS_KOREAN)
    parts = [_japanese(work.filter(~is_korean)), _korean(work.filter(is_korean))]
    return pl.concat(parts).sort("row")


def _japanese(work: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("whole").str.replace(r"〒?\s?\d{3}-\d{4}", "").str.strip_chars(" 〒,")
    parts = text.str.extract_groups(_JAPANESE).struct
    work = work.with_columns(
        pl.col("whole").str.extract(r"(\d{3}-\d{4})", 1).alias("found"),
        *(parts.field(str(place)).alias(name) for place, name in enumerate(("p", "c", "d", "rest"), start=1)),
    )
    counted = pl.col("rest").str.replace_all(_CHOME, "${1}-").str.replace_all(r"-+(\s|$|[^\d-])", "${1}")
    counted = counted.str.replace_all(r"--+", "-")
    north = counted.str.extract_groups(_JAPANESE_DOOR_CHOME).struct
    door = counted.str.extract_groups(_JAPANESE_DOOR).struct
    street = pl.when(north.field("1").is_not_null()).then(north.field("1")).otherwise(door.field("1"))
    number = (
        pl.when(north.field("1").is_not_null())
        .then(north.field("2").str.extract(r"^([\d-]+)", 1))
        .otherwise(door.field("2"))
    )
    unit = pl.when(north.field("1").is_null()).then(door.field("3"))
    return _finished(work, "JP", pl.coalesce(street, counted), number, unit, r"(\d+)(?:階|F)")


def _korean(work: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("whole").str.replace(r"[\s,(]*\b(\d{5}|\d{3}-\d{3})\b[)\s,]*", " ").str.strip_chars(" ,()")
    parts = text.str.extract_groups(_KOREAN).struct
    work = work.with_columns(
        pl.col("whole").str.extract(r"\b(\d{5}|\d{3}-\d{3})\b", 1).alias("found"),
        *(parts.field(str(place)).alias(name) for place, name in ((1, "p"), (2, "c"), (3, "d"), (5, "rest"))),
    )
    road, lot = (pl.col("rest").str.extract_groups(pattern).struct for pattern in (_KOREAN_DOOR, _KOREAN_LOT))
    street, number, unit = (pl.coalesce(road.field(part), lot.field(part)) for part in ("1", "2", "3"))
    unit = pl.when(road.field("1").is_not_null()).then(road.field("3")).otherwise(unit)
    return _finished(work, "KR", pl.coalesce(street, "rest"), number, unit, r"(\d+)층")


def _finished(
    work: pl.DataFrame, country: str, street: pl.Expr, number: pl.Expr, unit: pl.Expr, floor: str
) -> pl.DataFrame:
    storey = unit.str.extract(floor, 1) + "f"
    room = pl.coalesce(unit.str.extract(r"(\d+)(?:号室?|호)", 1), storey)
    building = unit.str.extract(r"^(\d*[^\d\s]{2,}[^\d]*?)\s*(?:\d.*)?$", 1)
    return work.select(
        "row",
        pl.coalesce("country", pl.lit(country)).alias("country"),
        pl.coalesce("p", "province").alias("province"),
        pl.coalesce("c", "city").alias("city"),
        pl.coalesce("d", "district").alias("district"),
        pl.lit(None, dtype=pl.String).alias("town"),
        _filled(street).alias("street"),
        _filled(number).alias("house_number"),
        _filled(building).alias("building"),
        _filled(unit).alias("unit"),
        _filled(room).alias("room"),
        pl.coalesce("postcode", "found").alias("postcode"),
        pl.lit(None, dtype=pl.String).alias("division_code"),
        "whole",
    )


def _filled(text: pl.Expr) -> pl.Expr:
    trimmed = text.str.strip_chars(" ,-()")
    return pl.when(trimmed != "").then(trimmed)
