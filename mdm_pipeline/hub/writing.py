"""Writes only what really changed, and logs the keys of it.

In: a temporary table with the rows as they should be, and the keys in scope. Out: contract table and `<schema>.change`.
Invariant: a row that is already so is not touched and not logged; rows in scope that are no longer wanted go.
Rows are changed by DELETE + INSERT of keys: six times cheaper than UPDATE or MERGE, and the file stays small.
Does not belong here: how the wanted rows are computed.
"""

# ruff: noqa: S608  statements are built from contract identifiers, quoted; values never enter the text

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.ddl import quoted, quoted_name


@dataclass(frozen=True)
class Counts:
    """What one write did to one table, in rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.unchanged + other.unchanged,
        )

    @property
    def written(self) -> int:
        """Rows that really changed."""
        return self.inserted + self.updated + self.deleted


def write_changes(
    con: DuckDBPyConnection,
    table: Table,
    wanted: str,
    *,
    seq: int,
    scope: str | None = None,
    scope_column: str | None = None,
) -> Counts:
    """Make the rows of `table` within the scope equal to those of `wanted`.

    Args:
        con: the hub, inside the stage's transaction.
        table: contract of the table to change.
        wanted: name of a temporary table (or view) with at least the table's columns, one row per key.
        seq: the stage's sequence number, for the change log.
        scope: name of a temporary table whose first column `key` limits which stored rows may be deleted;
            None: all stored rows are in scope.
        scope_column: the table's column that `scope.key` refers to; by default the change key.

    Returns:
        Counts in rows.
    """
    name = quoted_name(table)
    if con.execute(f"select not exists (from {name})").fetchone() == (True,):
        return _fill(con, table, wanted, seq)
    keys_equal = " and ".join(f"w.{quoted(k)} is not distinct from s.{quoted(k)}" for k in table.key)
    same = " and ".join(
        f"w.{quoted(c)} is not distinct from s.{quoted(c)}" for c in table.compared_columns if c not in table.key
    )
    columns = ", ".join(quoted(c) for c in table.column_names)
    key_columns = ", ".join(quoted(c) for c in table.key)
    change = quoted(table.change_key) if table.change_key else None
    logged = f", w.{change} as change_key" if change else ""
    logged_old = f", s.{change} as change_key" if change else ""

    con.execute(
        f"create or replace temp table written as "
        f"select {', '.join('w.' + quoted(k) for k in table.key)}, s.{quoted(table.key[0])} is null as is_new{logged} "
        f"from {quoted(wanted)} as w left join {name} as s on {keys_equal} "
        f"where s.{quoted(table.key[0])} is null or not ({same or 'true'})"
    )
    in_scope = ""
    if scope is not None:
        column = quoted(scope_column or table.change_key or table.key[0])
        in_scope = f" and s.{column} in (select key from {quoted(scope)})"
    con.execute(
        f"create or replace temp table removed as "
        f"select {', '.join('s.' + quoted(k) for k in table.key)}{logged_old} from {name} as s "
        f"where not exists (select 1 from {quoted(wanted)} as w where {keys_equal}){in_scope}"
    )
    if change:
        _log_old_change_keys(con, table, name)
    counts = _counts(con, wanted)
    con.execute(
        f"delete from {name} where ({key_columns}) in "
        f"(select {key_columns} from written union all select {key_columns} from removed)"
    )
    con.execute(
        f"insert into {name} ({columns}) select {columns} from {quoted(wanted)} "
        f"where ({key_columns}) in (select {key_columns} from written)"
    )
    if change:
        log_changes(con, table.schema, table.name, "select change_key from touched", seq)
    return counts


def _fill(con: DuckDBPyConnection, table: Table, wanted: str, seq: int) -> Counts:
    """Every wanted row is new where there are none."""
    columns = ", ".join(quoted(c) for c in table.column_names)
    inserted = con.execute(
        f"insert into {quoted_name(table)} ({columns}) select {columns} from {quoted(wanted)}"
    ).fetchone()
    if table.change_key:
        log_changes(con, table.schema, table.name, f"select {quoted(table.change_key)} from {quoted(wanted)}", seq)
    return Counts(inserted=int(inserted[0]) if inserted else 0)


def log_changes(con: DuckDBPyConnection, schema: str, entity: str, keys: str, seq: int) -> None:
    """Append keys to `<schema>.change`, each once.

    Args:
        con: the hub.
        schema: whose change log.
        entity: the table that changed.
        keys: a select that yields one column of keys; written by us, never by users.
        seq: the stage's sequence number.
    """
    con.execute(
        f"insert into {quoted(schema)}.change (seq, entity, key) "
        f"select $seq, $entity, k.key from (select distinct keys.* from ({keys}) as keys) as k(key) "
        f"where k.key is not null and not exists (select 1 from {quoted(schema)}.change as c "
        "where c.seq = $seq and c.entity = $entity and c.key = k.key)",
        {"seq": seq, "entity": entity},
    )


def _log_old_change_keys(con: DuckDBPyConnection, table: Table, name: str) -> None:
    """Old and new change keys: a row that moves from one group to another changes both."""
    change = quoted(table.change_key or "")
    keys_equal = " and ".join(f"t.{quoted(k)} is not distinct from s.{quoted(k)}" for k in table.key)
    con.execute(
        "create or replace temp table touched as "
        "select change_key from written union select change_key from removed union "
        f"select s.{change} from {name} as s join written as t on {keys_equal}"
    )


def _counts(con: DuckDBPyConnection, wanted: str) -> Counts:
    row = con.execute(
        "select (select count(*) from written where is_new), (select count(*) from written where not is_new), "
        f"(select count(*) from removed), (select count(*) from {quoted(wanted)})"
    ).fetchone()
    if row is None:
        return Counts()
    inserted, updated, deleted, total = row
    return Counts(inserted, updated, deleted, total - inserted - updated)
