"""Delivered batches into temporary tables, each row with its key's text and the hash of its content.

In: a `Delivery`. Out: `landing_delivered` (the rows) and `landing_delivered_key` (row number, location,
key, hash). Invariant: the hash is over `column=value` pairs in the order of the column names, nulls left
out, so that neither a new order of columns nor a new empty column changes it. Does not belong here:
comparing with what is landed.
"""

# ruff: noqa: S608  statements are built from column names of the delivery, quoted; values never enter the text

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.landing import landed_column
from mdm_pipeline.hub.ddl import literal, quoted
from mdm_pipeline.sources.delivery import Delivery, ScanImpossible

_STREAM_VIEW = "landing_stream_view"


def load_delivery(
    con: DuckDBPyConnection, delivery: Delivery, key: Sequence[str], ignored: Collection[str] = ()
) -> int:
    """Read the whole delivery.

    Args:
        con: the hub, inside the stage's transaction.
        delivery: its batches are consumed and its problems filled.
        key: the key columns, in the configured order; all are delivered.
        ignored: delivered columns that are not landed.

    Returns:
        Rows loaded.
    """
    loaded = _scanned(con, delivery)
    if loaded is None:
        loaded = _streamed(con, delivery)
    hash_rows(con, delivery.columns, key, ignored)
    return loaded


def _scanned(con: DuckDBPyConnection, delivery: Delivery) -> int | None:
    """Let DuckDB fetch the rows itself; None where it cannot, so that the batches have to be read."""
    if delivery.scan is None:
        return None
    try:
        with delivery.scan.opened(con) as select:
            numbered = [f"column_{number}" for number, _ in enumerate(delivery.columns)]
            names = ", ".join((*numbered, "_row", "_location"))
            landed = map(landed_column, delivery.columns)
            return _filled(con, list(zip(numbered, landed, strict=True)), f"from ({select}) as scanned ({names})")
    except ScanImpossible as impossible:
        delivery.notes.append(f"{impossible}; the rows were read through the Python driver instead")
        return None


@contextmanager
def one_stream(
    con: DuckDBPyConnection, view: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> Iterator[None]:
    """Batches as a view that can be selected from once.

    One by one they would have to be registered one by one, and DuckDB keeps all that was registered in a transaction
    until its end: the whole delivery would stay in memory.

    Args:
        con: the hub.
        view: the view's name, valid inside the context.
        schema: of every batch.
        batches: read while the view is; what they raise comes through as it is.
    """
    failures: list[BaseException] = []
    con.register(view, pa.RecordBatchReader.from_batches(schema, _watched(batches, failures)))
    try:
        yield
    except duckdb.Error:
        if failures:  # DuckDB passes on no more than the text of what the source's reader raised
            raise failures[0] from None
        raise
    finally:
        con.unregister(view)


def _watched(batches: Iterator[pa.RecordBatch], failures: list[BaseException]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except GeneratorExit:
        raise
    except BaseException as error:
        failures.append(error)
        raise


def _streamed(con: DuckDBPyConnection, delivery: Delivery) -> int:
    landed = [landed_column(name) for name in delivery.columns]  # a source may have a column `_row` itself
    schema = pa.schema([(name, pa.string()) for name in landed] + [("_row", pa.int64()), ("_location", pa.string())])
    with one_stream(con, _STREAM_VIEW, schema, _numbered(delivery, schema)):
        return _filled(con, [(name, name) for name in landed], f"select * from {_STREAM_VIEW}")


def _filled(con: DuckDBPyConnection, columns: Sequence[tuple[str, str]], select: str) -> int:
    names = ", ".join(f"{quoted(name)} as {quoted(landed)}" for name, landed in columns)
    row = con.execute(
        f"create or replace temp table landing_delivered as select _row, _location, {names} from ({select})"
    ).fetchone()
    return int(row[0]) if row else 0


def _numbered(delivery: Delivery, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches with the running number of each row."""
    first = 0
    for batch in delivery.batches:
        numbers = pa.array(np.arange(first, first + batch.num_rows))
        columns = [*batch.columns[:-1], numbers, batch.column(batch.num_columns - 1)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        first += batch.num_rows


def hash_rows(
    con: DuckDBPyConnection, columns: Sequence[str], key: Sequence[str], ignored: Collection[str] = ()
) -> None:
    """Make `landing_delivered_key` from `landing_delivered`.

    Args:
        con: the hub.
        columns: the delivered columns.
        key: the key columns.
        ignored: delivered columns that are not landed and so are no part of the hash.
    """
    left_out = {name.lower() for name in ignored}
    names = [landed_column(name) for name in columns if name.lower() not in left_out]
    source_key = key_text([landed_column(name) for name in key])
    con.execute(
        "create or replace temp table landing_delivered_key as "
        f"select _row, _location, {source_key} as source_key, {row_hash(names)} as row_hash from landing_delivered"
    )


def row_hash(names: Sequence[str]) -> str:
    """The SQL expression of a row's hash."""
    pairs = ", ".join(f"{literal(name.lower() + '=')} || {quoted(name)}" for name in sorted(names, key=str.lower))
    return f"hash(concat_ws(chr(31), {pairs}))"


def key_text(names: Sequence[str]) -> str:
    """The SQL expression of a row's key: its parts joined by '|'; null where one of them is null or blank.

    In the parts of a composite key `|` and the backslash are escaped, so that `a|b`, `c` is not `a`, `b|c`.
    """
    parts = [quoted(name) for name in names]
    blank = " or ".join(f"coalesce(trim({part}), '') = ''" for part in parts)
    if len(parts) > 1:
        parts = [rf"replace(replace({part}, '\', '\\'), '|', '\|')" for part in parts]
    return f"case when {blank} then null else {' || chr(124) || '.join(parts)} end"
