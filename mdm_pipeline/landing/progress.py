"""`landing.progress`: how far each source table is taken, and so how it is to be read tonight.

In: a table's configuration, the run's time, the rows of a delivery. Out: a `Since` for the reader, the new watermark,
one row per source table. Invariant: a watermark goes back only by a full read, never goes beyond the run's time, and
moves only in the transaction that lands its rows; cursor values are compared as what they are, not as text. Does not
belong here: rows.
"""

# ruff: noqa: S608  statements are built from quoted column names of the delivery; values never enter the text

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import CursorConfig, SourceConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.contract.landing import RESERVED_COLUMNS, landed_column, source_table
from mdm_pipeline.hub.ddl import quoted, quoted_name, stored_columns
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.worklist import fingerprint_of
from mdm_pipeline.landing.loading import row_hash

_HERE = Path(__file__).parent
# Nights do not start to the second: a full read that is due in less than this is due.
_SLACK = timedelta(hours=1)
# a time with its own offset: it needs no zone to be compared
_HAS_OFFSET = r"\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$"
Mode = Literal["full", "changes"]


@dataclass(frozen=True)
class Progress:
    """How far one source table is taken; all empty before the first time.

    Args:
        watermark: highest cursor value taken.
        read_as: fingerprint of how it was read.
        full_read_at: last full read, UTC without zone.
        taken_at: last time that the source delivered, UTC without zone.
        hash_probe: what DuckDB made of the probe when the row hashes were made.
    """

    watermark: str | None = None
    read_as: str | None = None
    full_read_at: datetime | None = None
    taken_at: datetime | None = None
    hash_probe: int | None = None


@dataclass(frozen=True)
class Reach:
    """How far the cursor values of a delivery go.

    Args:
        watermark: the highest that may be stored, the old one included.
        ahead: text of a value so far beyond the run's time that somebody's clock must be wrong.
    """

    watermark: str | None
    ahead: str | None = None


def read_progress(con: DuckDBPyConnection, source: str, table: str) -> Progress:
    """How far a table is taken."""
    row = con.execute(
        "select watermark, read_as, full_read_at, taken_at, hash_probe from landing.progress "
        "where source = $source and source_table = $table",
        {"source": source, "table": table},
    ).fetchone()
    return Progress(*row) if row else Progress()


def write_progress(con: DuckDBPyConnection, source: str, table: str, progress: Progress) -> None:
    """Store how far a table is taken, where it differs from what is stored."""
    if read_progress(con, source, table) == progress:
        return
    run_sql(
        con,
        _HERE / "progress_write.sql",
        {
            "source": source,
            "source_table": table,
            "watermark": progress.watermark,
            "read_as": progress.read_as,
            "full_read_at": progress.full_read_at,
            "taken_at": progress.taken_at,
            "hash_probe": progress.hash_probe,
        },
    )


def read_as(source: SourceConfig, table_name: str) -> str:
    """Fingerprint of all that decides which rows and columns an incremental read brings: another one, a full read."""
    table = source.tables[table_name]
    asked = table.model_dump(mode="json", include={"key", "table", "query", "files", "format", "delivers"})
    cursor = [table.cursor.column, table.cursor.kind] if table.cursor else None
    return fingerprint_of([source.connection.model_dump(mode="json"), asked, cursor], 1)


def mode_of(source: SourceConfig, table_name: str, progress: Progress, *, is_full: bool, as_of: datetime) -> Mode:
    """Whether everything is to be read or what changed since.

    Args:
        source: the source.
        table_name: its table.
        progress: as stored.
        is_full: everything is wanted, or nothing is landed.
        as_of: the run's time; it, not the clock, decides whether the periodic full read is due.
    """
    table = source.tables[table_name]
    if is_full or progress.read_as != read_as(source, table_name):
        return "full"
    if table.delivers == "changes":
        return "changes"
    if table.cursor is None or progress.watermark is None or _is_full_due(table.cursor, progress, as_of):
        return "full"
    return "changes"


def moved(
    progress: Progress, source: SourceConfig, table_name: str, mode: Mode, watermark: str | None, as_of: datetime
) -> Progress:
    """The progress after a delivery was taken."""
    at = as_of.astimezone(UTC).replace(tzinfo=None)
    return replace(
        progress,
        watermark=watermark,
        read_as=read_as(source, table_name),
        full_read_at=at if mode == "full" else progress.full_read_at,
        taken_at=at,
    )


def reach(con: DuckDBPyConnection, source: SourceConfig, table_name: str, old: str | None, as_of: datetime) -> Reach:
    """The highest cursor value among the rows that are taken (`landing_winner`) and the old watermark.

    Without a cursor it is the highest text of `updated_at`. A time stamp later than the run's time plus the lag does
    not count: one wrong clock at the source would otherwise hide everything that changes until then.

    Raises:
        SourceHeldBack: no value of the cursor column is what its kind says.
    """
    table = source.tables[table_name]
    cursor = table.cursor
    if cursor is None:
        return Reach(_highest_text(con, table.updated_at) if table.updated_at else None)
    column = quoted(landed_column(cursor.column))
    con.execute(
        "create or replace temp table landing_cursor as "
        f"select told, {_comparable(cursor)} as value from ("
        f"select {column} as told from landing_delivered where _row in (select _row from landing_winner) "
        "union all select $old) as values_told where told is not null",
        {"old": old, "zone": source.time_zone} if cursor.kind == "timestamp" else {"old": old},
    )
    limit = "true"
    parameters: dict[str, object] = {}
    if cursor.kind == "timestamp":
        limit = "(value <= $limit or told = $old)"
        parameters = {"limit": as_of + cursor.lag, "old": old}
    row = con.execute(
        f"select arg_max(told, value) filter (where {limit}), count(value), any_value(told) from landing_cursor",
        parameters,
    ).fetchone()
    highest, readable, example = row or (None, 0, None)
    if example is not None and not readable:
        expected = "a time such as 2026-01-31 10:00:00" if cursor.kind == "timestamp" else "a whole number"
        raise SourceHeldBack(
            source.name,
            f"{table_name}, column {cursor.column}: {example!r} cannot be compared as a {cursor.kind}; "
            f"expected {expected}; correct `cursor.column` or `cursor.kind`",
        )
    return Reach(highest, _ahead(con, as_of) if cursor.kind == "timestamp" else None)


def hash_anew(con: DuckDBPyConnection, source: str, table: str, progress: Progress) -> Progress:
    """Make the row hashes again from landed text where this DuckDB hashes differently from the one that made them."""
    row = con.execute("select hash('probe')").fetchone()
    probe = int(row[0]) if row else 0
    if progress.hash_probe == probe:
        return progress
    landed: Table = source_table(source, table, ())
    theirs = [name for name in stored_columns(con, landed) if name not in RESERVED_COLUMNS]
    if theirs:
        con.execute(f"update {quoted_name(landed)} set _row_hash = {row_hash(theirs)}")
    return replace(progress, hash_probe=probe)


def _highest_text(con: DuckDBPyConnection, column: str) -> str | None:
    """For people only: a table without a cursor is read whole, whatever this says."""
    row = con.execute(f"select max({quoted(landed_column(column))}) from landing_delivered").fetchone()
    return row[0] if row else None


def _comparable(cursor: CursorConfig) -> str:
    if cursor.kind == "sequence":
        return "try_cast(told as hugeint)"
    return (
        f"case when regexp_matches(told, '{_HAS_OFFSET}') then try_cast(told as timestamptz) "
        "else timezone($zone, try_cast(told as timestamp)) end"
    )


def _ahead(con: DuckDBPyConnection, as_of: datetime) -> str | None:
    row = con.execute(
        "select arg_max(told, value) from landing_cursor where value > $limit", {"limit": as_of + timedelta(days=1)}
    ).fetchone()
    return row[0] if row else None


def _is_full_due(cursor: CursorConfig, progress: Progress, as_of: datetime) -> bool:
    if cursor.full_every is None:
        return False
    if progress.full_read_at is None:
        return True
    slack = min(_SLACK, cursor.full_every / 10)
    return as_of - progress.full_read_at.replace(tzinfo=UTC) >= cursor.full_every - slack
