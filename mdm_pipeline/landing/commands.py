"""What a person may tell landing between two runs: allow a delivery, let a source's rows go.

In: a closed hub's home, a name. Out: one committed change, noted in the audit log. Invariant: the hub's writer lock is
held for the length of one command; the next run carries the consequences on. Does not belong here: words for people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.worklist import Report, Work, log_commit, next_seq
from mdm_pipeline.landing.guards import give_go_ahead
from mdm_pipeline.landing.ledger import Taken, next_batch_id, record_taken
from mdm_pipeline.landing.moving import drop_source, live_sources

_RUN_ID = "by hand"
_Result = TypeVar("_Result")


class SourceNotLanded(PermanentError):
    """No live rows of this source."""


def accept(home: Home, source: str, table: str, *, who: str, as_of: datetime, wait_s: float) -> None:
    """Allow the next delivery of one table, once.

    Raises:
        NothingToAllow: nothing of that name is landed.
        HubLocked: a run holds the hub.
    """
    _committed(home, wait_s, lambda con: give_go_ahead(con, source, table, who=who, as_of=as_of))


def drop(home: Home, source: str, *, who: str, as_of: datetime, wait_s: float) -> dict[str, int]:
    """Mark every row of a source as deleted; the next run takes it out of the customers.

    Returns:
        Rows by table.

    Raises:
        SourceNotLanded: it has none.
        HubLocked: a run holds the hub.
    """

    def dropped(con: DuckDBPyConnection) -> dict[str, int]:
        live = live_sources(con)
        if source not in live:
            there = ", ".join(live) or "none"
            raise SourceNotLanded(f"{source}: no rows in force; expected one of the sources that have some: {there}")
        seq = next_seq(con)
        rows = drop_source(con, source, seq=seq, as_of=as_of)
        work = Work(f"landing.{source}", seq, False, (), 0, run_id=_RUN_ID)
        log_commit(con, work, Report(), run_id=_RUN_ID, as_of=as_of, duration_s=0.0)
        for table, gone in rows.items():
            record_taken(
                con,
                source,
                Taken(table, is_read=False, deleted=gone, live=0),
                batch_id=next_batch_id(con),
                run_id=_RUN_ID,
                as_of=as_of,
                content_hash=None,
                reason=f"dropped by {who}",
            )
        record_event(con, who=who, what="source dropped", detail=f"{source}: {sum(rows.values())} rows", at=as_of)
        return rows

    return _committed(home, wait_s, dropped)


def _committed(home: Home, wait_s: float, change: Callable[[DuckDBPyConnection], _Result]) -> _Result:
    with open_hub(home.hub_file, wait_s=wait_s) as hub:
        hub.con.execute("begin")
        try:
            result = change(hub.con)
        except BaseException:
            hub.con.execute("rollback")
            raise
        hub.con.execute("commit")
        return result
