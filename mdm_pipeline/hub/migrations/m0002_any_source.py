"""Deliveries by cursor and by file, the canonical model, profiles, registry, self-proof: tables and columns anew."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import TABLES, Kind
from mdm_pipeline.hub.ddl import comment_statements, create_table, quoted, quoted_name, stored_columns


def schema(con: DuckDBPyConnection) -> None:
    """Make what is missing, make derived tables anew that are not as the contract says, add columns to the others."""
    for table in TABLES:
        have = stored_columns(con, table)
        if have and table.kind is Kind.DERIVED and tuple(have) != table.column_names:
            con.execute(f"drop table {quoted_name(table)}")
            have = {}
        if not have:
            create_table(con, table)
            continue
        for column in table.columns:
            if column.name not in have:
                con.execute(f"alter table {quoted_name(table)} add column {quoted(column.name)} {column.type}")
        for statement in comment_statements(table):
            con.execute(statement)


def rows(con: DuckDBPyConnection) -> None:
    """Nothing to bring along: the next run reads every source and stages, matches and publishes everything."""
