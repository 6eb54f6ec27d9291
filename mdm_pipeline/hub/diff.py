"""Compares two published files, or two hubs, table by table: rows added, removed and changed, by key.

In: two DuckDB files, read-only. Out: the tables that differ. Invariant: equal content gives an empty list, whatever the
order of rows; log tables and columns that depend on when a run happened are left out. Does not belong here: printing.
"""

# ruff: noqa: S608  statements are built from quoted identifiers out of the catalog; values never enter the text

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.contract import TABLES, Kind
from mdm_pipeline.hub.contract.landing import source_table
from mdm_pipeline.hub.ddl import literal, quoted

EXAMPLES = 5
_DICTIONARY = "main.data_dictionary"


class NotComparable(PermanentError):
    """One of the two files cannot be read."""


@dataclass(frozen=True)
class TableDiff:
    """How one table of the second file differs from the first.

    Args:
        table: its name; with schema for hubs.
        added: rows that only the second file has.
        removed: rows that only the first file has.
        changed: rows that both have, with other content.
        examples: a few of them in words, and differences of the tables themselves.
    """

    table: str
    added: int
    removed: int
    changed: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Rules:
    """How a table is compared; without a key by whole rows."""

    key: tuple[str, ...] = ()
    volatile: frozenset[str] = frozenset()
    is_log: bool = False


def diff(a: Path, b: Path) -> list[TableDiff]:
    """What differs between two published files, or two hubs.

    Args:
        a: the earlier or expected file.
        b: the later or actual file.

    Returns:
        One entry per table that differs, by name; none when both hold the same.

    Raises:
        NotComparable: a file is missing, is no DuckDB file, or is held by a writer.
    """
    if a.resolve() == b.resolve():
        return []
    con = duckdb.connect(":memory:")  # noqa: TID251  an instance of its own: neither file is the hub of this process
    try:
        con.execute("set TimeZone = 'UTC'")
        for alias, path in (("a", a), ("b", b)):
            _attach(con, alias, path)
        return diff_attached(con)
    finally:
        con.close()


def diff_attached(con: DuckDBPyConnection, *, shows_values: bool = True) -> list[TableDiff]:
    """What differs between the two databases that are attached as `a` and `b`.

    Args:
        con: a connection of its own; a temporary table is written.
        shows_values: whether examples quote values; without, a changed row names its columns only.

    Returns:
        As `diff`.
    """
    tables_a, tables_b = _tables(con, "a"), _tables(con, "b")
    rules = {**_rules(con, "b", tables_b), **_rules(con, "a", tables_a)}
    found = []
    for name in sorted(tables_a.keys() | tables_b.keys()):
        rule = rules[name]
        if rule.is_log:
            continue
        if name in tables_a and name in tables_b:
            difference = _compare(con, name, rule, tables_a[name], tables_b[name], shows_values)
        else:
            difference = _only_in_one(con, name, "a" if name in tables_a else "b")
        if difference is not None:
            found.append(difference)
    return found


def _attach(con: DuckDBPyConnection, alias: str, path: Path) -> None:
    if not path.is_file():
        raise NotComparable(f"diff: {path}: no such file; expected a published file or a hub")
    try:
        con.execute(f"attach {literal(str(path))} as {quoted(alias)} (read_only)")
    except duckdb.Error as error:
        raise NotComparable(
            f"diff: {path}: cannot be read ({str(error).splitlines()[0]}); expected a DuckDB file that nobody writes; "
            "wait for the run to end, or copy the file"
        ) from error


def _tables(con: DuckDBPyConnection, alias: str) -> dict[str, list[str]]:
    """Columns of every table, by `schema.table`."""
    rows = con.execute(
        "select c.schema_name || '.' || c.table_name, list(c.column_name order by c.column_index) "
        "from duckdb_columns() as c join duckdb_tables() as t using (database_name, schema_name, table_name) "
        "where c.database_name = $alias and not c.internal group by all",
        {"alias": alias},
    ).fetchall()
    return dict(rows)


def _rules(con: DuckDBPyConnection, alias: str, tables: Mapping[str, list[str]]) -> dict[str, _Rules]:
    """Rules by the file's own dictionary, else by the hub's contract."""
    published = _published_rules(con, alias) if _DICTIONARY in tables else {}
    contract = {t.full_name: t for t in TABLES}
    rules = {}
    for name, columns in tables.items():
        if name in published:
            rules[name] = published[name]
            continue
        table = contract.get(name)
        if table is None and name.startswith("landing.") and "_row_hash" in columns:
            table = source_table("source", "table", ())
        if table is None:
            rules[name] = _Rules()
        else:
            volatile = frozenset(c.name for c in table.columns if c.volatile)
            rules[name] = _Rules(table.key, volatile, table.kind is Kind.LOG)
    return rules


def _published_rules(con: DuckDBPyConnection, alias: str) -> dict[str, _Rules]:
    rows = con.execute(
        "select 'main.' || table_name, "
        "coalesce(list(column_name order by column_no) filter (where is_key), []), "
        "coalesce(list(column_name) filter (where is_volatile), []), bool_or(table_kind = 'log') "
        f"from {quoted(alias)}.main.data_dictionary group by table_name"
    ).fetchall()
    return {name: _Rules(tuple(key), frozenset(volatile), is_log) for name, key, volatile, is_log in rows}


def _only_in_one(con: DuckDBPyConnection, name: str, alias: str) -> TableDiff:
    count = _number(con, f"select count(*) from {_qualified(alias, name)}")
    if alias == "a":
        return TableDiff(_shown(name), 0, count, 0, ("the table is missing in the second file",))
    return TableDiff(_shown(name), count, 0, 0, ("the table is missing in the first file",))


def _compare(
    con: DuckDBPyConnection,
    name: str,
    rule: _Rules,
    columns_a: list[str],
    columns_b: list[str],
    shows_values: bool,
) -> TableDiff | None:
    examples = [f"column {c} is missing in the second file" for c in columns_a if c not in columns_b]
    examples += [f"column {c} is missing in the first file" for c in columns_b if c not in columns_a]
    shared = [c for c in columns_a if c in columns_b and c not in rule.volatile]
    key = [c for c in rule.key if c in shared]
    if not shared:
        return TableDiff(_shown(name), 0, 0, 0, tuple(examples)) if examples else None
    if key and len(key) == len(rule.key) and _is_unique(con, name, key):
        added, removed, changed, rows = _by_key(con, name, key, shared, shows_values)
    else:
        added, removed, rows = _by_row(con, name, shared)
        changed = 0
        if not shows_values:
            rows = ["rows of an ambiguous key"]
    if not (added or removed or changed or examples):
        return None
    return TableDiff(_shown(name), added, removed, changed, (*examples, *rows))


def _is_unique(con: DuckDBPyConnection, name: str, key: list[str]) -> bool:
    columns = ", ".join(quoted(c) for c in key)
    return all(
        _number(
            con,
            f"select count(*) from (select 1 from {_qualified(alias, name)} group by {columns} having count(*) > 1)",
        )
        == 0
        for alias in ("a", "b")
    )


def _by_key(
    con: DuckDBPyConnection, name: str, key: list[str], columns: list[str], shows_values: bool
) -> tuple[int, int, int, list[str]]:
    on = " and ".join(f"o.{quoted(c)} is not distinct from n.{quoted(c)}" for c in key)
    rest = [c for c in columns if c not in key]
    differs = " or ".join(f"o.{quoted(c)} is distinct from n.{quoted(c)}" for c in rest) or "false"
    named = ", ".join(f"coalesce(o.{quoted(c)}, n.{quoted(c)})::varchar" for c in key)
    told = ", ".join(
        f"case when o.{quoted(c)} is distinct from n.{quoted(c)} then "
        f"{literal(c)}"
        + (
            f" || ': ' || coalesce(o.{quoted(c)}::varchar, 'null') "
            f"|| ' -> ' || coalesce(n.{quoted(c)}::varchar, 'null')"
            if shows_values
            else ""
        )
        + " end"
        for c in rest
    )
    con.execute(
        "create or replace temp table difference as "
        "select case when o.is_there is null then 'added' when n.is_there is null then 'removed' else 'changed' end "
        f"as what, concat_ws('|', {named}) as name, "
        f"{'concat_ws(' + literal('; ') + ', ' + told + ')' if told else literal('')} as detail "
        f"from (select *, true as is_there from {_qualified('a', name)}) as o "
        f"full join (select *, true as is_there from {_qualified('b', name)}) as n on {on} "
        f"where o.is_there is null or n.is_there is null or {differs}"
    )
    counts = dict(con.execute("select what, count(*) from difference group by what").fetchall())
    rows = con.execute(
        "select what, name, case when what = 'changed' then detail else '' end from difference "
        f"order by what, name limit {EXAMPLES}"
    ).fetchall()
    examples = [f"{what} {key_text}{' (' + left + ')' if left else ''}" for what, key_text, left in rows]
    return counts.get("added", 0), counts.get("removed", 0), counts.get("changed", 0), examples


def _by_row(con: DuckDBPyConnection, name: str, columns: list[str]) -> tuple[int, int, list[str]]:
    """As multisets: a row that one file has twice and the other once is one row of difference."""
    listed = ", ".join(quoted(c) for c in columns)
    a, b = (f"select {listed} from {_qualified(alias, name)}" for alias in ("a", "b"))
    added = _number(con, f"select count(*) from ({b} except all {a})")
    removed = _number(con, f"select count(*) from ({a} except all {b})")
    text = f"concat_ws('|', {', '.join(f'{quoted(c)}::varchar' for c in columns)})"
    rows = con.execute(
        f"select 'added ' || left({text}, 200) as example from ({b} except all {a}) "
        f"union all select 'removed ' || left({text}, 200) from ({a} except all {b}) "
        f"order by example limit {EXAMPLES}"
    ).fetchall()
    return added, removed, [example for (example,) in rows]


def _qualified(alias: str, name: str) -> str:
    schema, table = name.split(".", 1)
    return f"{quoted(alias)}.{quoted(schema)}.{quoted(table)}"


def _shown(name: str) -> str:
    return name.removeprefix("main.")


def _number(con: DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
