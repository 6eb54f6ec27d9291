"""Text of sources as typed values."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from mdm_pipeline.staging import values
from mdm_pipeline_tests.staging.landed_rows import given


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,56", "1234.56"),
        ("12,5", "12.5"),
        ("¥ 1,234", "1234"),
        ("1234元", "1234"),
        ("(12.30)", "-12.30"),
        ("-¥5", "-5"),
        ("−7", "-7"),
        ("7-", "-7"),
        ("1E+05", "100000"),
        (".5", "0.5"),
        ("１２３", "123"),
        ("007", "7"),
        ("9999999999999999", "9999999999999999"),
    ],
)
def test_numbers_are_read_as_people_and_systems_write_them(text: str, expected: str) -> None:
    read = values.numbers(given([text]), 18, 2)
    assert (read.values.to_list(), read.bad.to_list()) == ([expected], [False])


@pytest.mark.parametrize(
    ("text", "decimal", "unit", "expected"),
    [
        ("1.234", ",", None, "1234"),
        ("1,234", ",", None, "1.234"),
        ("-1.234.567,5", ",", None, "-1234567.5"),
        ("12.5", ",", None, None),
        ("1,234.5", ".", None, "1234.5"),
        ("12,5", ".", None, None),
        ("1.2万", "auto", None, "12000"),
        ("3亿元", "auto", None, "300000000"),
        ("(¥1.5万)", "auto", None, "-15000"),
        ("12.345678万", "auto", None, "123456.78"),
        ("1.5", "auto", "万", "15000"),
        ("2亿", "auto", "万", "200000000"),
        ("1,5", ",", "million", "1500000"),
        ("99999999999999亿", "auto", None, None),
        ("万", "auto", None, None),
    ],
)
def test_a_declared_sign_or_unit_decides_what_a_number_is(
    text: str, decimal: Any, unit: Any, expected: str | None
) -> None:
    read = values.numbers(given([text]), 18, 2, decimal=decimal, unit=unit)
    assert (read.values.to_list(), read.bad.to_list()) == ([expected], [expected is None])


SERIAL = "46023.00001157408"
EPOCH = "1767196801500"


@pytest.mark.parametrize(
    ("text", "kind", "moment", "day"),
    [
        (SERIAL, "excel_1900", datetime(2025, 12, 31, 16, 0, 1), date(2026, 1, 1)),  # noqa: DTZ001
        ("44561.5", "excel_1904", datetime(2026, 1, 1, 4), date(2026, 1, 1)),  # noqa: DTZ001
        (EPOCH, "epoch_ms", datetime(2025, 12, 31, 16, 0, 1, 500000), date(2026, 1, 1)),  # noqa: DTZ001
        (EPOCH[:-3], "epoch_s", datetime(2025, 12, 31, 16, 0, 1), date(2026, 1, 1)),  # noqa: DTZ001
        ("2026-01-01", "epoch_ms", datetime(2025, 12, 31, 16), date(2026, 1, 1)),  # noqa: DTZ001
        ("20260101", "excel_1900", datetime(2025, 12, 31, 16), date(2026, 1, 1)),  # noqa: DTZ001
        ("0", "epoch_ms", None, None),
    ],
)
def test_bare_numbers_are_dates_by_declaration(text: str, kind: Any, moment: datetime | None, day: date | None) -> None:
    at = values.timestamps(given([text]), "ymd", "Asia/Shanghai", kind)
    on = values.dates(given([text]), "ymd", kind, "Asia/Shanghai")
    assert (at.values.to_list(), on.values.to_list()) == ([moment], [day])
    assert at.bad.to_list() + on.bad.to_list() == [False, False]


@pytest.mark.parametrize(("text", "kind"), [("60", "excel_1900"), ("9999999999999999", "epoch_ms"), ("-5", "epoch_s")])
def test_a_number_that_is_no_day_of_its_system_is_bad(text: str, kind: Any) -> None:
    assert values.timestamps(given([text]), "ymd", "UTC", kind).bad.to_list() == [True]


@draw(st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(["百", "千", "万", "百万", "亿"]))
def test_a_unit_multiplies_exactly(cents: int, unit: Any) -> None:
    whole, power = Decimal(cents).scaleb(-2), {"百": 2, "千": 3, "万": 4, "百万": 6, "亿": 8}[unit]
    declared = values.numbers(given([f"{whole:f}"]), 38, 2, unit=unit)
    written = values.numbers(given([f"{whole:f}{unit}"]), 38, 2)
    assert [Decimal(v) for v in declared.values] == [Decimal(v) for v in written.values] == [whole.scaleb(power)]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "12a", "1.2.3", "1" * 50, "1e999", "--1", "9" * 17, "1,23,4"])
def test_what_is_no_number_is_null_and_bad(text: str) -> None:
    read = values.numbers(given([text]), 18, 2)
    assert (read.values.to_list(), read.bad.to_list()) == ([None], [True])


@pytest.mark.parametrize("text", [None, "", "  ", "N/A", "-", "无"])
def test_an_empty_number_is_null_and_not_bad(text: str | None) -> None:
    read = values.numbers(given([text]), 18, 2)
    assert (read.values.to_list(), read.bad.to_list()) == ([None], [False])


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-01-02 03:04:05", "UTC", datetime(2026, 1, 2, 3, 4, 5)),  # noqa: DTZ001
        ("2026-01-02 03:04:05", "Asia/Shanghai", datetime(2026, 1, 1, 19, 4, 5)),  # noqa: DTZ001
        ("2026-01-02T03:04:05.123456Z", "Asia/Shanghai", datetime(2026, 1, 2, 3, 4, 5, 123456)),  # noqa: DTZ001
        ("2026-01-02 03:04:05+08:00", "UTC", datetime(2026, 1, 1, 19, 4, 5)),  # noqa: DTZ001
        ("20260102", "UTC", datetime(2026, 1, 2)),  # noqa: DTZ001
        ("2026/1/2 3:04 PM", "UTC", datetime(2026, 1, 2, 15, 4)),  # noqa: DTZ001
        ("2026年1月2日 15:04", "UTC", datetime(2026, 1, 2, 15, 4)),  # noqa: DTZ001
        ("2026-03-29 02:30:00", "Europe/Berlin", datetime(2026, 3, 29, 1, 30)),  # noqa: DTZ001
        ("2026-10-25 02:30:00", "Europe/Berlin", datetime(2026, 10, 25, 0, 30)),  # noqa: DTZ001
    ],
)
def test_times_are_utc(text: str, zone: str, expected: datetime) -> None:
    read = values.timestamps(given([text]), "auto", zone)
    assert (read.values.to_list(), read.bad.to_list()) == ([expected], [False])


@pytest.mark.parametrize("text", ["2026-02-30 10:00", "2026-01-02 25:00:00", "yesterday", "2026-01"])
def test_an_impossible_time_is_null_and_bad(text: str) -> None:
    read = values.timestamps(given([text]), "auto", "UTC")
    assert (read.values.to_list(), read.bad.to_list()) == ([None], [True])


def test_days_integers_booleans_currencies_and_domains() -> None:
    days = values.dates(given(["2026-01-02", "0000-00-00", "2026-02-31", "2026-01", None]), "auto")
    assert days.values.to_list() == [date(2026, 1, 2), None, None, None, None]
    assert days.bad.to_list() == [False, False, True, True, False]
    whole = values.integers(given(["3", "3.0", "3.5", "99999999999", None]))
    assert (whole.values.to_list(), whole.bad.to_list()) == (
        [3, 3, None, None, None],
        [False, False, True, True, False],
    )
    truth = values.booleans(given(["X", "是", "0", "maybe", None]))
    assert (truth.values.to_list(), truth.bad.to_list()) == (
        [True, True, False, None, None],
        [False, False, False, True, False],
    )
    money = values.currencies(given(["rmb", "人民币", "usd", "dollars", None]))
    assert (money.values.to_list(), money.bad.to_list()) == (
        ["CNY", "CNY", "USD", None, None],
        [False, False, False, True, False],
    )
    sites = values.domains(given(["https://www.Acme.com/de?x=1", "acme.co.uk:8080", "no site", "N/A", None]))
    assert sites.to_list() == ["acme.com", "acme.co.uk", None, None, None]


@settings(max_examples=40, deadline=None)
@draw(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20))
def test_no_text_raises_and_every_text_is_read_empty_or_bad(texts: list[str | None]) -> None:
    series = given(texts)
    for read in (
        values.numbers(series, 18, 2),
        values.integers(series),
        values.booleans(series),
        values.currencies(series),
        values.dates(series, "auto"),
        values.timestamps(series, "auto", "Asia/Shanghai"),
    ):
        assert len(read.values) == len(read.bad) == len(texts)
        assert not (read.values.is_not_null() & read.bad).any()
