"""Delivered batches into temporary tables, each row with its key's text and the hash of its content.

In: a `Delivery`. Out: `landing_delivered` (the rows) and `landing_delivered_key` (row number, location,
key, hash). Invariant: the hash is over `column=value` pairs in the order of the column names, nulls left
out, so that neither a new order of columns nor a new empty column changes it. Does not belong here:
comparing with what is landed.
"""

# ruff: noqa: S608  statements are built from column names of the delivery, quoted; values never enter the text

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.landing import landed_column
from mdm_pipeline.hub.ddl import literal, quoted
from mdm_pipeline.sources.delivery import Delivery

_BATCH_VIEW = "landing_batch_view"


def load_delivery(con: DuckDBPyConnection, delivery: Delivery, key: Sequence[str]) -> int:
    """Read the whole delivery.

    Args:
        con: the hub, inside the stage's transaction.
        delivery: its batches are consumed and its problems filled.
        key: the key columns, in the configured order; all are delivered.

    Returns:
        Rows loaded.
    """
    names = [landed_column(name) for name in delivery.columns]
    declared = ", ".join(f"{quoted(name)} varchar" for name in names)
    con.execute(f"create or replace temp table landing_delivered (_row bigint, _location varchar, {declared})")
    columns = ", ".join(quoted(name) for name in ("_row", "_location", *names))
    loaded = 0
    for batch in delivery.batches:
        con.register(_BATCH_VIEW, _numbered(batch, names, loaded))
        try:
            con.execute(f"insert into landing_delivered ({columns}) select {columns} from {_BATCH_VIEW}")
        finally:
            con.unregister(_BATCH_VIEW)
        loaded += batch.num_rows
    con.execute(
        "create or replace temp table landing_delivered_key as "
        f"select _row, _location, {_key_text(key)} as source_key, {row_hash(names)} as row_hash "
        "from landing_delivered"
    )
    return loaded


def row_hash(names: Sequence[str]) -> str:
    """The SQL expression of a row's hash."""
    pairs = ", ".join(f"{literal(name.lower() + '=')} || {quoted(name)}" for name in sorted(names, key=str.lower))
    return f"hash(concat_ws(chr(31), {pairs}))"


def _key_text(key: Sequence[str]) -> str:
    """The parts joined by '|'; null where one of them is null or blank."""
    parts = [quoted(landed_column(name)) for name in key]
    blank = " or ".join(f"coalesce(trim({part}), '') = ''" for part in parts)
    return f"case when {blank} then null else {' || chr(124) || '.join(parts)} end"


def _numbered(batch: pa.RecordBatch, names: Sequence[str], first: int) -> pa.Table:
    """The batch under its landed names, with the running number of each row over all batches."""
    numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
    return pa.Table.from_arrays(
        [numbers, batch.column(batch.num_columns - 1), *batch.columns[:-1]],
        names=["_row", "_location", *names],
    )
