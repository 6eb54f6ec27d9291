"""Runs `.sql` files: statements in order, bound parameters, nothing interpolated.

In: a file beside the module that runs it, named parameters. Out: the last statement's result.
Invariant: SQL text is never assembled from values. Does not belong here: what the SQL means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection


@cache
def sql_text(path: Path) -> str:
    """Text of a `.sql` file, read once per process."""
    return path.read_text(encoding="utf-8")


def run_sql(con: DuckDBPyConnection, path: Path, parameters: Mapping[str, Any] | None = None) -> DuckDBPyConnection:
    """Run every statement of a file, each with those of the parameters that it names.

    Args:
        con: where to run; transactions are the caller's.
        path: the `.sql` file.
        parameters: values by name (`$name` in the SQL).

    Returns:
        The connection after the last statement, ready for `fetchall()` or `pl()`.

    Raises:
        KeyError: a statement names a parameter that was not given.
    """
    given = parameters or {}
    result = con
    for statement in con.extract_statements(sql_text(path)):
        result = con.execute(statement, {name: given[name] for name in statement.named_parameters})
    return result
