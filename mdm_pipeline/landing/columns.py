"""Which source columns a table's mapping needs, and whether a delivery has them.

In: a table's configuration and the delivered column names. Out: the needed columns, or `SourceHeldBack`.
Invariant: a column that the configuration names is never silently null. Does not belong here: values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.delivery import did_you_mean


def mapped_columns(table: TableConfig) -> dict[str, str]:
    """Every source column that the configuration names, with the place that names it (the first one)."""
    found: dict[str, str] = {}
    for column, where in named_columns(table):
        found.setdefault(column, where)
    return found


def missing_columns(table: TableConfig, delivered: Sequence[str]) -> dict[str, str]:
    """Columns that the configuration names and a delivery lacks, with the place that names them."""
    have = {column.lower() for column in delivered}
    return {column: where for column, where in mapped_columns(table).items() if column.lower() not in have}


def require_columns(source: SourceConfig, table_name: str, delivered: Sequence[str]) -> None:
    """Check a delivery's columns against the configuration.

    Raises:
        SourceHeldBack: a key column or a mapped column is missing.
    """
    missing = missing_columns(source.tables[table_name], delivered)
    if not missing:
        return
    listed = ", ".join(f"{c!r} ({where}){did_you_mean(c, delivered)}" for c, where in list(missing.items())[:5])
    raise SourceHeldBack(
        source.name,
        f"{table_name}: the delivery lacks column {listed}; expected every column that the configuration "
        "names; deliver it again or correct the mapping",
    )


def named_columns(table: TableConfig) -> Iterator[tuple[str, str]]:
    """Every naming of a source column in the configuration, with its place: `party.names[0].full`."""
    yield from ((column, "key") for column in table.key)
    if table.updated_at:
        yield table.updated_at, "updated_at"
    if table.cursor:
        yield table.cursor.column, "cursor"
    if table.deleted_flag:
        yield table.deleted_flag.column, "deleted_flag"
    yield from ((column, "renumbered_from") for column in table.renumbered_from)
    if table.party:
        yield from table.party.source_columns("party")
    if table.event:
        yield from table.event.source_columns("event")
