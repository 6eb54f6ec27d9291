"""Landed rows of one source table, and access to their columns by the names of the mapping.

In: the landing table, the register and the work list. Out: one Polars frame of live rows, all text.
Invariant: rows come in the order of their record id; deleted rows do not come.
Does not belong here: what the columns mean.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.contract.landing import landed_column, landed_name
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.staging.codes import Codes


class MappedColumnMissing(PermanentError):
    """A mapping names a column that the source does not deliver."""

    def __init__(self, entity: str, column: str, delivered: Iterable[str]) -> None:
        self.entity = entity
        self.column = column
        names = sorted(delivered)
        near = difflib.get_close_matches(column, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        super().__init__(
            f"{entity}: the mapping names column {column!r}, which was never delivered{hint}; "
            f"delivered are {', '.join(names)}; its last staged rows stay until the mapping in "
            f"sources/{entity.split('.')[0]}.yaml is corrected"
        )


@dataclass(frozen=True)
class LandedRows:
    """Live landed rows of one table.

    Args:
        source: the source's configuration.
        name: name of the table in the configuration.
        table: the table's configuration.
        frame: record_id, record_ref, source_key and one column `s.<name>` per mapped source column.
        codes: the company's code lists.
    """

    source: SourceConfig
    name: str
    table: TableConfig
    frame: pl.DataFrame
    codes: Codes = field(default=Codes())

    @property
    def entity(self) -> str:
        """`source.table`, as work lists and record references call it."""
        return f"{self.source.name}.{self.name}"

    @property
    def ids(self) -> pl.Series:
        """Record ids, one per row."""
        return self.frame["record_id"]

    def column(self, name: str | None) -> pl.Series:
        """Text of a source column; all null where the mapping names none."""
        if name is None:
            return self.same(None)
        return self.frame[f"s.{name}"]

    def same(self, value: str | None) -> pl.Series:
        """One text for every row."""
        return pl.repeat(value, self.frame.height, dtype=pl.String, eager=True)

    def reference(self, table: str, key: pl.Series) -> pl.Series:
        """References `source.table:key`; null where the key is blank."""
        text = key.str.strip_chars().to_frame("key")
        return text.select(pl.when(pl.col("key") != "").then(pl.concat_str(pl.lit(f"{table}:"), "key")))["literal"]

    def slices(self, rows: int) -> Iterator[LandedRows]:
        """The same rows in portions, so that memory stays bounded."""
        for frame in self.frame.iter_slices(rows):
            yield replace(self, frame=frame)


def read_landed(
    con: DuckDBPyConnection, source: SourceConfig, name: str, table: TableConfig, codes: Codes
) -> LandedRows | None:
    """Read the live rows of one table whose keys are in `work_landing`.

    Returns:
        The rows; None where the table was not landed yet (its source was held back from the start).

    Raises:
        MappedColumnMissing: the mapping names a column that the landing table lacks.
    """
    stored = landed_name(source.name, name)
    delivered = _delivered(con, stored)
    if not delivered:
        return None
    entity = f"{source.name}.{name}"
    columns = mapped_columns(table)
    for column in columns:
        if landed_column(column).lower() not in delivered:
            raise MappedColumnMissing(entity, column, delivered.values())
    stored_as = {column: quoted(delivered[landed_column(column).lower()]) for column in columns}
    picked = "".join(f", l.{stored_as[column]} as {quoted(f's.{column}')}" for column in columns)
    frame = con.execute(
        f"select r.record_id, r.record_ref, r.source_key{picked} "  # noqa: S608  quoted identifiers only
        f"from landing.{quoted(stored)} as l join landing.record as r on r.record_id = l.record_id "
        "where l._deleted_at is null "
        "and l.record_id in (select key from work_landing where entity = $entity) "
        "order by r.record_id",
        {"entity": entity},
    ).pl()
    return LandedRows(source, name, table, frame, codes)


def mapped_columns(table: TableConfig) -> tuple[str, ...]:
    """The source columns that a table's mapping reads, each once, in the mapping's order."""
    found = [table.updated_at] if table.updated_at else []
    for mapping, where in ((table.event, "event"), (table.party, "party")):
        if mapping is not None:
            found += [column for column, _ in mapping.source_columns(where)]
    return tuple(dict.fromkeys(found))


def _delivered(con: DuckDBPyConnection, stored: str) -> dict[str, str]:
    """Columns of a landing table that came from the source, by their lower-case name."""
    rows = con.execute(
        "select column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'landing' and table_name = $name",
        {"name": stored},
    ).fetchall()
    return {str(name).lower(): str(name) for (name,) in rows}
