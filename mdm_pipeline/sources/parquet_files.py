"""Parquet files as text: decimals in full, dates and times ISO, nested values JSON.

In: a path. Out: column names and batches of text. Invariant: the text is the value, exactly; nothing is
rounded. Does not belong here: which files there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, text_batch, unique_names


@dataclass(frozen=True)
class ParquetFile:
    """One Parquet file."""

    name: str
    path: Path
    columns: tuple[str, ...]
    encoding: str | None = None

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows; locations count rows from 1. Typed and checked, so no row has problems."""
        del problems
        row = 1
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=ROWS_PER_BATCH):
                places = [f"{self.name}:{number}" for number in range(row, row + batch.num_rows)]
                yield text_batch(self.columns, [as_text(column) for column in batch.columns], places)
                row += batch.num_rows


def open_parquet(name: str, path: Path) -> ParquetFile:
    """Read the file's schema."""
    with pq.ParquetFile(path) as file:
        return ParquetFile(name, path, unique_names(file.schema_arrow.names))


def as_text(column: pa.Array) -> pa.Array:
    """Any Arrow array as text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.dictionary_decode())
    if pa.types.is_decimal(kind) and kind.scale > 6:
        # Arrow writes small ones as 1E-8
        return pa.array([None if v is None else format(v, "f") for v in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _without_zero_fraction(column.cast(pa.string()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else _bytes_text(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()]
        return pa.array(texts, pa.string())
    return column.cast(pa.string())


def _without_zero_fraction(texts: pa.Array) -> pa.Array:
    """`02:03:04.000000` is `02:03:04`; a real fraction stays whole."""
    return pc.replace_substring_regex(texts, r"\.0+($|[+-]|Z)", r"\1")


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
