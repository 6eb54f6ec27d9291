"""Dates as people and systems write them.

In: text such as 19900102, 1990年1月2日, 02/01/1990, 32875 (a sheet's serial number). Out: a date and how
precise it is.
Invariant: no guess beyond the stated order, but where only the other order gives a date that one is taken; an
impossible date is invalid, not the next possible one. Years of two digits: 00-29 are 20xx, 30-99 are 19xx.
Does not belong here: times of day (a tail after the date is dropped) and time zones.
"""

from __future__ import annotations

import re
from typing import Literal

import polars as pl

from mdm_pipeline.standardize.decimal_digits import with_ascii_digits
from mdm_pipeline.standardize.tables import read_rows
from mdm_pipeline.standardize.text import clean

Order = Literal["ymd", "mdy", "dmy", "auto"]

# Dates that systems write when they have none.
_PLACEHOLDERS = (
    "1900-01-01",
    "1900-01-00",
    "1899-12-30",
    "1899-12-31",
    "1970-01-01",
    "9999-12-31",
    "2999-12-31",
)
_PLACEHOLDERS_AS_DATE = ("1753-01-01", "0001-01-01", "1111-11-11", "9999-09-09", "2099-12-31", "9999-01-01")
# 1920-01-01 to 2064-04-08: outside of it a five-digit number is more likely something else.
_FIRST_SERIAL, _LAST_SERIAL = 7306, 60000
# A time of day, a weekday or a zone, after the date.
_TIME_TAIL = (
    r"(?:[ T](?:(?:上午|下午|凌晨|中午|晚上|[AP]M) ?)?\d{1,2}[:：时点].*|T\d.*|T|Z"
    r"|[ ,]*\(?(?:星期|周|週|礼拜)[一二三四五六日天]\)?.*)$"
)
_CHINESE_TAIL = r"^(.*[日号])\s*(?:上午|下午|凌晨|中午|晚上)? ?\d{1,2}[:：时点].*$"
_COMPACT_TAIL = r"^((?:19|20)\d{6})[ T]?\d{2}(?:[0-5]\d){1,2}$"
_WEEKDAY = r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]*\s+"
_C_STYLE = r"(?i)^([a-z]{3})\s+(\d{1,2})\s+[\d:]{5,8}(?:\s+[A-Z]{3,4})?\s+(\d{4})$"
# Words that stand before a date and say what it is.
_LABEL = r"^(?:出生日期|出生于|出生|生日|成立日期|成立于|注册日期|日期|签订日期|有效期至|于|自)\s*[:：]?\s*"
_NUMERALS = dict(zip("〇零○０一二三四五六七八九壹贰叁肆伍陆柒捌玖两", "00001234567891234567892", strict=True))
_CHINESE_NUMBER = "〇零○一二三四五六七八九十廿卅元正壹贰叁肆伍陆柒捌玖拾"
_ERAS = {
    "民国": 1911, "民國": 1911, "中华民国": 1911, "中華民國": 1911,
    "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
    "M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018,
}  # fmt: skip


def standardize_dates(s: pl.Series, *, order: Order = "auto") -> pl.DataFrame:
    """Read dates.

    Args:
        s: text; already typed dates work too.
        order: how d/m/y and m/d/y are meant. 'auto' accepts only what can be read in one way and treats the rest
            as invalid, except where day and month are equal. 'ymd' reads year-first forms only.

    Returns:
        One row per input row: date, precision ('day', 'month' or 'year'; the missing parts are 1), is_placeholder,
        is_valid (null where there was nothing to read).
    """
    frame = _plain_text(with_ascii_digits(clean(s))).to_frame("text")
    frame = frame.with_columns(_numbered_months(frame).alias("numbered"))
    frame = frame.with_columns(_year_first(order), _year_last(), _compact(order), _named_month(), _serial())
    frame = frame.with_columns(_ordered(order), *_partial(), _named_partial())
    day = pl.coalesce("year_first", "compact", "named", "ordered", "serial")
    month = pl.coalesce(_month_only(), "month_of_partial", "named_partial")
    year = _date_of(pl.col("text").str.extract(r"^(\d{4})\s?(?:年|\.0)?$", 1), pl.lit("1"), pl.lit("1"))
    year = pl.coalesce(year, "year_of_partial")
    year = pl.when(year.dt.year().is_between(1800, 2200) | year.dt.year().is_in([9999])).then(year)
    frame = frame.with_columns(day.alias("day"), month.alias("month"), year.alias("year"))
    found = pl.coalesce("day", "month", "year")
    placeholder = pl.col("text").is_in(_PLACEHOLDERS) | found.cast(pl.String).is_in(
        [*_PLACEHOLDERS, *_PLACEHOLDERS_AS_DATE]
    )
    placeholder = placeholder | pl.col("text").str.contains(r"^0[0\-/.]*$|^0000-00-00")
    precision = (
        pl.when(pl.col("day").is_not_null())
        .then(pl.lit("day"))
        .when(pl.col("month").is_not_null())
        .then(pl.lit("month"))
        .when(pl.col("year").is_not_null())
        .then(pl.lit("year"))
    )
    return frame.select(
        found.alias("date"),
        precision.alias("precision"),
        pl.when(pl.col("text").is_null()).then(None).otherwise(placeholder.fill_null(False)).alias("is_placeholder"),
        pl.when(pl.col("text").is_null()).then(None).otherwise(found.is_not_null()).alias("is_valid"),
    )


def _date_of(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    joined = pl.concat_str(year.str.zfill(4), month.str.zfill(2), day.str.zfill(2), separator="-")
    return joined.str.to_date("%Y-%m-%d", strict=False)


def _full_year(year: pl.Expr) -> pl.Expr:
    """Two digits with the century that they most likely mean: dates in customer data lie behind us."""
    century = pl.when(year.cast(pl.Int32, strict=False) < 30).then(pl.lit("20")).otherwise(pl.lit("19"))
    return pl.when(year.str.len_chars() == 2).then(pl.concat_str(century, year)).otherwise(year)


def _groups(pattern: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    parts = pl.col("text").str.extract_groups(pattern).struct
    return parts.field("1"), parts.field("2"), parts.field("3")


def _plain_text(text: pl.Series) -> pl.Series:
    """Cleaned text without times, weekdays and labels; Chinese numerals, eras and Korean words as digits."""
    usual = text.str.contains(r"^[\d/.-]{0,10}$")
    rest = text.filter(~usual.fill_null(True))
    if rest.is_empty():
        return text
    plain = rest.to_frame("text").with_columns(
        pl.col("text")
        .str.replace_all(r"[\u2010-\u2015\u2212—]", "-")
        .str.replace(_LABEL, "")
        .str.replace(_CHINESE_TAIL, "${1}")
        .str.replace(_COMPACT_TAIL, "${1}")
        .str.replace(_WEEKDAY, "")
        .str.replace(_C_STYLE, "${1} ${2} ${3}")
        .str.replace(_TIME_TAIL, "")
        .str.replace(r"^(\d{4})\.? ?년 ?(\d{1,2}) ?월 ?(?:(\d{1,2}) ?일)?$", "${1}年${2}月${3}")
        .str.replace(r"^(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})\.$", "${1}-${2}-${3}")
        .str.replace("元月", "1月", literal=True)
        .str.strip_chars(" ")
    )
    plain = plain.with_columns(_in_digits(plain["text"]).alias("text"))
    plain = plain.with_columns(_without_era(pl.col("text")).alias("text"))
    return text.clone().scatter((~usual.fill_null(True)).arg_true(), plain["text"])


def _in_digits(text: pl.Series) -> pl.Series:
    numeral = text.str.contains(rf"[{_CHINESE_NUMBER}]+[年月日号]").fill_null(False)
    if not numeral.any():
        return text
    # Only texts that consist of such parts: 九江 is a place, 九月 a month.
    form = rf"^(?:\p{{Han}}{{2,4}}?)??([{_CHINESE_NUMBER}\d]+)年(?:([{_CHINESE_NUMBER}\d]+)月(?:([{_CHINESE_NUMBER}\d]+)[日号]?)?)?$"  # noqa: E501
    shaped = numeral & text.str.contains(form)
    values = [_chinese_date(value) for value in text.filter(shaped).to_list()]
    return text.clone().scatter(shaped.arg_true(), pl.Series(values, dtype=pl.String)) if values else text


def _chinese_date(text: str) -> str:
    parts = re.split(rf"([{_CHINESE_NUMBER}\d]+)(?=[年月日号]|$)", text)
    return "".join(_number(part) if index % 2 else part for index, part in enumerate(parts))


def _number(numeral: str) -> str:
    """十二 -> 12, 廿一 -> 21, 一九九〇 -> 1990, 元 -> 1; digits stay."""
    if numeral.isascii():
        return numeral
    text = (
        numeral.replace("元", "一").replace("正", "一").replace("拾", "十").replace("廿", "二十").replace("卅", "三十")
    )
    tens, has_ten, ones = text.partition("十")
    if has_ten:
        return str(int(_digits_of(tens) or "1") * 10 + int(_digits_of(ones) or "0"))
    return _digits_of(text)


def _digits_of(numerals: str) -> str:
    return "".join(_NUMERALS.get(character, "") if not character.isdigit() else character for character in numerals)


def _without_era(text: pl.Expr) -> pl.Expr:
    names = "|".join(name for name in _ERAS if len(name) > 1)
    japanese = text.str.replace(r"^((?:明治|大正|昭和|平成|令和))元年", "${1}1年")
    written = japanese.str.extract_groups(rf"^({names})\s?(\d{{1,3}})\s?年(.*)$").struct
    short = japanese.str.extract_groups(r"^([MTSHR])(\d{1,2})([./-]\d{1,2}[./-]\d{1,2})$").struct
    era = pl.coalesce(written.field("1"), short.field("1"))
    base = era.replace_strict(_ERAS, default=None, return_dtype=pl.Int32)
    year = base + pl.coalesce(written.field("2"), short.field("2")).cast(pl.Int32, strict=False)
    tail = pl.coalesce(pl.concat_str(pl.lit("年"), written.field("3")), short.field("3"))
    return pl.when(year.is_not_null()).then(pl.concat_str(year.cast(pl.String), tail)).otherwise(japanese)


def _year_first(order: Order) -> pl.Expr:
    year, month, day = _groups(r"^(\d{4})\s?[-/.年_ ]\s?(\d{1,2})\s?[-/.月_ ]\s?(\d{1,2})\s?[日号]?\.?$")
    chinese = _groups(r"^(\d{2})年(\d{1,2})月(\d{1,2})[日号]$")
    found = pl.coalesce(_date_of(year, month, day), _date_of(_full_year(chinese[0]), chinese[1], chinese[2]))
    if order == "ymd":
        short = _groups(r"^(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})$")
        found = pl.coalesce(found, _date_of(_full_year(short[0]), short[1], short[2]))
    return found.alias("year_first")


def _year_last() -> pl.Expr:
    pattern = r"^(\d{1,2})(?: ?[-/.] ?| )(\d{1,2})(?: ?[-/.] ?| )(\d{4}|\d{2})$"
    return pl.col("text").str.extract_groups(pattern).alias("year_last")


def _ordered(order: Order) -> pl.Expr:
    parts = pl.col("year_last").struct
    compact = pl.col("text").str.extract_groups(r"^(\d{2})(\d{2})((?:19|20)\d{2})$").struct
    first, second = pl.coalesce(parts.field("1"), compact.field("1")), pl.coalesce(parts.field("2"), compact.field("2"))
    year = _full_year(pl.coalesce(parts.field("3"), compact.field("3")))
    day_first, month_first = _date_of(year, second, first), _date_of(year, first, second)
    if order == "dmy":
        return pl.coalesce(day_first, month_first).alias("ordered")
    if order == "mdy":
        return pl.coalesce(month_first, day_first).alias("ordered")
    if order == "ymd":
        return pl.lit(None, dtype=pl.Date).alias("ordered")
    one_way = day_first.is_null() | month_first.is_null() | (day_first == month_first)
    return pl.when(one_way).then(pl.coalesce(day_first, month_first)).alias("ordered")


def _compact(order: Order) -> pl.Expr:
    year, month, day = _groups(r"^(\d{4})(\d{2})(\d{2})(?:\.0)?$")
    found = _date_of(year, month, day)
    # Read from the day only where it cannot be read from the year, and is wanted.
    found = pl.when(found.dt.year().is_between(1800, 2200) | found.dt.year().is_in([1, 9999])).then(found)
    if order == "ymd":
        short = _groups(r"^(\d{2})(\d{2})(\d{2})$")
        found = pl.coalesce(found, _date_of(_full_year(short[0]), short[1], short[2]))
    return found.alias("compact")


def _numbered_months(frame: pl.DataFrame) -> pl.Series:
    """Texts with the name of a month in place of it <number>; without any name null."""
    text = frame["text"].str.to_lowercase()
    named = text.str.contains(r"[a-z]{3}|ä|é|û|ü").fill_null(False)
    ascii_text = text.filter(named).str.normalize("NFD").str.replace_all(r"\p{Mn}", "")
    work = ascii_text.to_frame("text").with_columns(pl.col("text").str.replace_all(r"\b(?:de|of|the)\b", " "))
    word = work["text"].str.extract(r"([a-z]{3,})", 1)
    months = {row["name"]: f"<{int(row['month']):02}>" for row in read_rows("month_names.csv")}
    mark = word.replace_strict(months, default=None, return_dtype=pl.String)
    marked = work.with_columns(word.alias("word"), mark.alias("mark")).select(
        pl.when(pl.col("mark").is_not_null())
        .then(
            pl.concat_str(
                pl.col("text").str.extract(r"^([^a-z]*?(?:\d(?:st|nd|rd|th|er))?[^a-z]*?)[a-z]{3,}", 1),
                "mark",
                pl.col("text").str.extract(r"[a-z]{3,}(.*)$", 1),
            )
        )
        .alias("text")
    )
    empty = pl.Series("text", [None], dtype=pl.String).new_from_index(0, len(text)) if len(text) else text
    numbered: pl.Series = empty.clone().scatter(named.arg_true(), marked["text"]) if len(marked) else empty
    return numbered.str.replace_all(r" +", " ").str.strip_chars(" ")


def _named_month() -> pl.Expr:
    numbered = pl.col("numbered")
    day_first = numbered.str.extract_groups(
        r"^(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[-./ ]*<(\d\d)>[-./, ]*(\d{4}|\d{2})$"
    ).struct
    month_first = numbered.str.extract_groups(r"^<(\d\d)>\.? ?(\d{1,2})(?:st|nd|rd|th)?,? ?(\d{4})$").struct
    year_first = numbered.str.extract_groups(r"^(\d{4})[-./, ]*<(\d\d)>[-./ ]*(\d{1,2})$").struct
    return pl.coalesce(
        _date_of(_full_year(day_first.field("3")), day_first.field("2"), day_first.field("1")),
        _date_of(month_first.field("3"), month_first.field("1"), month_first.field("2")),
        _date_of(year_first.field("1"), year_first.field("2"), year_first.field("3")),
    ).alias("named")


def _named_partial() -> pl.Expr:
    parts = pl.col("numbered").str.extract_groups(r"^<(\d\d)>[-./, ]*(\d{4}|\d{2})$").struct
    return _date_of(_full_year(parts.field("2")), parts.field("1"), pl.lit("1")).alias("named_partial")


def _month_only() -> pl.Expr:
    year_first = pl.col("text").str.extract_groups(r"^(\d{4})\s?[-/.年]\s?(\d{1,2})\s?月?$").struct
    year_last = pl.col("text").str.extract_groups(r"^(\d{1,2})[-/.](\d{4})$").struct
    compact = pl.col("text").str.extract_groups(r"^((?:19|20)\d{2})(\d{2})$").struct
    # 200105 may be 5 January 2020 as well: only what is no day in that reading is a month.
    as_day = pl.col("text").str.extract_groups(r"^(\d{2})(\d{2})(\d{2})$").struct
    of_day = _date_of(_full_year(as_day.field("1")), as_day.field("2"), as_day.field("3"))
    of_compact = _date_of(compact.field("1"), compact.field("2"), pl.lit("1"))
    return pl.coalesce(
        _date_of(year_first.field("1"), year_first.field("2"), pl.lit("1")),
        _date_of(year_last.field("2"), year_last.field("1"), pl.lit("1")),
        pl.when(of_day.is_null()).then(of_compact),
    )


def _partial() -> list[pl.Expr]:
    """Dates whose day, or day and month, are written as 0: not known."""
    parts = pl.col("text").str.extract_groups(r"^(\d{4})[-/.]?(\d{2})[-/.]?00$").struct
    year, month = parts.field("1"), parts.field("2")
    return [
        _date_of(year, month, pl.lit("1")).alias("month_of_partial"),
        pl.when(month == "00").then(_date_of(year, pl.lit("1"), pl.lit("1"))).alias("year_of_partial"),
    ]


def _serial() -> pl.Expr:
    number = pl.col("text").str.extract(r"^(\d{4,5})(?:\.\d+)?$", 1).cast(pl.Int32, strict=False)
    # Four digits read as a year before they read as a serial number.
    plausible = number.is_between(max(_FIRST_SERIAL, 10000), _LAST_SERIAL)
    days = pl.when(plausible).then(number)
    return (pl.lit("1899-12-30").str.to_date() + pl.duration(days=days)).cast(pl.Date).alias("serial")
