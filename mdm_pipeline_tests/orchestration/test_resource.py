"""The run's time as people write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mdm_pipeline.orchestration.resource import AsOfInvalid, parse_as_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T02:15:00+08:00", datetime(2026, 11, 22, 18, 15, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_time_without_zone_is_utc(text: str | None, expected: datetime | None) -> None:
    assert parse_as_of(text) == expected


def test_what_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(AsOfInvalid, match="expected 2026-11-23"):
        parse_as_of("yesterday")
