"""Deliveries that cannot be whole are held back; a person may allow one of them, once.

In: what a delivery would do to a table. Out: nothing, or `SourceHeldBack`; `landing.go_ahead`. Invariant: without a
go-ahead no delivery empties a table or takes more than the configured share of its rows. Does not belong here: the
form of a delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import PermanentError, SourceHeldBack
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.contract.landing import source_table
from mdm_pipeline.hub.ddl import stored_columns


class NothingToAllow(PermanentError):
    """The table is not known."""


@dataclass(frozen=True)
class Effect:
    """What a delivery would do.

    Args:
        loaded: rows delivered.
        taken_keys: keys among them that can be taken.
        gone: live landed rows that it would delete.
        live: live landed rows before it.
        is_complete: it says that it is the whole table.
    """

    loaded: int
    taken_keys: int
    gone: int
    live: int
    is_complete: bool


def refuse_if_shrunk(source: SourceConfig, table_name: str, effect: Effect) -> None:
    """Stop a delivery that empties the table or takes too many of its rows.

    Raises:
        SourceHeldBack: it does.
    """
    table = source.tables[table_name]
    allow = f"or allow it once with `mdm source accept {source.name}.{table_name}` if it is right"
    if table.deletes == "never" and effect.gone == 0:
        return
    if effect.live and effect.is_complete and effect.taken_keys == 0:
        what = f"{effect.loaded} rows, but no row that can be taken (all keys are blank)" if effect.loaded else "empty"
        raise SourceHeldBack(
            source.name,
            f"{table_name}: the delivery is {what}, {effect.live} rows are landed; expected a full delivery; "
            f"deliver it again, or set `deletes: never` if only changes are delivered, {allow}",
        )
    if effect.gone > table.shrink_limit * effect.live:
        raise SourceHeldBack(
            source.name,
            f"{table_name}: {effect.gone} of {effect.live} landed rows are not in the delivery of "
            f"{effect.loaded} rows; expected at most {table.shrink_limit:.0%} to vanish; deliver all of it, {allow}",
        )


def give_go_ahead(con: DuckDBPyConnection, source: str, table: str, *, who: str, as_of: datetime) -> int:
    """Allow the next delivery of one table whatever the guards say about vanished rows and changed types.

    Args:
        con: the hub, inside a transaction.
        source: name of the source.
        table: its table.
        who: the person.
        as_of: the time.

    Returns:
        Number of the go-ahead.

    Raises:
        NothingToAllow: nothing of that name is landed.
    """
    if not stored_columns(con, source_table(source, table, ())):
        raise NothingToAllow(
            f"{source}.{table}: nothing is landed under this name; expected source.table as `mdm status` shows it"
        )
    row = con.execute("select coalesce(max(go_ahead_id), 0) + 1 from landing.go_ahead").fetchone()
    number = int(row[0]) if row else 1
    con.execute(
        "insert into landing.go_ahead (go_ahead_id, source, source_table, given_by, given_at, used_batch_id) "
        "values ($number, $source, $table, $who, $at, null)",
        {
            "number": number,
            "source": source,
            "table": table,
            "who": who,
            "at": as_of.astimezone(UTC).replace(tzinfo=None),
        },
    )
    record_event(con, who=who, what="delivery allowed", detail=f"{source}.{table}, once", at=as_of)
    return number


def has_go_ahead(con: DuckDBPyConnection, source: str, table: str) -> bool:
    """Whether the next delivery of the table is allowed."""
    row = con.execute(
        "select 1 from landing.go_ahead where source = $source and source_table = $table and used_batch_id is null",
        {"source": source, "table": table},
    ).fetchone()
    return row is not None


def use_go_ahead(con: DuckDBPyConnection, source: str, table: str, batch_id: int) -> None:
    """The delivery that was allowed is taken: the next one needs a new go-ahead."""
    con.execute(
        "update landing.go_ahead set used_batch_id = $batch "
        "where source = $source and source_table = $table and used_batch_id is null",
        {"batch": batch_id, "source": source, "table": table},
    )
