"""Parquet files as text: decimals in full, dates and times ISO, nested values JSON.

In: a path. Out: column names and batches of text. Invariant: the text is the value, exactly; nothing is
rounded. Does not belong here: which files there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, text_batch, unique_names
from mdm_pipeline.sources.encodings import REPLACEMENT
from mdm_pipeline.sources.nested_text import bytes_text, json_text


@dataclass(frozen=True)
class ParquetFile:
    """One Parquet file."""

    name: str
    content: Path | bytes
    columns: tuple[str, ...]
    has_int96: bool = False
    encoding: str | None = None

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows; locations count rows from 1. Text that is no UTF-8 is a problem (writers need not check it)."""
        row = 1
        for columns in self._typed():
            rows = len(columns[0]) if columns else 0
            places = [f"{self.name}:{number}" for number in range(row, row + rows)]
            readable = [
                _readable(column, name, places, problems) for name, column in zip(self.columns, columns, strict=True)
            ]
            yield text_batch(self.columns, [as_text(column) for column in readable], places)
            row += rows

    def _typed(self) -> Iterator[list[pa.Array]]:
        with _opened(self.content, "ns" if self.has_int96 else None) as file:
            exact = file.iter_batches(batch_size=ROWS_PER_BATCH)
            if not self.has_int96:
                yield from (batch.columns for batch in exact)
                return
            with _opened(self.content, "us") as wide_file:
                for batch, wide in zip(exact, wide_file.iter_batches(batch_size=ROWS_PER_BATCH), strict=True):
                    yield [_in_range(*pair) for pair in zip(batch.columns, wide.columns, strict=True)]


def open_parquet(name: str, content: Path | bytes) -> ParquetFile:
    """Read the file's schema."""
    with _opened(content, None) as file:
        types = [file.schema.column(position).physical_type for position in range(len(file.schema.names))]
        return ParquetFile(name, content, unique_names(file.schema_arrow.names), "INT96" in types)


def _opened(content: Path | bytes, int96_unit: str | None) -> pq.ParquetFile:
    # buffered: a row group is fetched page by page instead of as a whole
    return pq.ParquetFile(
        content if isinstance(content, Path) else pa.BufferReader(content),
        coerce_int96_timestamp_unit=int96_unit,
        buffer_size=1 << 20,
        pre_buffer=False,
        page_checksum_verification=True,
    )


def _readable(column: pa.Array, name: str, places: list[str], problems: list[ReadProblem]) -> pa.Array:
    """The column; in text that is no UTF-8 the bad bytes are replaced, and that is written down."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        for place, value in zip(places, column.cast(pa.large_binary()).to_pylist(), strict=True):
            text = None if value is None else value.decode("utf-8", errors="replace")
            if text is not None and text.encode() != value:
                said = f"bytes that are no UTF-8 became {REPLACEMENT}; correct the program that wrote the file"
                problems.append(ReadProblem(place, name, value.hex(" ")[:200], said, is_row_lost=False))
            texts.append(text)
        return pa.array(texts, pa.string())
    return column


def _in_range(exact: pa.Array, wide: pa.Array) -> pa.Array:
    """Old time stamps (INT96) with their nanoseconds, except years that nanoseconds cannot hold: those wrap around."""
    if exact.type == wide.type or not pa.types.is_timestamp(exact.type):
        return exact
    is_same = pc.equal(pc.floor_temporal(exact, unit="microsecond").cast(wide.type), wide)
    return pc.if_else(is_same, as_text(exact), as_text(wide))


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
        return pa.array([None if v is None else bytes_text(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        return pa.array([None if v is None else json_text(v) for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _without_zero_fraction(texts: pa.Array) -> pa.Array:
    """`02:03:04.000000` is `02:03:04`; a real fraction stays whole."""
    return pc.replace_substring_regex(texts, r"\.0+($|[+-]|Z)", r"\1")
