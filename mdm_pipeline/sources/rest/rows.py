"""Rows of JSON answers as columns of text, kept in a temporary file until all columns are known.

In: rows as they come, page by page. Out: column names, and batches with the last version of every key. Invariant:
memory holds one batch and a digest per key, whatever the number of rows; a value is the service's own text. Does not
belong here: asking for pages.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import pyarrow as pa

from mdm_pipeline.sources.delivery import LOCATION, ReadProblem, aligned, text_batch, unique_names
from mdm_pipeline.sources.rest.answers import text_of

_ROWS_IN_MEMORY = 10_000
_REPLACEMENT = "\ufffd"

Row = dict[str, str | None]


def flat(row: Mapping[str, Any]) -> Row:
    """A row's values by name, nested ones by dots; lists as JSON text; an empty object is null."""
    found: Row = {}
    _flatten(row, "", found)
    return found


def _flatten(value: Mapping[str, Any], prefix: str, into: Row) -> None:
    for name, inner in value.items():
        full = prefix + name
        if isinstance(inner, dict) and inner:
            _flatten(inner, full + ".", into)
            continue
        while full in into:
            full += "_"  # {"a": {"b": 1}, "a.b": 2}: both are kept
        into[full] = None if inner == {} else text_of(inner)


class RowBuffer:
    """Rows of one table between reading and delivering.

    Args:
        key: columns that identify a row; of several rows with one key the last is delivered.
        columns: columns that are delivered in any case, first and in this order.
        only_columns: nothing else is delivered.
    """

    def __init__(self, key: Sequence[str], columns: Sequence[str] = (), *, only_columns: bool = False) -> None:
        self._key = tuple(key)
        self._columns: tuple[str, ...] = tuple(columns)
        self._only = only_columns
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="mdm-rest-")  # noqa: SIM115  closed by close()
        self._offsets: list[int] = []
        self._rows: list[Row] = []
        self._places: list[str] = []
        self._last: dict[bytes, int] = {}
        self._superseded: set[int] = set()
        self._seen: dict[str, bool] = {}  # column to whether it ever held a value
        self.added = 0
        self.problems: list[ReadProblem] = []

    def require(self, columns: Sequence[str]) -> None:
        """Deliver these as well, null where no row has them."""
        known = {name.lower() for name in self._columns}
        self._columns += tuple(name for name in dict.fromkeys(columns) if name.lower() not in known)

    def close(self) -> None:
        """Give the temporary file back."""
        self._file.close()

    def clear(self) -> None:
        """Forget all rows: the walk begins again."""
        self._file.seek(0)
        self._file.truncate()
        self._offsets, self._rows, self._places = [], [], []
        self._last.clear()
        self._superseded.clear()
        self._seen.clear()
        self.problems.clear()
        self.added = 0

    def add(self, row: Row, place: str) -> bytes | None:
        """Take one row; returns the digest of its key."""
        for name, value in row.items():
            if value is not None:
                self._seen[name] = True
            else:
                self._seen.setdefault(name, False)
        digest = self._digest(row)
        if digest is not None:
            if digest in self._last:
                self._superseded.add(self._last[digest])
            self._last[digest] = self.added
        self._rows.append(row)
        self._places.append(place)
        self.added += 1
        if len(self._rows) >= _ROWS_IN_MEMORY:
            self._flush()
        return digest

    @property
    def distinct_keys(self) -> int:
        """Keys so far."""
        return len(self._last)

    @property
    def delivered_columns(self) -> tuple[str, ...]:
        """The columns, unique whatever their case."""
        return unique_names(self._names())

    @property
    def never_filled(self) -> list[str]:
        """Configured columns that no row had."""
        seen = {name.lower() for name in self._seen}
        return [name for name in self._columns if name.lower() not in seen]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, the last one of every key, in the order in which they came."""
        self._flush()
        names = self._names()
        first = 0
        for offset in self._offsets:
            self._file.seek(offset)
            batch = pa.ipc.open_stream(self._file).read_next_batch()
            keep = pa.array([n not in self._superseded for n in range(first, first + batch.num_rows)], pa.bool_())
            first += batch.num_rows
            batch = batch.filter(keep)
            if batch.num_rows:
                yield self._shaped(batch, names)

    def key_batches(self) -> Iterator[pa.RecordBatch]:
        """The key columns of all rows."""
        for batch in self.batches():
            yield aligned(batch, self._key_names())

    def _key_names(self) -> list[str]:
        named = {name.lower(): name for name in self.delivered_columns}
        return [named.get(name.lower(), name) for name in self._key]

    def _shaped(self, batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
        have = {name: position for position, name in enumerate(batch.schema.names[:-1])}
        nulls = pa.nulls(batch.num_rows, pa.string())
        arrays = [batch.column(have[name]) if name in have else nulls for name in names]
        return text_batch(self.delivered_columns, arrays, batch.column(batch.num_columns - 1))

    def _names(self) -> tuple[str, ...]:
        """Columns as the rows name them. Where `Owner` is an object in some rows, its nulls are no column."""
        configured = {name.lower() for name in self._columns}
        spelled = {name.lower(): name for name in self._seen}
        # a configured column takes the service's own spelling, so that its values are found
        first = [name if name in self._seen else spelled.get(name.lower(), name) for name in self._columns]
        if self._only:
            return tuple(first)
        nested = {name[:cut] for name in self._seen for cut in range(len(name)) if name[cut] == "."}
        more = [
            name
            for name, is_filled in self._seen.items()
            if name not in first and name.lower() not in configured and (is_filled or name not in nested)
        ]
        return (*first, *more)

    def _digest(self, row: Row) -> bytes | None:
        parts = [row.get(name) for name in self._key]
        if None in parts:
            lowered = {name.lower(): value for name, value in row.items()}
            parts = [lowered.get(name.lower()) for name in self._key]
        if not parts or None in parts:
            return None
        text = "\x1f".join(part for part in parts if part is not None)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _flush(self) -> None:
        if not self._rows:
            return
        names = list(dict.fromkeys(name for row in self._rows for name in row))
        arrays = [self._array(name, [row.get(name) for row in self._rows]) for name in names]
        schema = pa.schema([(name, pa.string()) for name in (*names, LOCATION)])
        batch = pa.RecordBatch.from_arrays([*arrays, pa.array(self._places, pa.string())], schema=schema)
        self._file.seek(0, 2)
        self._offsets.append(self._file.tell())
        with pa.ipc.new_stream(self._file, schema) as stream:
            stream.write_batch(batch)
        self._rows, self._places = [], []

    def _array(self, name: str, values: list[str | None]) -> pa.Array:
        try:
            return pa.array(values, pa.string())
        except UnicodeEncodeError:
            return pa.array(
                [self._encodable(name, v, p) for v, p in zip(values, self._places, strict=True)], pa.string()
            )

    def _encodable(self, name: str, value: str | None, place: str) -> str | None:
        """Half a surrogate pair, which JSON can spell and no text can hold, becomes a replacement character."""
        if value is None:
            return None
        text = "".join(_REPLACEMENT if "\ud800" <= c <= "\udfff" else c for c in value)
        if text != value:
            reason = f"half a character became {_REPLACEMENT}; correct the source"
            self.problems.append(ReadProblem(place, name, text, reason, False))
        return text
