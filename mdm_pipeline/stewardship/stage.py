"""Takes the snapshot of the decision store at the start of a run.

In: the decisions in force. Out: `steward.decision` and its change log. Invariant: a decision made while a
run is going on
waits for the next one. Does not belong here: applying decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.steward import DECISION
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work
from mdm_pipeline.hub.writing import write_changes
from mdm_pipeline.stewardship.store import DecisionStore

STAGE_VERSION = 1
_SCHEMA = dict.fromkeys(DECISION.column_names, pl.String) | {"decided_at": pl.Datetime("us")}


@dataclass(frozen=True)
class StoreSection:
    """Where the decision store is."""

    url: str


def make_stage(url: str) -> Stage:
    """The stage `steward`; it looks at the store every time, whatever changed elsewhere."""
    return Stage("steward", take_snapshot, StoreSection(url), fingerprint=str(STAGE_VERSION))


def take_snapshot(con: DuckDBPyConnection, section: StoreSection, work: Work, as_of: datetime) -> Report:
    """Copy the decisions in force into `steward.decision`; see `Stage` for the arguments.

    Decisions (undoing included) later than `as_of` are left for the next run, so that a replay gives the same result.
    """
    store = DecisionStore(section.url)
    try:
        decisions = store.in_force(at=as_of)
    finally:
        store.close()
    rows = [
        {**d.__dict__, "decided_at": d.decided_at.replace(tzinfo=None) if d.decided_at else None} for d in decisions
    ]
    con.register("decisions_in_force", pl.DataFrame(rows, schema=_SCHEMA))
    con.execute("create or replace temp table wanted_decision as select * from decisions_in_force")
    con.unregister("decisions_in_force")
    counts = write_changes(con, DECISION, "wanted_decision", seq=work.seq)
    changed = counts.inserted + counts.updated
    return Report(
        read=len(rows),
        written=changed,
        unchanged=len(rows) - changed,
        tables={DECISION.full_name: counts},
        metadata={"decisions_in_force": len(rows)},
    )
