"""Dates and times that a source writes as bare numbers, by declaration.

In: text and what its numbers are. Out: the same text with numbers as ISO text. Invariant: a text that is no number, or
no possible day of that system, stays as it is; zero stays zero, which no date is.
Does not belong here: reading ISO text.
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.mappings import NumberDates

_MICROS = 1_000_000
_DAY = 86_400 * _MICROS
# The workbook calendar of 1900 has a 29 February that never was: serial 60.
_BASE = {"excel_1900": "1899-12-30", "excel_1904": "1904-01-01", "epoch_s": "1970-01-01", "epoch_ms": "1970-01-01"}
_UNIT = {"excel_1900": _DAY, "excel_1904": _DAY, "epoch_s": _MICROS, "epoch_ms": 1_000}
# 9999-12-31 in each system; the first serial that is read is 1 March 1900.
_HIGHEST = {
    "excel_1900": 2_958_465,
    "excel_1904": 2_957_003,
    "epoch_s": 253_402_300_799,
    "epoch_ms": 253_402_300_799_999,
}


def with_iso_text(s: pl.Series, kind: NumberDates, zone: str, *, is_day: bool) -> pl.Series:
    """Numbers as ISO text.

    Args:
        s: text.
        kind: what its bare numbers are; `auto` leaves them to the reader of dates.
        zone: zone of the source's local times.
        is_day: only the day counts: a count since 1970 becomes the day in that zone, else a time in UTC.
    """
    if kind == "auto":
        return s
    number = pl.col("text").str.strip_chars().str.extract(r"^(\d{1,16}(?:\.\d+)?)$", 1).cast(pl.Float64, strict=False)
    lowest = 61 if kind == "excel_1900" else 1
    possible = number.is_between(lowest, _HIGHEST[kind] + 1, closed="left")
    # Fractions of a day are good to about a tenth of a millisecond: rounded, so that 1 s is not 0.99999 s.
    micros = ((number * _UNIT[kind]) / 1_000).round().cast(pl.Int64, strict=False) * 1_000
    at = pl.lit(_BASE[kind]).str.to_datetime("%Y-%m-%d", time_unit="us") + pl.duration(microseconds=micros)
    if kind.startswith("epoch"):
        local = at.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        shown = local.dt.strftime("%Y-%m-%d") if is_day else at.dt.strftime("%Y-%m-%d %H:%M:%S%.6fZ")
    else:
        shown = at.dt.strftime("%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%S%.6f")
    return (
        s.cast(pl.String).to_frame("text").select(pl.when(possible).then(shown).otherwise("text").alias("text"))["text"]
    )
