"""The one issue log. Every stage reports what is wrong with rows and values through here.

In: a temporary table of problems found in a scope. Out: `quality.issue` and `quality.issue_change`. Invariant: the same
problem has one row, however often it is seen; a problem no longer found in its scope is closed, not deleted; seeing one
again is no change. Does not belong here: judging.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.worklist import next_seq

_HERE = Path(__file__).parent


def create_found(con: DuckDBPyConnection) -> None:
    """Create the empty temporary table `found_issue` that a stage fills before `report_issues`."""
    run_sql(con, _HERE / "issue_found.sql")


def find_again(con: DuckDBPyConnection, *, stage: str, rules: Sequence[str]) -> None:
    """Add to `found_issue` what a stage has open by certain rules: it did not look at that again, and nothing changed.

    Args:
        con: the hub, inside the stage's transaction; `found_issue` created.
        stage: who reported.
        rules: by which rules.
    """
    run_sql(con, _HERE / "issue_found_before.sql", {"stage": stage, "rules": list(rules)})


def report_issues(con: DuckDBPyConnection, *, stage: str, as_of: datetime, scope: str | None) -> int:
    """Merge `found_issue` into `quality.issue` and close the stage's issues that are no longer found.

    Args:
        con: the hub, inside the stage's transaction; `found_issue` filled.
        stage: who reports; an issue is closed only by the stage that opened it.
        as_of: the run's time, UTC.
        scope: name of a temporary table with a column `key` of the record ids looked at: only their issues may be
            closed. None: everything that this stage ever reported was looked at.

    Returns:
        Issues open now among those found.
    """
    con.execute("create or replace temp table issue_scope (key bigint)")
    if scope is not None:
        con.execute(f'insert into issue_scope select key from "{scope}"')  # noqa: S608  our own temp table's name
    row = run_sql(
        con,
        _HERE / "issue_report.sql",
        {
            "stage": stage,
            "as_of": as_of.replace(tzinfo=None),
            "everything": scope is None,
            "seq": next_seq(con),  # the number of the commit that the calling stage is about to make
        },
    ).fetchone()
    return int(row[0]) if row else 0
