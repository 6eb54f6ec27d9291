"""DDL from the contract: create, comment, and compare with what stands in a hub.

In: `Table` declarations. Out: SQL statements and drift reports. Invariant: identifiers are quoted here and
nowhere else.
Does not belong here: data.
"""

from __future__ import annotations

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import SCHEMAS, TABLES, Table


def quoted(identifier: str) -> str:
    """An identifier as SQL wants it, whatever characters it has."""
    return '"' + identifier.replace('"', '""') + '"'


def quoted_name(table: Table) -> str:
    """`"schema"."name"`."""
    return f"{quoted(table.schema)}.{quoted(table.name)}"


def literal(text: str) -> str:
    """A string as an SQL literal, for the few statements that take no parameters (comments, checks)."""
    return "'" + text.replace("'", "''") + "'"


def create_statement(table: Table, name: str | None = None) -> str:
    """`create table` with NOT NULL and CHECK; keys are checked by queries, not declared (see docs/decisions)."""
    lines = []
    for column in table.columns:
        line = f"{quoted(column.name)} {column.type}"
        if column.is_required:
            line += " not null"
        if column.values:
            allowed = ", ".join(literal(value) for value in column.values)
            line += f" check ({quoted(column.name)} in ({allowed}))"
        lines.append(line)
    return f"create table {name or quoted_name(table)} ({', '.join(lines)})"


def comment_statements(table: Table, name: str | None = None) -> list[str]:
    """`comment on` for the table and its columns, Chinese and English."""
    target = name or quoted_name(table)
    statements = [f"comment on table {target} is {literal(bilingual(table.doc_zh, table.doc))}"]
    statements += [
        f"comment on column {target}.{quoted(column.name)} is {literal(bilingual(column.doc_zh, column.doc))}"
        for column in table.columns
    ]
    return statements


def bilingual(chinese: str, english: str) -> str:
    """`客户名称 · Customer name`; the English alone where there is no Chinese."""
    return f"{chinese} · {english}" if chinese else english


def create_table(con: DuckDBPyConnection, table: Table) -> None:
    """Create one table with its comments."""
    con.execute(create_statement(table))
    for statement in comment_statements(table):
        con.execute(statement)


def create_schema(con: DuckDBPyConnection, tables: Iterable[Table] = TABLES) -> None:
    """Create all schemas and tables of the contract in an empty hub."""
    for schema in SCHEMAS:
        con.execute(f"create schema if not exists {quoted(schema)}")
    for table in tables:
        create_table(con, table)


def stored_columns(con: DuckDBPyConnection, table: Table) -> dict[str, str]:
    """Column names and types that stand in the hub for this table; empty when it does not exist."""
    rows = con.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = $schema and table_name = $name "
        "order by column_index",
        {"schema": table.schema, "name": table.name},
    ).fetchall()
    return dict(rows)


def drift(con: DuckDBPyConnection, expected: DuckDBPyConnection, tables: Iterable[Table] = TABLES) -> list[str]:
    """Differences between a hub and a fresh one made from the contract; empty when they agree.

    Args:
        con: the hub to look at.
        expected: a connection on which `create_schema` was just run, so that spelling of types never matters.
        tables: what to compare.
    """
    found = []
    for table in tables:
        have, want = stored_columns(con, table), stored_columns(expected, table)
        if not have:
            found.append(f"{table.full_name}: missing")
            continue
        found += [f"{table.full_name}.{name}: missing" for name in want if name not in have]
        found += [f"{table.full_name}.{name}: not in the contract" for name in have if name not in want]
        found += [
            f"{table.full_name}.{name}: is {have[name]}, contract says {kind}"
            for name, kind in want.items()
            if name in have and have[name] != kind
        ]
    return found
