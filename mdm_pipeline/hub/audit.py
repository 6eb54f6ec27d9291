"""The audit log: who did what, when; append-only."""

from __future__ import annotations

from datetime import datetime

from duckdb import DuckDBPyConnection


def record_event(con: DuckDBPyConnection, *, who: str, what: str, detail: str, at: datetime) -> None:
    """Append one event.

    Args:
        con: the hub.
        who: person or component.
        what: what was done, in a few words.
        detail: what one needs to know later.
        at: when, aware.
    """
    con.execute(
        "insert into audit.event select coalesce(max(event_no), 0) + 1, $at, $who, $what, $detail from audit.event",
        {"at": at.replace(tzinfo=None), "who": who, "what": what, "detail": detail},
    )
