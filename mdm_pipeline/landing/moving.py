"""What a source does to its own identity: it or a table gets another name, its rows other keys, or it goes for good.

In: a source's configuration, `landing.*`. Out: the same rows and record ids under the new name or key; or all rows
marked deleted. Invariant: a record id outlives every renaming, so customers keep their codes. Does not belong here:
rows that change.
"""

# ruff: noqa: S608  statements are built from quoted identifiers out of the configuration; values never enter the text

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.contract.landing import landed_column, landed_name, source_table
from mdm_pipeline.hub.ddl import comment_statements, quoted, quoted_name, stored_columns
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.writing import log_changes
from mdm_pipeline.landing.loading import key_text

_HERE = Path(__file__).parent
# every table of this room that names source and table; landing.record is changed apart, with its references
_NAMING_TABLES = ("batch", "progress", "file", "file_record", "column_profile", "key_change", "go_ahead")


def take_earlier_names(con: DuckDBPyConnection, source: SourceConfig, *, seq: int, as_of: datetime) -> list[str]:
    """Bring rows, ids and ledger of earlier names under the present ones.

    Args:
        con: the hub, inside the stage's transaction.
        source: the source; `formerly` of it and of its tables name what it was called.
        seq: the stage's number, for the change log.
        as_of: the run's time.

    Returns:
        What was renamed, as `old.table -> new.table`.

    Raises:
        SourceHeldBack: rows are landed under both names.
    """
    told = []
    for old_source in (source.name, *source.formerly):
        for name, table in source.tables.items():
            for old_table in (name, *table.formerly):
                if (old_source, old_table) == (source.name, name) or not _is_landed(con, old_source, old_table):
                    continue
                _rename(con, (old_source, old_table), (source.name, name), seq)
                told.append(f"{old_source}.{old_table} -> {source.name}.{name}")
    for line in told:
        record_event(con, who="landing", what="source renamed", detail=line, at=as_of)
    return told


def take_earlier_keys(con: DuckDBPyConnection, source: SourceConfig, table_name: str, as_of: datetime) -> int:
    """Give records the new keys that their delivered rows carry together with the earlier ones.

    Each pair of keys is followed once, all pairs of a delivery at the same time, so that 1 -> 2 and 2 -> 3 do not meet.

    Returns:
        Records that got another key.
    """
    columns = source.tables[table_name].renumbered_from
    if not columns:
        return 0
    earlier = key_text([landed_column(name) for name in columns])
    con.execute(
        f"create or replace temp table landing_earlier_key as select _row, {earlier} as old_key from landing_delivered"
    )
    row = run_sql(
        con,
        _HERE / "renumber.sql",
        {
            "source": source.name,
            "source_table": table_name,
            "as_of": as_of.astimezone(UTC).replace(tzinfo=None),
        },
    ).fetchone()
    return int(row[0]) if row else 0


def live_sources(con: DuckDBPyConnection) -> dict[str, int]:
    """Live landed rows by source."""
    found: dict[str, int] = {}
    for source, table in _registered(con):
        if _is_landed(con, source, table):
            found[source] = found.get(source, 0) + _live(con, source, table)
    return {source: rows for source, rows in found.items() if rows}


def removed_sources(con: DuckDBPyConnection, configured: Iterable[SourceConfig]) -> dict[str, int]:
    """Sources with live rows that the configuration no longer names, now or formerly, with their rows.

    Their last state stays in force until `drop_source`: a file that was moved by mistake must not delete customers.
    """
    names = {name for source in configured for name in (source.name, *source.formerly)}
    return {source: rows for source, rows in live_sources(con).items() if source not in names}


def drop_source(con: DuckDBPyConnection, source: str, *, seq: int, as_of: datetime) -> dict[str, int]:
    """Mark every row of a source as deleted.

    Args:
        con: the hub, inside a transaction.
        source: its name.
        seq: number of the commit, for the change log.
        as_of: the time.

    Returns:
        Rows deleted by table; only tables that had live rows.
    """
    at = as_of.astimezone(UTC).replace(tzinfo=None)
    dropped = {}
    for _, table in [pair for pair in _registered(con) if pair[0] == source]:
        if not _is_landed(con, source, table) or not (live := _live(con, source, table)):
            continue
        name = quoted_name(source_table(source, table, ()))
        log_changes(con, "landing", f"{source}.{table}", f"select record_id from {name} where _deleted_at is null", seq)
        con.execute(f"update {name} set _deleted_at = $at::timestamp where _deleted_at is null", {"at": at})
        dropped[table] = live
    return dropped


def _rename(con: DuckDBPyConnection, old: tuple[str, str], new: tuple[str, str], seq: int) -> None:
    if _is_landed(con, *new):
        raise SourceHeldBack(
            new[0],
            f"{new[1]}: rows are landed under {'.'.join(new)} and under its earlier name {'.'.join(old)}; expected one "
            f"of them; remove `formerly`, or drop the other with `mdm source drop {old[0]}`",
        )
    con.execute(f"alter table landing.{quoted(landed_name(*old))} rename to {quoted(landed_name(*new))}")
    renamed = source_table(*new, ())
    theirs = [name for name in stored_columns(con, renamed) if name not in renamed.column_names]
    for statement in comment_statements(source_table(*new, theirs)):
        con.execute(statement)
    parameters = {"old_source": old[0], "old_table": old[1], "source": new[0], "source_table": new[1]}
    for table in _NAMING_TABLES:
        con.execute(
            f"update landing.{quoted(table)} set source = $source, source_table = $source_table "
            "where source = $old_source and source_table = $old_table",
            parameters,
        )
    run_sql(con, _HERE / "rename.sql", parameters)
    log_changes(con, "landing", ".".join(new), f"select record_id from {quoted_name(renamed)}", seq)


def _registered(con: DuckDBPyConnection) -> Sequence[tuple[str, str]]:
    return con.execute("select distinct source, source_table from landing.record order by all").fetchall()


def _is_landed(con: DuckDBPyConnection, source: str, table: str) -> bool:
    return bool(stored_columns(con, source_table(source, table, ())))


def _live(con: DuckDBPyConnection, source: str, table: str) -> int:
    name = quoted_name(source_table(source, table, ()))
    row = con.execute(f"select count(*) from {name} where _deleted_at is null").fetchone()
    return int(row[0]) if row else 0
