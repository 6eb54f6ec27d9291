"""Takes earlier contents of landed rows out of the hub where a table keeps them for a time of its own.

In: `keep_versions` of the configured tables. Out: fewer rows in `landing.version`. Invariant: no later run and no
derived table reads what goes. Does not belong here: the company's general retention (operations).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.sql import run_sql

_HERE = Path(__file__).parent


def prune_versions(con: DuckDBPyConnection, sources: Iterable[SourceConfig], as_of: datetime) -> dict[str, int]:
    """Take out versions that are older than their table keeps them.

    Args:
        con: the hub, inside a transaction.
        sources: the configured sources; tables without `keep_versions` are left alone.
        as_of: the time from which ages are counted, aware.

    Returns:
        Rows taken out by source.table, only tables that lost some.
    """
    taken = {}
    for source in sources:
        for name, table in source.tables.items():
            if table.keep_versions is None:
                continue
            before = (as_of - table.keep_versions).astimezone(UTC).replace(tzinfo=None)
            row = run_sql(
                con,
                _HERE / "prune_versions.sql",
                {"source": source.name, "source_table": name, "before": before},
            ).fetchone()
            if row and row[0]:
                taken[f"{source.name}.{name}"] = int(row[0])
    return taken
