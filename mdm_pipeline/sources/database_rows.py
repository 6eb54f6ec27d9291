"""Rows of an SQLAlchemy connection as Arrow batches of text, a bounded number of values at a time.

In: an open connection and a statement. Out: record batches. Invariant: memory holds one batch of Python values,
however many rows and columns the table has; the schema is declared, never inferred. Does not belong here: statements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, text_batch
from mdm_pipeline.sources.encodings import REPLACEMENT

VALUES_PER_BATCH = 300_000
Recode = Callable[[str], str]


def rows_per_batch(columns: int) -> int:
    """Rows in one batch: fewer where rows are wide, so that memory does not grow with the columns."""
    return max(500, min(ROWS_PER_BATCH, VALUES_PER_BATCH // max(columns, 1)))


def text_arrays(
    connection: sa.Connection, statement: str, columns: int, recode: Recode | None = None
) -> Iterator[list[pa.Array]]:
    """The statement's rows, column by column, through a cursor that the server keeps.

    Args:
        connection: with the transaction in which it shall run.
        statement: as the driver takes it, without parameters.
        columns: how many columns it gives.
        recode: applied to every text, where the driver cannot decode by itself.
    """
    size = rows_per_batch(columns)
    options = {"stream_results": True, "yield_per": size, "no_parameters": True}
    result = connection.exec_driver_sql(statement, execution_options=options)
    for rows in result.partitions(size):
        yield [_text_array(values, recode) for values in zip(*rows, strict=True)]


def located_batches(
    arrays: Iterator[list[pa.Array]], table_name: str, columns: Sequence[str], problems: list[ReadProblem]
) -> Iterator[pa.RecordBatch]:
    """The arrays as batches with locations; values in which the driver replaced bytes are written down."""
    first = 1
    for read in arrays:
        rows = len(read[0])
        places = [f"{table_name} row {number}" for number in range(first, first + rows)]
        for column, values in zip(columns, read, strict=True):
            problems.extend(_unreadable(column, values, places))
        yield text_batch(columns, read, places)
        first += rows


def key_batches(arrays: Iterator[list[pa.Array]], key: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The arrays of a key query as batches under the key's names."""
    schema = pa.schema([(name, pa.string()) for name in key])
    for read in arrays:
        yield pa.RecordBatch.from_arrays(read, schema=schema)


def text_of(value: Any) -> str | None:
    """The exact text of a value as a driver hands it over."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _bytes_text(bytes(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return repr(value) if isinstance(value, float) else str(value)


def utf8_of_latin1(text: str) -> str:
    """Bytes that came through as Latin-1 read as the UTF-8 that they should be, errors replaced."""
    return text.encode("latin-1").decode("utf-8", errors="replace")


def _text_array(values: tuple[Any, ...], recode: Recode | None) -> pa.Array:
    if recode is None:
        try:
            return pa.array(values, pa.string())
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            pass  # not all of them are text: a database whose casts we do not know
    texts = map(text_of, values)
    return pa.array([None if t is None else recode(t) if recode else t for t in texts], pa.string())


def _unreadable(column: str, values: pa.Array, places: Sequence[str]) -> Iterator[ReadProblem]:
    found = pc.match_substring(values, REPLACEMENT)
    if not pc.any(found).as_py():
        return
    for position, is_replaced in enumerate(found.to_pylist()):
        if is_replaced:
            reason = f"bytes that are no text became {REPLACEMENT}; correct the source"
            yield ReadProblem(places[position], column, values[position].as_py(), reason, False)


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
