"""Test rows from the contract: what a test does not name is filled with something that satisfies the contract."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import Column, Table
from mdm_pipeline.hub.ddl import quoted, quoted_name


def rows(con: DuckDBPyConnection, table: Table, *given: dict[str, Any]) -> list[dict[str, Any]]:
    """Insert rows into a contract table; required columns that are not named get a filler.

    Raises:
        KeyError: a named column is not in the contract; the message lists those that are.
    """
    stored = []
    for number, row in enumerate(given, start=1):
        for name in row:
            table.column(name)
        full = {c.name: row.get(c.name, _filler(c, number)) for c in table.columns}
        names = ", ".join(quoted(n) for n in full)
        marks = ", ".join(f"${i}" for i in range(1, len(full) + 1))
        con.execute(f"insert into {quoted_name(table)} ({names}) values ({marks})", list(full.values()))
        stored.append(full)
    return stored


def fetch(con: DuckDBPyConnection, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """All rows of a query as dicts."""
    result = con.execute(sql, parameters or None)
    names = [d[0] for d in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _filler(column: Column, number: int) -> Any:
    if not column.is_required:
        return None
    if column.values:
        return column.values[0]
    kind = column.type.split("(")[0]
    fillers: dict[str, Any] = {
        "BIGINT": number,
        "UBIGINT": number,
        "INTEGER": number,
        "DOUBLE": 0.0,
        "DECIMAL": 0,
        "BOOLEAN": False,
        "DATE": date(2026, 1, 1),
        "TIMESTAMP": datetime(2026, 1, 1),  # noqa: DTZ001
    }
    return fillers.get(kind, f"{column.name}_{number}")
