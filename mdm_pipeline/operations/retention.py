"""Takes old history out of the hub, so that it does not grow for ever: `mdm prune` and the monthly upkeep.

In: an open hub, how long each kind of history is kept, the time. Out: rows taken out, by table. Invariant: nothing
that a later run needs goes: what some stage has not consumed, what an offset or a next number is read from, the newest
of each kind. The audit log, the crosswalk and its events stay for ever. Does not belong here: Dagster's own runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import RetentionConfig
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.connection import Hub
from mdm_pipeline.hub.contract import TABLES, Table
from mdm_pipeline.hub.ddl import quoted_name
from mdm_pipeline.hub.sql import run_sql

_HERE = Path(__file__).parent


def prune(hub: Hub, keep: RetentionConfig, *, as_of: datetime, own_terms: Sequence[str] = ()) -> dict[str, int]:
    """Take out of the hub what is older than it is to be kept.

    Args:
        hub: open for writing, outside any transaction.
        keep: days by kind of history; None keeps that kind for ever.
        as_of: the time from which days are counted, aware.
        own_terms: source.table names that keep earlier versions for a time of their own; they are left to it.

    Returns:
        Rows taken out by table, only tables that lost some.
    """
    con = hub.con
    con.execute("begin")
    try:
        taken = {
            "landing.version": _older(
                con, "prune_versions.sql", keep.earlier_versions_days, as_of, own_terms=list(own_terms)
            ),
            "quality.expectation_result": _older(con, "prune_expectation_results.sql", keep.verdicts_days, as_of),
            "quality.validation_run": _older(con, "prune_validation_runs.sql", keep.verdicts_days, as_of),
            **_prune_changes(con, keep.changes_days, as_of),
            # the change logs above count days by the ledger's commits, so the ledger comes last
            "hub.stage_commit": _older(con, "prune_commits.sql", keep.ledger_days, as_of),
            "hub.run": _older(con, "prune_runs.sql", keep.ledger_days, as_of),
        }
        told = {table: rows for table, rows in taken.items() if rows}
        if told:
            record_event(con, who="retention", what="old history taken out", detail=in_words(told), at=as_of)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    hub.checkpoint()
    return told


def in_words(taken: Mapping[str, int]) -> str:
    """What was taken out, in a line."""
    return ", ".join(f"{table} {rows:,} rows" for table, rows in taken.items()) or "nothing"


def _older(con: DuckDBPyConnection, statement: str, days: int | None, as_of: datetime, **others: object) -> int:
    if days is None:
        return 0
    return _rows(run_sql(con, _HERE / statement, {"before": _day(days, as_of), **others}))


def _prune_changes(con: DuckDBPyConnection, days: int | None, as_of: datetime) -> dict[str, int]:
    """Keys that every stage has consumed; the newest commit's stay, because offsets are read from the highest."""
    if days is None:
        return {}
    taken = {}
    for upstream, table in change_logs():
        parameters = {"upstream": upstream, "before": _day(days, as_of)}
        row = run_sql(con, _HERE / "consumed_by_all.sql", parameters).fetchone()
        log = quoted_name(table)
        statement = f"delete from {log} where seq <= $seq and seq < (select max(seq) from {log})"  # noqa: S608
        taken[table.full_name] = _rows(con.execute(statement, {"seq": int(row[0]) if row else 0}))
    return taken


def change_logs() -> Iterator[tuple[str, Table]]:
    """Every change log with the name under which stages consume it: the schema's, or that of `<name>_change`."""
    for table in TABLES:
        if table.column_names == ("seq", "entity", "key"):
            yield table.schema if table.name == "change" else table.name.removesuffix("_change"), table


def _day(days: int, as_of: datetime) -> datetime:
    return (as_of.astimezone(UTC) - timedelta(days=days)).replace(tzinfo=None)


def _rows(deleted: DuckDBPyConnection) -> int:
    row = deleted.fetchone()
    return int(row[0]) if row else 0
