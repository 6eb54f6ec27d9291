"""Text of sources as typed values: numbers, dates, times, booleans, currencies.

In: series of text. Out: `Typed`: values, and which of the given texts could not be read.
Invariant: never a guess, never an exception; what cannot be read is null and marked bad.
Does not belong here: names, phones and the like (`standardize`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

import polars as pl

from mdm_pipeline.config.mappings import AmountUnit, DateOrder, DecimalSign, NumberDates
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.number_dates import with_iso_text
from mdm_pipeline.standardize.dates import standardize_dates
from mdm_pipeline.standardize.text import clean, is_placeholder

_MARK = r"rmb|cny|usd|eur|hkd|gbp|jpy|us\$|hk\$|[¥$€£]"
_SIGNS = rf"(?i)^(-?)\s*(?:{_MARK})\s*|\s*(?:元|圆|{_MARK})$"
_THOUSANDS = r"^-?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?$"
_CONTINENTAL = r"^-?\d{1,3}(?:\.\d{3})+,\d+$"
_COMMA_DECIMAL = r"^-?\d+,\d{1,2}$"
_DECIMAL_POINT = r"^-?(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.\d*)?$"
_DECIMAL_COMMA = r"^-?(?:\d+|\d{1,3}(?:\.\d{3})+)?(?:,\d*)?$"
_POWERS: dict[str, int] = {
    "百": 2, "千": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "億": 8, "万亿": 12,
    "thousand": 3, "million": 6,
}  # fmt: skip
# 1.2万, 3亿: the unit stands in the cell.
_COUNTED = re.compile(r"(.*\d)(十万|百万|千万|万亿|百|千|万|萬|亿|億)")
_EXACT = Context(prec=80)
_EXPONENT = re.compile(r"-?\d+(?:\.\d*)?[eE][+-]?\d{1,2}")
_TIME = (
    r"^(.*?\d[日号]?)(?:[ T]+(\d{1,2})[:点时](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d+))?秒?)?分?\s?([AaPp][Mm])?"
    r"\s?(Z|UTC|[+-]\d{2}:?\d{2})?)?$"
)
_TRUE = ["1", "true", "t", "yes", "y", "x", "是", "1.0"]
_FALSE = ["0", "false", "f", "no", "n", "否", "0.0"]
_CURRENCIES = {
    "RMB": "CNY", "人民币": "CNY", "人民币元": "CNY", "元": "CNY", "¥": "CNY", "CNH": "CNY",
    "美元": "USD", "$": "USD", "US$": "USD", "欧元": "EUR", "€": "EUR", "港币": "HKD",
    "港元": "HKD", "HK$": "HKD", "日元": "JPY", "英镑": "GBP", "£": "GBP",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """Values, and where a given text could not be read as one."""

    values: pl.Series
    bad: pl.Series


def numbers(
    s: pl.Series, precision: int, scale: int, *, decimal: DecimalSign = "auto", unit: AmountUnit | None = None
) -> Typed:
    """Decimals as plain text fit for DECIMAL(precision, scale): 1,234.50, ¥1234.5, (12), 12-, 1.234,56, 1E3, 1.2万.

    Args:
        s: text.
        precision: digits in all.
        scale: digits after the decimal point.
        decimal: the decimal sign, where it is declared; then the other one only groups thousands.
        unit: what numbers without a unit of their own count.
    """
    return _typed(s, lambda text: _number(text, precision, scale, decimal, unit))


def integers(s: pl.Series) -> Typed:
    """Whole numbers of 32 bits; 3.0 is one, 3.5 is not."""
    whole = pl.col("text").str.extract(r"^([+-]?\d{1,10})(?:\.0+)?$", 1).cast(pl.Int64, strict=False)
    return _typed(s, lambda text: text.to_frame("text").select(whole.cast(pl.Int32, strict=False)).to_series())


def booleans(s: pl.Series) -> Typed:
    """1, true, yes, x, 是 and their opposites."""
    return _typed(s, _boolean)


def currencies(s: pl.Series) -> Typed:
    """ISO 4217 codes: cny, RMB and 人民币 are CNY."""
    code = pl.col("text").str.to_uppercase().replace(_CURRENCIES)
    code = pl.when(code.str.contains(r"^[A-Z]{3}$")).then(code)
    return _typed(s, lambda text: text.to_frame("text").select(code).to_series())


def dates(s: pl.Series, order: DateOrder, number_dates: NumberDates = "auto", zone: str = "UTC") -> Typed:
    """Days; a placeholder (0000-00-00) is null and not bad."""
    s = with_iso_text(s, number_dates, zone, is_day=True)
    read = per_row(s.cast(pl.String).to_frame("text"), lambda frame: standardize_dates(frame["text"], order=order))
    whole = read["is_valid"] & (read["precision"] == "day") & ~read["is_placeholder"]
    values = read.select(pl.when(whole).then("date")).to_series()
    bad = values.is_null() & clean(s).is_not_null() & ~read["is_placeholder"].fill_null(False)
    return Typed(values, bad & ~_means_nothing(s))


def timestamps(s: pl.Series, order: DateOrder, zone: str, number_dates: NumberDates = "auto") -> Typed:
    """Moments in UTC; a text without offset is local time of `zone`, one without time of day is midnight."""
    s = with_iso_text(s, number_dates, zone, is_day=False)
    read = per_row(s.cast(pl.String).to_frame("text"), lambda frame: _moments(frame["text"], order, zone))
    return Typed(read["at"], read["bad"])


def plain_text(s: pl.Series) -> pl.Series:
    """Cleaned text; blank is null."""
    return per_row(s.cast(pl.String).to_frame("text"), lambda frame: clean(frame["text"]).to_frame("text"))["text"]


def domains(s: pl.Series) -> pl.Series:
    """Domain of a web site: `https://www.Acme.com/de?x=1` is acme.com; what is none is null."""
    host = pl.col("text").str.to_lowercase().str.replace(r"^[a-z][a-z0-9+.-]*://", "").str.extract(r"^([^/?#\s]+)", 1)
    host = host.str.replace(r"^.*@", "").str.replace(r":\d+$", "").str.replace(r"^www\d?\.", "").str.strip_chars(".")
    known = host.str.contains(r"^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}$")
    return plain_text(s).to_frame("text").select(pl.when(known).then(host)).to_series()


def _means_nothing(s: pl.Series) -> pl.Series:
    """Words for "no value"; digits and NaN are somebody's value, however wrong."""
    words = (~s.str.contains(r"(?i)\d|^\s*[+-]?(?:nan|inf|infinity)\s*$")).fill_null(False)
    answer = pl.repeat(False, len(s), dtype=pl.Boolean, eager=True)
    return answer.scatter(words.arg_true(), is_placeholder(s.filter(words)).fill_null(False)) if words.any() else answer


def _typed(s: pl.Series, read: Callable[[pl.Series], pl.Series]) -> Typed:
    def of(frame: pl.DataFrame) -> pl.DataFrame:
        text = clean(frame["text"])
        values = read(text).alias("values")
        nothing = text.is_null() | (values.is_null() & _means_nothing(text))
        return pl.DataFrame({"values": values, "bad": values.is_null() & ~nothing})

    answers = per_row(s.cast(pl.String).to_frame("text"), of)
    return Typed(answers["values"], answers["bad"])


def _number(text: pl.Series, precision: int, scale: int, decimal: DecimalSign, unit: AmountUnit | None) -> pl.Series:
    t = pl.col("text").str.replace_all("\u2212", "-").str.replace_all(_SIGNS, "${1}").str.replace_all(r"[\s']", "")
    t = t.str.replace(r"^\((.+)\)$", "-${1}").str.replace(r"^(\d.*)-$", "-${1}").str.replace(r"^\+", "")
    # Inside parentheses the sign of the currency was not at the edge.
    t = t.str.replace_all(_SIGNS, "${1}")
    frame = text.to_frame("text").select(t.alias("text"), pl.lit(_POWERS.get(unit or "", 0)).alias("power"))
    frame = _with_own_units(frame)
    exponents = frame["text"].str.contains(_EXPONENT.pattern).fill_null(False)
    if exponents.any():
        plain = [
            _without_exponent(value) if hit else value for value, hit in zip(frame["text"], exponents, strict=True)
        ]
        frame = frame.with_columns(pl.Series("text", plain, dtype=pl.String))
    frame = frame.with_columns(_with_point(decimal).alias("text"))
    if (frame["power"] != 0).any():
        shifted = [_shifted(value, power) for value, power in frame.iter_rows()]
        frame = frame.with_columns(pl.Series("text", shifted, dtype=pl.String))
    t = pl.col("text").str.replace(r"^(-?)0+(\d)", "${1}${2}").str.replace(r"^(-?)\.", "${1}0.").str.replace(r"\.$", "")
    whole = precision - scale
    fits = t.str.contains(rf"^-?\d{{1,{whole}}}(?:\.\d+)?$") & ~t.str.contains(rf"^-?9{{{whole}}}\.")
    return frame.select(pl.when(fits).then(t)).to_series()


def _with_own_units(frame: pl.DataFrame) -> pl.DataFrame:
    """A number with its unit in the cell without it, and the power of ten that the unit is."""
    counted = frame["text"].str.extract_groups(f"^{_COUNTED.pattern}$").struct.unnest()
    counted.columns = ["number", "unit"]
    power = counted["unit"].replace_strict(_POWERS, default=None, return_dtype=pl.Int32)
    return frame.select(
        pl.coalesce(pl.lit(counted["number"]), "text").alias("text"),
        pl.coalesce(pl.lit(power), "power").cast(pl.Int32).alias("power"),
    )


def _with_point(decimal: DecimalSign) -> pl.Expr:
    """The number without signs of thousands and with a decimal point; null where its form contradicts `decimal`."""
    t = pl.col("text")
    point = t.str.replace_all(",", "")
    comma = t.str.replace_all(".", "", literal=True).str.replace(",", ".")
    if decimal == ".":
        return pl.when(t.str.contains(_DECIMAL_POINT)).then(point)
    if decimal == ",":
        return pl.when(t.str.contains(_DECIMAL_COMMA)).then(comma)
    return (
        pl.when(t.str.contains(_THOUSANDS))
        .then(point)
        .when(t.str.contains(_CONTINENTAL))
        .then(comma)
        .when(t.str.contains(_COMMA_DECIMAL))
        .then(t.str.replace(",", "."))
        .otherwise(t)
    )


def _shifted(value: str | None, power: int) -> str | None:
    """The number times a power of ten, exactly."""
    if value is None or power == 0 or not re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)", value) or len(value) > 60:
        return value
    return format(Decimal(value).scaleb(power, _EXACT), "f")


def _without_exponent(value: str) -> str | None:
    if not _EXPONENT.fullmatch(value):
        return None
    try:
        return format(Decimal(value), "f")
    except InvalidOperation:
        return None


def _boolean(text: pl.Series) -> pl.Series:
    lower = pl.col("text").str.to_lowercase()
    value = pl.when(lower.is_in(_TRUE)).then(True).when(lower.is_in(_FALSE)).then(False)
    return text.to_frame("text").select(value).to_series()


def _moments(s: pl.Series, order: DateOrder, zone: str) -> pl.DataFrame:
    parts = clean(s).str.extract_groups(_TIME).struct.unnest()
    parts.columns = ["day", "hour", "minute", "second", "fraction", "half", "offset"]
    # Far fewer days than moments.
    day = per_row(parts.select("day"), lambda frame: standardize_dates(frame["day"], order=order))
    hour, minute, second = (pl.col(name).cast(pl.Int64) for name in ("hour", "minute", "second"))
    afternoon = pl.col("half").str.to_lowercase() == "pm"
    hour = pl.when(pl.col("half").is_not_null()).then(hour % 12 + afternoon.cast(pl.Int64) * 12).otherwise(hour)
    micros = pl.col("fraction").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64)
    clock = pl.duration(
        hours=hour, minutes=minute.fill_null(0), seconds=second.fill_null(0), microseconds=micros.fill_null(0)
    )
    possible = (hour <= 23) & (minute.fill_null(0) <= 59) & (second.fill_null(0) <= 60)
    table = parts.with_columns(
        day["date"].alias("date"),
        ((day["precision"] == "day") & ~day["is_placeholder"]).fill_null(False).alias("is_day"),
        (day["is_placeholder"].fill_null(False) | _means_nothing(s)).alias("is_placeholder"),
        clean(s).is_not_null().alias("is_given"),
    )
    local = pl.col("date").cast(pl.Datetime("us")) + pl.when(hour.is_null()).then(pl.duration()).otherwise(clock)
    table = table.with_columns(
        pl.when(pl.col("is_day") & possible.fill_null(pl.col("hour").is_null())).then(local).alias("local")
    )
    signed = pl.col("offset").str.replace(":", "").str.extract(r"^([+-]\d{4})$", 1)
    minutes = signed.str.slice(1, 2).cast(pl.Int64) * 60 + signed.str.slice(3, 2).cast(pl.Int64)
    minutes = pl.when(signed.str.starts_with("-")).then(-minutes).otherwise(minutes)
    # A local time that clocks skipped in spring is read as an hour later.
    zoned = pl.coalesce(
        pl.col("local").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"),
        (pl.col("local") + pl.duration(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"),
    )
    utc = zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    at = (
        pl.when(pl.col("offset").is_null())
        .then(utc)
        .when(signed.is_null())
        .then("local")
        .otherwise(pl.col("local") - pl.duration(minutes=minutes))
    )
    return table.select(at.alias("at"), "is_given", "is_placeholder").select(
        "at", (pl.col("at").is_null() & pl.col("is_given") & ~pl.col("is_placeholder")).alias("bad")
    )
