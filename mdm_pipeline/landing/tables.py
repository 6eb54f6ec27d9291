"""The landed table of one source table: created, widened, compared, written.

In: `landing_delivered`, `landing_taken` and the other temporary tables of one delivery. Out:
`landing.<source>__<table>` and `landing.version`. Invariant: only rows that really changed are rewritten; a
row no longer delivered stays, marked. Does not belong here: reading sources.
"""

# ruff: noqa: S608  statements are built from the contract and from quoted column names; values never enter the text

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from duckdb import CatalogException, DuckDBPyConnection

from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.contract.landing import RESERVED_COLUMNS, source_table
from mdm_pipeline.hub.ddl import (
    comment_statements,
    create_table,
    literal,
    quoted,
    quoted_name,
)


def is_landed(con: DuckDBPyConnection, source: str, table: str) -> bool:
    """Whether the table was ever landed."""
    return bool(columns_of(con, source_table(source, table, ())))


def columns_of(con: DuckDBPyConnection, landed: Table) -> tuple[str, ...]:
    """Column names of a landed table as it stands in the hub; empty when it was never landed.

    Looks at this one table, where `stored_columns` goes through all of the hub's: a delivery asks several times.
    """
    try:
        rows = con.execute(
            "select name from pragma_table_info($table) order by cid", {"table": quoted_name(landed)}
        ).fetchall()
    except CatalogException:
        return ()
    return tuple(str(name) for (name,) in rows)


def evolve(con: DuckDBPyConnection, source: str, table: str, delivered: Sequence[str]) -> Table:
    """Make sure that the landed table has every delivered column.

    Returns:
        The contract of the table as it stands now, including columns that are no longer delivered.
    """
    landed = source_table(source, table, delivered)
    stored = columns_of(con, landed)
    if not stored:
        create_table(con, landed)
        return landed
    known = {name.lower() for name in stored}
    comments = comment_statements(landed)[1:]
    for column, comment in zip(landed.columns, comments, strict=True):
        if column.name.lower() not in known:
            con.execute(f"alter table {quoted_name(landed)} add column {quoted(column.name)} {column.type}")
            con.execute(comment)
    return landed


def read_stored(con: DuckDBPyConnection, landed: Table, *, is_whole: bool) -> int:
    """`landing_stored`: id, hash and state of the landed rows.

    Args:
        con: the hub.
        landed: contract of the landed table.
        is_whole: of all rows; otherwise of those in `landing_registered`, which is all that changes can touch.

    Returns:
        Rows of the table in force.
    """
    scope = "" if is_whole else " where record_id in (select record_id from landing_registered)"
    con.execute(
        "create or replace temp table landing_stored as select record_id, _row_hash as row_hash, "
        "_first_seen_at as first_seen_at, _deleted_at is not null as is_deleted "
        f"from {quoted_name(landed)}{scope}"
    )
    row = con.execute(f"select count(*) from {quoted_name(landed)} where _deleted_at is null").fetchone()
    return int(row[0]) if row else 0


def write_rows(con: DuckDBPyConnection, landed: Table, *, batch_id: int, as_of: datetime) -> None:
    """Write what `landing_taken` and `landing_absent` say.

    Args:
        con: the hub.
        landed: contract of the landed table, as `evolve` returned it.
        batch_id: the delivery.
        as_of: the run's time, UTC.
    """
    name = quoted_name(landed)
    at = as_of.replace(tzinfo=None)
    _keep_versions(con, landed, batch_id, at)
    con.execute(
        "create or replace temp table landing_gone as "
        "select * replace ($at::timestamp as _deleted_at, $batch as _batch_id) "
        f"from {name} where record_id in (select record_id from landing_absent)",
        {"at": at, "batch": batch_id},
    )
    con.execute(
        f"delete from {name} where record_id in (select record_id from landing_absent "
        "union all select record_id from landing_taken where is_written)"
    )
    con.execute(f"insert into {name} by name select * from landing_gone")
    theirs = [column.name for column in landed.columns if column.name not in RESERVED_COLUMNS]
    columns = ", ".join(quoted(column) for column in theirs)
    con.execute(
        f"insert into {name} (record_id, _row_hash, _batch_id, _first_seen_at, _changed_at, {columns}) "
        "select taken.record_id, taken.row_hash, $batch, taken.first_seen_at, $at::timestamp, "
        f"{', '.join('delivered.' + quoted(column) for column in theirs)} "
        "from landing_taken as taken join landing_delivered as delivered on taken._row = delivered._row "
        "where taken.is_written",
        {"at": at, "batch": batch_id},
    )


def _keep_versions(con: DuckDBPyConnection, landed: Table, batch_id: int, at: datetime) -> None:
    stored = [name for name in columns_of(con, landed) if name not in RESERVED_COLUMNS]
    pairs = ", ".join(f"{literal(name)}, {quoted(name)}" for name in stored)
    con.execute(
        "insert into landing.version (record_id, batch_id, row, replaced_at) "
        f"select record_id, $batch, json_object({pairs})::varchar, $at::timestamp from {quoted_name(landed)} "
        "where record_id in (select record_id from landing_taken where is_replaced)",
        {"batch": batch_id, "at": at},
    )
