"""Keys that a source names as deleted, and keys that it names as present, as temporary tables; and flagged rows.

In: a `Delivery` whose rows are loaded. Out: `landing_gone_key`, `landing_present_key` (one column `source_key`, as in
the register) and `landing_flagged`. Invariant: an empty or missing list deletes nothing by itself. Does not belong
here: deciding what is deleted (compare.sql).
"""

# ruff: noqa: S608  statements are built from quoted column names of the configuration; values never enter the text

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import DeletedFlag
from mdm_pipeline.hub.contract.landing import landed_column
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.landing.loading import key_text, one_stream
from mdm_pipeline.sources.delivery import Delivery

_KEY_VIEW = "landing_key_view"


def load_keys(con: DuckDBPyConnection, delivery: Delivery, key: Sequence[str]) -> None:
    """Read both lists of keys; call it after the rows were read."""
    _load(con, "landing_gone_key", delivery.deleted_keys, key)
    _load(con, "landing_present_key", delivery.present_keys, key)


def find_flagged(con: DuckDBPyConnection, flag: DeletedFlag | None) -> None:
    """`landing_flagged`: delivered rows that say of themselves that they are deleted."""
    con.execute("create or replace temp table landing_flagged (_row bigint)")
    if flag is not None:
        con.execute(
            "insert into landing_flagged select _row from landing_delivered "
            f"where lower(trim({quoted(landed_column(flag.column))})) in (select unnest($words::varchar[]))",
            {"words": [value.strip().lower() for value in flag.values]},
        )


def _load(con: DuckDBPyConnection, table: str, batches: Iterator[pa.RecordBatch] | None, key: Sequence[str]) -> None:
    con.execute(f"create or replace temp table {table} (source_key varchar)")
    if batches is None:
        return
    schema = pa.schema([(name, pa.string()) for name in key])
    with one_stream(con, _KEY_VIEW, schema, (_key_columns(batch, schema) for batch in batches)):
        con.execute(
            f"insert into {table} select source_key from (select {key_text(key)} as source_key from {_KEY_VIEW}) "
            "where source_key is not null"
        )


def _key_columns(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch's key columns under the configured names, whatever their case and order."""
    have = {name.lower(): position for position, name in enumerate(batch.schema.names)}
    return pa.RecordBatch.from_arrays([batch.column(have[name.lower()]) for name in schema.names], schema=schema)
