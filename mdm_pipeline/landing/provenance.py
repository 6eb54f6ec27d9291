"""`landing.file` and `landing.file_record`: which file holds which rows, for tables that are delivered as changes.

In: a loaded delivery. Out: the file and rank of each delivered row; which files have to be read again; the two
tables. Invariant: what stands in landing is what one reading of all files in their order would give, however often
and in whatever order files were corrected. Does not belong here: reading files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.sources.delivery import FileTaken

_HERE = Path(__file__).parent


def files_taken(con: DuckDBPyConnection, source: str, table: str) -> Mapping[str, str]:
    """Name and content hash of every file taken, in their order."""
    rows = con.execute(
        "select name, sha256 from landing.file where source = $source and source_table = $table order by position",
        {"source": source, "table": table},
    ).fetchall()
    return {str(name): str(sha256) for name, sha256 in rows}


def stamps_taken(con: DuckDBPyConnection, source: str, table: str) -> Mapping[str, tuple[int, int]]:
    """Name, size and time of last change of every file taken, as it was then."""
    rows = con.execute(
        "select name, bytes, modified_ns from landing.file where source = $source and source_table = $table "
        "and bytes is not null and modified_ns is not null",
        {"source": source, "table": table},
    ).fetchall()
    return {str(name): (int(size), int(modified_ns)) for name, size, modified_ns in rows}


def rank_rows(con: DuckDBPyConnection, source: str, table: str, files: Sequence[FileTaken]) -> None:
    """`landing_row_file`: file and position of each delivered row; empty where the delivery has no files of its own.

    A file taken before keeps its place in the order of files, a new one comes last.
    """
    con.execute(
        "create or replace temp table landing_delivered_file "
        "(name varchar, sha256 varchar, number bigint, bytes bigint, modified_ns bigint)"
    )
    if files:
        con.executemany(
            "insert into landing_delivered_file values (?, ?, ?, ?, ?)",
            [(f.name, f.sha256, number, f.bytes, f.modified_ns) for number, f in enumerate(files, start=1)],
        )
    run_sql(con, _HERE / "rank_rows.sql", {"source": source, "source_table": table})


def files_to_read_again(con: DuckDBPyConnection, source: str, table: str) -> frozenset[str]:
    """Files that also hold rows which a corrected file no longer has: their content is in force again."""
    rows = run_sql(con, _HERE / "read_again.sql", {"source": source, "source_table": table}).fetchall()
    return frozenset(str(name) for (name,) in rows)


def compare_files(con: DuckDBPyConnection, source: str, table: str, *, has_lost_rows: bool) -> None:
    """What this delivery's files mean for rows of other files.

    `landing_dropped` gets the records that a corrected file no longer has and no other file holds, `landing_overruled`
    the delivered keys of which a later file, not delivered now, has said something newer.

    Args:
        con: the hub; the delivery is loaded and ranked.
        source: name of the source.
        table: its table.
        has_lost_rows: a row could not be read, so nobody can say that a file no longer has a row.
    """
    parameters = {"source": source, "source_table": table}
    run_sql(con, _HERE / "overruled.sql", parameters)
    run_sql(con, _HERE / "dropped.sql", parameters)
    if has_lost_rows:
        con.execute("delete from landing_dropped")


def no_files(con: DuckDBPyConnection) -> None:
    """The same tables, empty, for a delivery that replaces or names its rows by itself."""
    con.execute("create or replace temp table landing_overruled (source_key varchar)")
    con.execute("create or replace temp table landing_dropped (record_id bigint)")


def record_files(
    con: DuckDBPyConnection, source: str, table: str, *, batch_id: int, as_of: datetime, has_lost_rows: bool
) -> None:
    """Write both tables for the files of this delivery.

    Args:
        con: the hub; `landing_taken` says which record each key is.
        source: name of the source.
        table: its table.
        batch_id: the delivery.
        as_of: the run's time.
        has_lost_rows: a row could not be read, so nobody can say that a file no longer has a row.
    """
    run_sql(
        con,
        _HERE / "record_files.sql",
        {
            "source": source,
            "source_table": table,
            "batch_id": batch_id,
            "as_of": as_of.astimezone(UTC).replace(tzinfo=None),
            "has_lost_rows": has_lost_rows,
        },
    )
