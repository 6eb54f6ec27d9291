"""Landed tables that no configuration names any more: they stay staged by the configuration they last had.

In: the configured sources, `staging.source_in_force`. Out: what to stage besides the configured, and names of tables
whose keys are out of scope. Invariant: a file that is moved out of `sources/` deletes no customer; only when a source's
rows are dropped in landing do they go; a rebuild gives the same. Does not belong here: reporting it (orchestration
does).
"""

# ruff: noqa: S608  statements are built from quoted identifiers out of the register; values never enter the text

from __future__ import annotations

from collections.abc import Iterable

from duckdb import DuckDBPyConnection
from pydantic import ValidationError

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.contract.landing import source_table
from mdm_pipeline.hub.ddl import quoted_name, stored_columns


def note_configured(con: DuckDBPyConnection, sources: Iterable[SourceConfig]) -> None:
    """Remember by which configuration each table is staged; secrets are masked."""
    known = dict(_stored(con))
    for source in sources:
        for name in source.tables:
            settings = _settings(source, name)
            if known.get((source.name, name)) == settings:
                continue
            place = {"source": source.name, "table": name}
            con.execute("delete from staging.source_in_force where source = $source and source_table = $table", place)
            con.execute(
                "insert into staging.source_in_force values ($source, $table, $settings)",
                {**place, "settings": settings},
            )


def no_longer_configured(con: DuckDBPyConnection, sources: Iterable[SourceConfig]) -> list[SourceConfig]:
    """One source per table that was staged before and is not configured now, as it was configured last."""
    configured = {(source.name, name) for source in sources for name in source.tables}
    found = []
    for place, settings in _stored(con):
        if place not in configured:
            try:
                found.append(SourceConfig.model_validate_json(settings))
            except ValidationError:  # a newer release knows another form: its keys go out of scope instead
                continue
    return found


def out_of_scope(con: DuckDBPyConnection, staged: Iterable[SourceConfig]) -> list[str]:
    """`source.table` of every table with work and live rows that nothing says how to stage.

    Args:
        con: the hub.
        staged: the sources that are staged, those no longer configured among them.
    """
    known = {(source.name, name) for source in staged for name in source.tables}
    registered = con.execute(
        "select distinct record.source, record.source_table from landing.record as record "
        "where record.source || '.' || record.source_table in (select entity from work_landing) order by all"
    ).fetchall()
    found = []
    for source, table in registered:
        landed = source_table(source, table, ())
        if (source, table) in known or not stored_columns(con, landed):
            continue
        if con.execute(f"select 1 from {quoted_name(landed)} where _deleted_at is null limit 1").fetchone():
            found.append(f"{source}.{table}")
    return found


def _stored(con: DuckDBPyConnection) -> list[tuple[tuple[str, str], str]]:
    rows = con.execute("select source, source_table, settings from staging.source_in_force order by all").fetchall()
    return [((source, table), settings) for source, table, settings in rows]


def _settings(source: SourceConfig, table: str) -> str:
    alone = source.model_copy(update={"tables": {table: source.tables[table]}})
    return alone.model_dump_json(exclude_defaults=True)
