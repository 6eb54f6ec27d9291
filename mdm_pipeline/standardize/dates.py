"""Dates as people and systems write them.

In: text such as 19900102, 1990年1月2日, 02/01/1990, 32875 (a sheet's serial number). Out: a date and how
precise it is.
Invariant: no guess beyond the stated order, but where only the other order gives a date that one is taken; an
impossible date is invalid, not the next possible one. Years of two digits: 00-29 are 20xx, 30-99 are 19xx.
Does not belong here: times of day (a tail after the date is dropped) and time zones.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

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
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# A time of day, or a zone, after the date.
_TIME_TAIL = r"(?:[ T]\d{1,2}[:：时点].*|T.*|Z)$"
_MONTH_WORD = r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"


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
    text = clean(s).rename("text").str.replace(_TIME_TAIL, "")
    frame = text.to_frame().with_columns(_year_first(), _year_last(), _compact(), _named_month(), _serial())
    frame = frame.with_columns(_ordered(order))
    day = pl.coalesce("year_first", "compact", "named", "ordered", "serial")
    month = pl.coalesce(_month_only())
    year = _date_of(pl.col("text").str.extract(r"^(\d{4})\s?(?:年|\.0)?$", 1), pl.lit("1"), pl.lit("1"))
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


def _year_first() -> pl.Expr:
    year, month, day = _groups(r"^(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?[日号]?$")
    return _date_of(year, month, day).alias("year_first")


def _year_last() -> pl.Expr:
    return pl.col("text").str.extract_groups(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$").alias("year_last")


def _ordered(order: Order) -> pl.Expr:
    parts = pl.col("year_last").struct
    first, second, year = parts.field("1"), parts.field("2"), _full_year(parts.field("3"))
    day_first, month_first = _date_of(year, second, first), _date_of(year, first, second)
    if order == "dmy":
        return pl.coalesce(day_first, month_first).alias("ordered")
    if order == "mdy":
        return pl.coalesce(month_first, day_first).alias("ordered")
    if order == "ymd":
        return pl.lit(None, dtype=pl.Date).alias("ordered")
    one_way = day_first.is_null() | month_first.is_null() | (day_first == month_first)
    return pl.when(one_way).then(pl.coalesce(day_first, month_first)).alias("ordered")


def _compact() -> pl.Expr:
    year, month, day = _groups(r"^(\d{4})(\d{2})(\d{2})(?:\.0)?$")
    return _date_of(year, month, day).alias("compact")


def _named_month() -> pl.Expr:
    text = pl.col("text").str.to_lowercase()
    numbered = text.str.replace(_MONTH_WORD, "<${1}>")
    for number, name in enumerate(_MONTHS, start=1):
        numbered = numbered.str.replace(f"<{name}>", f"<{number:02}>", literal=True)
    day_first = numbered.str.extract_groups(r"^(\d{1,2})(?:st|nd|rd|th)?[-. ]*<(\d\d)>[-., ]*(\d{4}|\d{2})$").struct
    month_first = numbered.str.extract_groups(r"^<(\d\d)> ?(\d{1,2})(?:st|nd|rd|th)?,? ?(\d{4})$").struct
    return pl.coalesce(
        _date_of(_full_year(day_first.field("3")), day_first.field("2"), day_first.field("1")),
        _date_of(month_first.field("3"), month_first.field("1"), month_first.field("2")),
    ).alias("named")


def _month_only() -> pl.Expr:
    parts = pl.col("text").str.extract_groups(r"^(\d{4})\s?[-/.年]\s?(\d{1,2})\s?月?$").struct
    return _date_of(parts.field("1"), parts.field("2"), pl.lit("1"))


def _serial() -> pl.Expr:
    number = pl.col("text").str.extract(r"^(\d{4,5})(?:\.\d+)?$", 1).cast(pl.Int32, strict=False)
    # Four digits read as a year before they read as a serial number.
    plausible = number.is_between(max(_FIRST_SERIAL, 10000), _LAST_SERIAL)
    days = pl.when(plausible).then(number)
    return (pl.lit("1899-12-30").str.to_date() + pl.duration(days=days)).cast(pl.Date).alias("serial")
