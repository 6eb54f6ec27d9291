"""What people see of a source table: its last delivery, how far it is taken, and its first rows without personal data.

In: the hub, a source's configuration. Out: metadata of the asset. Invariant: a cell is shown in the open only if its
column is known to hold nothing personal, or if the configuration says so. Does not belong here: figures of other rooms.
"""

from __future__ import annotations

import re
from typing import Any

import dagster as dg
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.hub import contract
from mdm_pipeline.hub.contract.landing import RESERVED_COLUMNS, landed_column, source_table
from mdm_pipeline.hub.ddl import quoted, quoted_name, stored_columns
from mdm_pipeline.landing.columns import named_columns
from mdm_pipeline.orchestration.metadata.figures import Metadata, shown

SAMPLE_ROWS = 5
_LONGEST_CELL = 60
_COUNTS = ("read", "inserted", "updated", "deleted", "unchanged", "rejected")
# places of the configuration whose columns hold codes, amounts and times; whatever is named nowhere is masked
_IMPERSONAL = re.compile(
    r"key|updated_at|cursor|deleted_flag|renumbered_from|party\.(type|scope|roles|sole_trader|status|industry|channel|"
    r"industry_code|region_code|legal_form_code|country|legal_entity|business_unit|credit\..*|identifiers\[\d+\]\."
    r"(scheme|country)_column|addresses\[\d+\]\.(country|province|city))"
)
_EVENT_COLUMN = re.compile(r"event\.columns\.(\w+)")


def landed_metadata(con: DuckDBPyConnection, source: SourceConfig, table_name: str) -> Metadata:
    """Rows landed, the last delivery, the watermark and the first rows of one source table."""
    landed = source_table(source.name, table_name, ())
    stored = stored_columns(con, landed)
    if not stored:
        return {}
    row = con.execute(
        "select count(*), count(*) filter (where _deleted_at is not null) "  # noqa: S608  quoted identifiers only
        f"from {quoted_name(landed)}"
    ).fetchone()
    said: Metadata = {"dagster/row_count": int(row[0]), "rows_gone_at_source": int(row[1])} if row else {}
    said["dagster/column_schema"] = dg.TableSchema(columns=[dg.TableColumn(*column) for column in stored.items()])
    said |= _last_delivery(con, source.name, table_name)
    table = source.tables[table_name]
    if table.sample != "none":
        said["sample"] = shown(sample_rows(con, source.name, table_name, table)) or "no rows"
    return said


def sample_rows(con: DuckDBPyConnection, source: str, table_name: str, table: TableConfig) -> list[dict[str, str]]:
    """The first live rows; personal cells show their first character and three stars."""
    landed = source_table(source, table_name, ())
    columns = [name for name in stored_columns(con, landed) if name not in RESERVED_COLUMNS]
    in_the_open = columns if table.sample == "open" else _impersonal(table)
    picked = ", ".join(quoted(column) for column in columns)
    rows = con.execute(
        f"select {picked} from {quoted_name(landed)} where _deleted_at is null "  # noqa: S608  quoted identifiers only
        f"order by record_id limit {SAMPLE_ROWS}"
    ).fetchall()
    open_names = {landed_column(name).lower() for name in in_the_open}
    return [
        {name: _cell(value, is_open=name.lower() in open_names) for name, value in zip(columns, row, strict=True)}
        for row in rows
    ]


def _last_delivery(con: DuckDBPyConnection, source: str, table_name: str) -> Metadata:
    parameters = {"source": source, "table": table_name}
    batch = con.execute(
        "select rows_read, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_rejected, mode "
        "from landing.batch where source = $source and source_table = $table and status = 'taken' "
        "order by batch_id desc limit 1",
        parameters,
    ).fetchone()
    progress = con.execute(
        "select watermark, taken_at, full_read_at from landing.progress "
        "where source = $source and source_table = $table",
        parameters,
    ).fetchone()
    said: Metadata = {}
    if batch:
        said |= {f"last_delivery_{name}": int(value) for name, value in zip(_COUNTS, batch[:6], strict=True)}
        said |= {"last_delivery_mode": batch[6]} if batch[6] else {}
    for name, value in zip(("watermark", "taken_at", "full_read_at"), progress or (), strict=False):
        said |= {name: str(value)} if value is not None else {}
    return said


def _impersonal(table: TableConfig) -> set[str]:
    places: dict[str, list[str]] = {}
    for column, place in named_columns(table):
        places.setdefault(column, []).append(place)
    return {column for column, named in places.items() if all(_is_impersonal(table, place) for place in named)}


def _is_impersonal(table: TableConfig, place: str) -> bool:
    event = _EVENT_COLUMN.fullmatch(place)
    if event and table.event:
        return not _is_personal(table.event.entity, event[1])
    return bool(_IMPERSONAL.fullmatch(place))


def _is_personal(entity: str, column: str) -> bool:
    try:
        return contract.table(f"staging.{entity}").column(column).pii is not None
    except KeyError:
        return True


def _cell(value: Any, *, is_open: bool) -> str:
    if value is None:
        return ""
    text = str(value).replace("|", r"\|").replace("\n", " ")
    return text[:_LONGEST_CELL] if is_open or not text else f"{text[0]}***"
