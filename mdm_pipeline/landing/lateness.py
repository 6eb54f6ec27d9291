"""Which source tables are late: their source did not deliver when its configuration says that it does.

In: `expected` of the sources, `landing.progress`, a time. Out: what is late, since when. Invariant: decided by the
given time, not the clock; a source that is switched off, retired or without `expected` is never late. Does not belong
here: telling anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import ExpectedDelivery, SourceConfig
from mdm_pipeline.landing.progress import read_progress

# nights do not start to the second
_SLACK = timedelta(hours=1)


@dataclass(frozen=True)
class Late:
    """One table that is late; `taken_at` (UTC) is its last delivery, None where there was none."""

    source: str
    table: str
    taken_at: datetime | None

    def __str__(self) -> str:
        since = f"last delivery {self.taken_at:%Y-%m-%d %H:%M} UTC" if self.taken_at else "never delivered"
        return f"{self.source}.{self.table}: {since}"


def late_tables(con: DuckDBPyConnection, sources: Iterable[SourceConfig], as_of: datetime) -> list[Late]:
    """The tables that should have been delivered by now and were not, in the order of the configuration."""
    found = []
    for source in sources:
        if source.expected is None or not source.enabled or source.retired:
            continue
        due = _due_since(source.expected, source.time_zone, as_of)
        for name in source.tables:
            stored = read_progress(con, source.name, name).taken_at
            taken_at = stored.replace(tzinfo=UTC) if stored else None
            if taken_at is None or taken_at < due:
                found.append(Late(source.name, name, taken_at))
    return found


def _due_since(expected: ExpectedDelivery, source_zone: str, as_of: datetime) -> datetime:
    """The moment after which the last delivery must have come."""
    if expected.at is None:
        return as_of - expected.every - min(_SLACK, expected.every / 10)
    local = as_of.astimezone(ZoneInfo(expected.zone or source_zone))
    deadline = datetime.combine(local.date(), time.fromisoformat(expected.at), local.tzinfo)
    if deadline > local:
        deadline = datetime.combine(local.date() - timedelta(days=1), time.fromisoformat(expected.at), local.tzinfo)
    return deadline.astimezone(UTC) - expected.every
