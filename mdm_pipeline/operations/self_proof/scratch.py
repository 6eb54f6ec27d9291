"""A scratch hub in memory that holds some records of the real one, and the stages run on it.

In: the hub with the choice made, the stages. Out: the scratch hub, filled by the stages themselves. Invariant: what is
rebuilt comes from landing; what is only context (neighbors, rates, decisions, model, crosswalk in force) comes as it
stands in the hub. Does not belong here: choosing, comparing.
"""

# ruff: noqa: S608  statements are built from contract identifiers and our own conditions; values never enter the text

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract import Table, landing, master, matching, quality, staging, steward
from mdm_pipeline.hub.contract.hub import CODE_FLOOR
from mdm_pipeline.hub.ddl import quoted, quoted_name
from mdm_pipeline.hub.issued_codes import last_number
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, commit_work, log_commit, plan_work

_SETS = ("proof_record", "proof_near", "proof_far", "proof_event", "proof_known", "proof_customer", "proof_rebuilt")
_REBUILT = "record_id in (select record_id from proof_rebuilt)"
_AROUND = (
    "record_id in (select record_id from proof_near union all select record_id from proof_far) "
    "and record_id not in (select record_id from proof_rebuilt)"
)
_RUN = "self-proof"


class HeldBack(Exception):
    """A stage cannot do its work on what is in the hub, here as in the run: there is nothing to compare."""


@contextmanager
def rebuilt(hub: DuckDBPyConnection, stages: Mapping[str, Stage], as_of: datetime) -> Iterator[DuckDBPyConnection]:
    """The chosen records, rebuilt from landing to mart.

    Args:
        hub: the hub with the choice made.
        stages: the company's, by name.
        as_of: the run's time.

    Raises:
        HeldBack: a stage holds back.
    """
    con = open_in_memory()
    try:
        for name in _SETS:
            _bring(hub, con, f"select * from {quoted(name)}", f"create temp table {quoted(name)} as from moved")
        _landed(hub, con)
        _run(con, stages["staging"], as_of)
        _context(hub, con)
        _run(con, stages["matching"], as_of)
        _run(con, stages["master"], as_of)
        _look_up_the_rest(hub, con)
        _run(con, stages["mart"], as_of)
        yield con
    finally:
        con.close()


def _landed(hub: DuckDBPyConnection, con: DuckDBPyConnection) -> None:
    """Register and landed rows, verbatim."""
    _copy(hub, con, landing.RECORD, _REBUILT)
    named = hub.execute(
        "select distinct table_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'landing' and column_name = '_row_hash' order by table_name"
    ).fetchall()
    for (name,) in named:
        table = f"landing.{quoted(name)}"
        _bring(hub, con, f"select * from {table} where {_REBUILT}", f"create table {table} as from moved")


def _context(hub: DuckDBPyConnection, con: DuckDBPyConnection) -> None:
    """What matching and mastering look at besides the rebuilt records, as it stands in the hub."""
    for table in (*staging.PARTY_TABLES, landing.RECORD):
        if "record_id" in table.column_names:
            _copy(hub, con, table, _AROUND)
    known = "record_id in (select record_id from proof_known) and record_id not in (select record_id from here)"
    con.execute("create temp table here as select record_id from landing.record")
    _bring(con, hub, "select * from here", "create or replace temp table here as from moved")
    _copy(hub, con, landing.RECORD, known)
    hub.execute("drop table here")
    for table in (staging.FX_RATE, staging.PARTY_REDIRECT):
        _copy(hub, con, table, "record_id not in (select record_id from proof_rebuilt)")
    # Classes follow from all holders of a value, of which only some are here.
    con.execute(f"delete from {quoted_name(staging.VALUE_PROFILE)}")
    _copy(hub, con, staging.VALUE_PROFILE, "class <> 'personal'")
    _copy(hub, con, quality.QUARANTINED, "true")
    _copy(hub, con, steward.DECISION, "true")
    _copy(hub, con, matching.MODEL, "is_active")
    in_scratch = "record_id in (select record_id from proof_record union all select record_id from proof_near)"
    _copy(hub, con, master.XREF, f"is_current and {in_scratch}")
    number = last_number(hub)  # new codes of the scratch hub are nobody's
    con.execute(f"insert into {quoted_name(CODE_FLOOR)} by name select $n as number, '' as reason", {"n": number})


def _look_up_the_rest(hub: DuckDBPyConnection, con: DuckDBPyConnection) -> None:
    """Customers outside the components, and links to them, as they stand in the hub: events and links refer to them."""
    con.execute("create temp table proved as select record_id from proof_record")
    con.execute(
        "create or replace temp table proof_customer as select master_id from proof_customer union "
        "select master_id from master.xref where is_current and record_id in (select record_id from proved)"
    )
    con.execute("delete from master.xref where record_id not in (select record_id from proved)")
    con.execute("delete from master.customer where master_id not in (select master_id from proof_customer)")
    _copy(
        hub,
        con,
        master.XREF,
        "is_current and record_id in (select record_id from proof_known) "
        "and record_id not in (select record_id from proof_record)",
    )
    inside = "{} in (select master_id from proof_customer)"
    both = f"{inside.format('from_id')} and {inside.format('to_id')}"
    con.execute(f"delete from master.relationship where not ({both})")
    _copy(
        hub,
        con,
        master.RELATIONSHIP,
        f"({inside.format('from_id')} or {inside.format('to_id')}) and not ({both})",
    )


def _run(con: DuckDBPyConnection, stage: Stage, as_of: datetime) -> Report:
    """One stage as a run does it, every key."""
    con.execute("begin")
    work = plan_work(con, stage=stage.name, upstreams=stage.upstreams, fingerprint=stage.fingerprint, run_id=_RUN)
    report = stage.function(con, stage.section, work, as_of)
    commit_work(con, work)
    log_commit(con, work, report, run_id=_RUN, as_of=as_of, duration_s=0.0)
    con.execute("commit")
    if report.held_back:
        raise HeldBack(f"{stage.name} is held back: {report.held_back[0]}")
    return report


def _copy(hub: DuckDBPyConnection, con: DuckDBPyConnection, table: Table, where: str) -> None:
    name = quoted_name(table)
    _bring(hub, con, f"select * from {name} where {where}", f"insert into {name} by name from moved")


def _bring(source: DuckDBPyConnection, target: DuckDBPyConnection, select: str, into: str) -> None:
    """Rows of one instance into another; a file that is open for writing cannot be attached a second time."""
    target.register("moved", source.execute(select).to_arrow_table())
    target.execute(into)
    target.unregister("moved")
