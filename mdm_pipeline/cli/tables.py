"""Prints query results: a table for people, CSV or JSON for machines."""

from __future__ import annotations

import csv
import json
import sys
from typing import Any

from duckdb import DuckDBPyConnection


def print_result(result: DuckDBPyConnection, title: str | None = None) -> None:
    """Print all rows as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for description in result.description or []:
        table.add_column(str(description[0]))
    for row in result.fetchall():
        table.add_row(*("" if value is None else _text(value) for value in row))
    # a pipe has no width: cells are shortened only where a terminal would have to wrap them
    Console(width=None if sys.stdout.isatty() else 100_000).print(table)


def print_csv(result: DuckDBPyConnection) -> None:
    """Print all rows as CSV with a header."""
    writer = csv.writer(sys.stdout)
    writer.writerow([d[0] for d in result.description or []])
    writer.writerows(result.fetchall())


def print_json(result: DuckDBPyConnection) -> None:
    """Print all rows as one JSON list of objects."""
    names = [d[0] for d in result.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    sys.stdout.write(json.dumps(rows, ensure_ascii=False, default=str) + "\n")


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
