"""Metadata per asset: row counts, timings, what changed, and per room the figures that people look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.ddl import quoted_name
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.orchestration.stage_run import Outcome

_HERE = Path(__file__).parent
# per room: table that shows it, name of the metadata entry, SQL file that computes it
_ROOM_FIGURES = {
    "staging": (("party", "fill_rates", "fill_rates.sql"),),
    "quality": (("issue", "open_issues", "open_issues.sql"),),
    "matching": (
        ("pair", "match_weights", "match_weights.sql"),
        ("cluster", "cluster_sizes", "cluster_sizes.sql"),
    ),
    "master": (("id_event", "id_events", "id_events.sql"), ("customer", "fill_rates", "golden_fill_rates.sql")),
}
Metadata = dict[str, Any]


def outcome_metadata(outcome: Outcome) -> Metadata:
    """How the stage ended, and what it said for people."""
    said: Metadata = {"seconds": round(outcome.seconds, 3), "outcome": outcome.word}
    for name, value in outcome.report.metadata.items():
        said[name] = shown(value)
    return said


def table_metadata(con: DuckDBPyConnection, table: Table, outcome: Outcome) -> Metadata:
    """Rows in the table, and what the stage changed in it."""
    if table.schema == "publish":
        return {}
    row = con.execute(f"select count(*) from {quoted_name(table)}").fetchone()  # noqa: S608
    counts = outcome.report.tables.get(table.full_name)
    changed = {}
    if counts:
        changed = {"inserted": counts.inserted, "updated": counts.updated, "deleted": counts.deleted}
    return {"dagster/row_count": int(row[0]) if row else 0, **changed}


def room_metadata(con: DuckDBPyConnection, stage: str) -> dict[str, Metadata]:
    """Figures of one room by table name."""
    found: dict[str, Metadata] = {}
    for table, name, file in _ROOM_FIGURES.get(stage, ()):
        result = run_sql(con, _HERE / file)
        columns = [d[0] for d in result.description]
        records = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        found.setdefault(table, {})[name] = shown(records)
    return found


def shown(value: Any) -> Any:
    """A value as Dagster shows it: lists of rows as a table, mappings as JSON."""
    if isinstance(value, Mapping):
        return dg.MetadataValue.json(dict(value))
    if isinstance(value, Sequence) and not isinstance(value, str) and value and isinstance(value[0], Mapping):
        return dg.MetadataValue.md(_markdown(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(map(str, value))
    return value


def _markdown(records: Sequence[Mapping[str, Any]]) -> str:
    names = list(records[0])
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(str(record[n]) for n in names) + " |" for record in records]
    return "\n".join(lines)
