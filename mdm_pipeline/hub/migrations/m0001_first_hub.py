"""The first hub: every schema and table of the contract."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.ddl import create_schema


def schema(con: DuckDBPyConnection) -> None:
    """Create all tables."""
    create_schema(con)


def rows(con: DuckDBPyConnection) -> None:
    """An empty hub has no rows to bring along."""
