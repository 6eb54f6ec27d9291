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
from dataclasses import dataclass, field

import pyarrow as pa

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
    """One file of a delivery: name below the folder, content hash, size, encoding (None: not text)."""

    name: str
    sha256: str
    bytes: int
    encoding: str | None


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
class Delivery:
    """One source table as delivered.

    Args:
        columns: the source's column names, unique whatever their case.
        batches: record batches of text, read while iterating; `_location` is the last column.
        content_hash: of raw content and format for files; None where rows have to be read to know.
        files: the files taken, in the order in which their rows come.
        problems: filled while iterating.
    """

    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    content_hash: str | None = None
    files: tuple[FileTaken, ...] = ()
    problems: list[ReadProblem] = field(default_factory=list)


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
