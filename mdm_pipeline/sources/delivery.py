"""What a connector hands over: column names, batches of text, and what could not be read.

In: nothing. Out: `Delivery` and its parts, and the few functions that build batches and names.
Invariant: every batch has the delivery's columns in its order, all text, and `_location` last.
Does not belong here: any particular kind of source.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError

LOCATION = "_location"
ROWS_PER_BATCH = 50_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class VariableMissing(PermanentError):
    """The configuration names an environment variable that is not set."""

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        super().__init__(
            f"{where}: environment variable {name} is not set; expected its value for ${{{name}}}; "
            f"export {name}=... and run again"
        )


@dataclass(frozen=True)
class FileTaken:
    """One file of a delivery.

    Args:
        name: below the folder.
        sha256: hash of its content.
        bytes: its size.
        encoding: None where it is no text.
        modified_ns: time of its last change.
    """

    name: str
    sha256: str
    bytes: int
    encoding: str | None
    modified_ns: int | None = None


@dataclass(frozen=True)
class ReadProblem:
    """Something that could not be read as it should.

    Args:
        location: file and line, or table and row.
        column: the column, where one can be named.
        value: what stands there.
        reason: what is wrong, what was expected, what to do.
        is_row_lost: the row is not among the batches; otherwise it is, as far as it could be read.
    """

    location: str
    column: str | None
    value: str | None
    reason: str
    is_row_lost: bool


@dataclass(frozen=True)
class Place:
    """Where a company's sources are read from.

    Args:
        data_path: the folder that relative paths are below.
        inbox: a file in `inbox/<source>/` takes the place of one of the same name in the source's folder.
        until: the run's time, aware UTC: upper bound of what an incremental read may take.
    """

    data_path: Path
    inbox: Path | None
    until: datetime


@dataclass(frozen=True)
class Since:
    """What is landed of one table already, so that only the rest has to be delivered.

    Args:
        watermark: highest cursor value landed, in the source's own text; None where nothing is, or all is wanted.
        files: name and content hash of every file taken, for tables that are delivered as changes.
        is_full: everything is wanted whatever was landed before.
        stamps: of the same files, size and time of last change when they were taken: one that still has both need not
            be hashed again.
    """

    watermark: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    is_full: bool = False
    stamps: Mapping[str, tuple[int, int]] = field(default_factory=dict)


NOTHING_LANDED = Since()


class ScanImpossible(Exception):  # noqa: N818  no error: the batches have the same rows
    """DuckDB cannot fetch the rows by itself; the reason holds no secret."""


class HubScan(Protocol):
    """Rows that DuckDB fetches from the source by itself, without passing through Python."""

    def opened(self, con: DuckDBPyConnection) -> AbstractContextManager[str]:
        """A select over the delivery's columns in their order, under any names, then `_row` and `_location`.

        Valid inside the context, to be run once.

        Raises:
            ScanImpossible: before anything is read.
        """
        ...


@dataclass(frozen=True)
class Delivery:
    """One source table as delivered.

    Args:
        columns: the source's column names, unique whatever their case.
        batches: record batches of text, read while iterating; `_location` is the last column.
        content_hash: of raw content and format for files; None where rows have to be read to know.
        files: the files taken, in the order in which their rows come.
        problems: filled while iterating.
        scan: set where DuckDB can fetch the rows itself; `batches` delivers the same rows.
        is_complete: every row of the table is here, so one that is not here is deleted.
        deleted_keys: batches of text, the key columns of rows that the source says are deleted; read after `batches`.
        present_keys: batches of text, the key columns of every row that the source has now, where only changes are
            delivered; read after `batches`.
        watermark: stored when the rows are committed and handed back as `Since.watermark`; None: the highest value of
            the table's cursor column among the rows.
        replaced_files: names of files taken before that are delivered again with other content: their earlier rows
            give way to what is delivered now.
        notes: what people should know about how it was read; filled while reading, never a reason to hold it back.
    """

    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    content_hash: str | None = None
    files: tuple[FileTaken, ...] = ()
    problems: list[ReadProblem] = field(default_factory=list)
    scan: HubScan | None = None
    is_complete: bool = True
    deleted_keys: Iterator[pa.RecordBatch] | None = None
    present_keys: Iterator[pa.RecordBatch] | None = None
    watermark: str | None = None
    replaced_files: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


class SourceReader(Protocol):
    """One source opened for one run; its tables are read in one consistent snapshot where the source can."""

    def peek(self, table_name: str, since: Since = NOTHING_LANDED) -> str | None:
        """Hash of the raw content of what is there now; None where only reading tells.

        Args:
            table_name: the table.
            since: what is landed of it, so that files known by their stamps need not be read.
        """
        ...

    def read(self, table_name: str, since: Since) -> Delivery:
        """Open one table; its rows are read while the delivery is iterated, inside the reader's context."""
        ...


def text_batch(columns: Sequence[str], arrays: Sequence[pa.Array], locations: Iterable[str]) -> pa.RecordBatch:
    """A batch of text columns with the rows' locations."""
    place = pa.array(locations, pa.string())
    schema = pa.schema([(name, pa.string()) for name in (*columns, LOCATION)])
    return pa.RecordBatch.from_arrays([*arrays, place], schema=schema)


def aligned(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """The batch with exactly these columns (and its location), those it lacks being null."""
    have = {name.lower(): position for position, name in enumerate(batch.schema.names[:-1])}
    arrays = [
        batch.column(have[name.lower()]) if name.lower() in have else pa.nulls(batch.num_rows, pa.string())
        for name in columns
    ]
    return text_batch(columns, arrays, batch.column(batch.num_columns - 1))


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Column names from a header: trimmed, blanks numbered, repeats in any case with `_1`, `_2` ..."""
    taken: set[str] = set()
    names = []
    for position, cell in enumerate(header, start=1):
        base = cell.replace("\0", "").strip() or f"column_{position}"
        name, number = base, 0
        while name.lower() in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def expanded(text: str, environment: Mapping[str, str] | None = None, *, where: str) -> str:
    """The text with every `${NAME}` or `${NAME:-default}` replaced from the environment.

    Args:
        text: as configured.
        environment: by default the process's own.
        where: what the text belongs to, for the error.

    Raises:
        VariableMissing: a variable is not set.
    """
    known = os.environ if environment is None else environment

    def value_of(found: re.Match[str]) -> str:
        if found[1] not in known and found[2] is not None:
            return found[2]
        if found[1] not in known:
            raise VariableMissing(found[1], where)
        return known[found[1]]

    return _VARIABLE.sub(value_of, text)


def did_you_mean(wanted: str, available: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or what there is, or nothing."""
    names = list(available)
    lowered = {name.lower(): name for name in names}
    near = difflib.get_close_matches(wanted.lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f" (did you mean {lowered[near[0]]!r}?)"
    return f" (there are: {', '.join(sorted(names)[:12])})" if names else ""
