from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.dates import standardize_dates
from mdm_pipeline_tests.standardize.frames import series

DAY = date(1990, 1, 2)
BY_HAND = [
    ("19900102", "auto", DAY, "day"),
    ("1990-1-2", "auto", DAY, "day"),
    ("1990/01/02", "auto", DAY, "day"),
    ("1990.01.02", "auto", DAY, "day"),
    ("1990年1月2日", "auto", DAY, "day"),
    ("１９９０年１月２日", "auto", DAY, "day"),
    ("1990-01-02T10:00:00Z", "auto", DAY, "day"),
    ("1990-01-02 10:00:00", "auto", DAY, "day"),
    ("02/01/1990", "dmy", DAY, "day"),
    ("01/02/1990", "mdy", DAY, "day"),
    ("02/01/1990", "auto", None, None),
    ("31/12/1990", "auto", date(1990, 12, 31), "day"),
    ("12/31/1990", "auto", date(1990, 12, 31), "day"),
    ("2/2/1990", "auto", date(1990, 2, 2), "day"),
    ("12/31/1990", "dmy", date(1990, 12, 31), "day"),  # only the other order gives a date
    ("3/1/70", "mdy", date(1970, 3, 1), "day"),
    ("15-Mar-92", "mdy", date(1992, 3, 15), "day"),
    ("1/2/18", "mdy", date(2018, 1, 2), "day"),
    ("13/13/99", "dmy", None, None),
    ("12/31/1990", "ymd", None, None),
    ("31.12.1990", "dmy", date(1990, 12, 31), "day"),
    ("2 Jan 1990", "auto", DAY, "day"),
    ("January 2, 1990", "auto", DAY, "day"),
    ("32875", "auto", DAY, "day"),
    ("32875.5", "auto", DAY, "day"),
    ("19900102.0", "auto", DAY, "day"),
    ("1990-01", "auto", date(1990, 1, 1), "month"),
    ("1990年3月", "auto", date(1990, 3, 1), "month"),
    ("1990", "auto", date(1990, 1, 1), "year"),
    ("1990年", "auto", date(1990, 1, 1), "year"),
    ("1990-02-30", "auto", None, None),
    ("99999", "auto", None, None),
    ("abc", "auto", None, None),
]


@pytest.mark.parametrize(("value", "order", "expected", "precision"), BY_HAND)
def test_dates_by_hand(value, order, expected, precision):
    row = standardize_dates(series([value]), order=order).row(0, named=True)
    assert row == {
        "date": expected,
        "precision": precision,
        "is_placeholder": False,
        "is_valid": expected is not None,
    }


@pytest.mark.parametrize("value", ["1900-01-01", "1970-01-01", "9999-12-31", "0000-00-00", "19000101"])
def test_dates_that_stand_for_none_are_placeholders(value):
    assert standardize_dates(series([value]))["is_placeholder"].to_list() == [True]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(alphabet="0123456789-/年月日. TJan", max_size=14)), max_size=8))
def test_rubbish_never_raises_and_keeps_the_height(values):
    assert len(standardize_dates(series(values))) == len(values)


def test_what_the_caller_gave_stays_as_it_was():
    given = pl.Series(["2026-01-01 10:00:00", "二〇二六年一月一日", "46023"])
    before = given.to_list()
    standardize_dates(given, order="ymd")
    assert given.to_list() == before
