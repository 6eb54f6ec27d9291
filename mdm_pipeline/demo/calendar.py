"""The demo company's calendar: all dates are counted from one fixed day, so that a seed gives the same files.

In: random numbers. Out: time stamps and dates as text.
Invariant: nothing here reads the clock.
What does not belong here: birth dates (`persons`).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

TODAY = date(2026, 10, 31)
TODAY_NUMBER = (TODAY - date(1970, 1, 1)).days
YEARS_BACK = 6 * 365


def days_ago(rng: np.random.Generator, count: int, longest: int, *, recent: float = 1.0) -> np.ndarray:
    """Ages in days from 1 to `longest`; `recent` above 1 draws towards today."""
    return 1 + (rng.random(count) ** recent * (longest - 1)).astype(np.int64)


def stamps(rng: np.random.Generator, ages: np.ndarray, *, early: bool = False) -> pl.Series:
    """Time stamps in office hours (or before them), that many days ago, as `2026-10-30 14:05:09`."""
    first, last = (7 * 3600, 8 * 3600) if early else (8 * 3600, 19 * 3600)
    seconds = rng.integers(first, last, len(ages))
    moments = ((TODAY_NUMBER - ages) * 86400 + seconds) * 1_000_000
    return pl.Series(moments).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S")


def days(ages: np.ndarray) -> pl.Series:
    """Dates that many days ago."""
    return pl.Series((TODAY_NUMBER - ages).astype(np.int32)).cast(pl.Date)
