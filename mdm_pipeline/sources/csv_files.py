"""CSV files: any encoding, delimiter and quoting, row by row with the line each row begins on.

In: an opener of the binary stream and the table's `FileFormat`. Out: column names and batches of text.
Invariant: a row with the wrong number of fields, or one the quoting breaks, is a problem with its line and
the next row is read; an empty cell is null (CSV has no other word for it). Does not belong here: which
files there are.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from mdm_pipeline.config.sources import FileFormat
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, text_batch, unique_names
from mdm_pipeline.sources.encodings import REPLACEMENT, BadBytes, decode, detect

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 1 << 16
_SAMPLE_ROWS = 50
_BAD_BYTES_LISTED = 1000
# One stray quote may swallow the rest of a file as one field; a million characters is no cell.
_LONGEST_FIELD = 1_000_000

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class CsvFile:
    """One CSV file, its encoding, delimiter and header known, its rows not yet read."""

    name: str
    opener: Opener
    format: FileFormat
    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows; what is wrong goes to `problems` with file and line."""
        with self.opener() as stream:
            lines = _lines(decode(stream, self.encoding, _reporter(self.name, self.encoding, problems)))
            rows: list[list[str]] = []
            places: list[str] = []
            for line, row in self._good_rows(lines, problems):
                rows.append(row)
                places.append(f"{self.name}:{line}")
                if len(rows) == ROWS_PER_BATCH:
                    yield self._batch(rows, places)
                    rows, places = [], []
            if rows:
                yield self._batch(rows, places)

    def _good_rows(self, lines: Iterator[str], problems: list[ReadProblem]) -> Iterator[tuple[int, list[str]]]:
        width = len(self.columns)
        to_skip = self.format.header_row + 1
        for line, row, fault in _parsed(lines, self.delimiter, self.format.quote):
            if to_skip:
                to_skip -= 1
                continue
            if fault is None and not row:
                continue
            if len(row) > width and not any(row[width:]):
                row = row[:width]
            if fault is None and len(row) != width:
                fault = f"{len(row)} fields where the header has {width}; quote fields that hold the delimiter"
            if fault is not None:
                problems.append(
                    ReadProblem(f"{self.name}:{line}", None, self.delimiter.join(row)[:200], fault, is_row_lost=True)
                )
                continue
            if "\0" in "".join(row):
                problems.append(
                    ReadProblem(
                        f"{self.name}:{line}",
                        None,
                        None,
                        "NUL characters, which were left out; export the file again",
                        is_row_lost=False,
                    )
                )
                row = [value.replace("\0", "") for value in row]
            yield line, row

    def _batch(self, rows: list[list[str]], places: list[str]) -> pa.RecordBatch:
        arrays = []
        for values in zip(*rows, strict=True):
            column = pa.array(values, pa.string())
            arrays.append(pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column))
        return text_batch(self.columns, arrays, places)


def open_csv(name: str, opener: Opener, file_format: FileFormat) -> CsvFile:
    """Look at the start of a file (and, for its encoding, at all of it).

    Args:
        name: for locations.
        opener: gives the binary stream, decompressed, at its start; called more than once.
        file_format: declared encoding and delimiter win over what is detected.
    """
    encoding = file_format.encoding
    if encoding == "auto":
        with opener() as stream:
            encoding = detect(stream)
    with opener() as stream:
        sample = _sample(decode(stream, encoding, lambda _: None))
    delimiter = file_format.delimiter
    if delimiter == "auto":
        delimiter = _delimiter(sample, file_format.quote, file_format.header_row)
    rows = [row for _, row, _ in _first(sample, delimiter, file_format.quote, file_format.header_row + 1)]
    header = rows[file_format.header_row] if len(rows) > file_format.header_row else []
    return CsvFile(name, opener, file_format, encoding, delimiter, unique_names(header))


def _reporter(name: str, encoding: str, problems: list[ReadProblem]) -> Callable[[BadBytes], None]:
    """Writes bad bytes down; a file in the wrong encoding has millions, so only the first ones one by one."""
    seen = 0

    def report(bad: BadBytes) -> None:
        nonlocal seen
        seen += 1
        if seen > _BAD_BYTES_LISTED:
            return
        more = "; more of them are not listed" if seen == _BAD_BYTES_LISTED else ""
        problems.append(
            ReadProblem(
                f"{name}:{bad.line}",
                None,
                bad.content.hex(" "),
                f"bytes at offset {bad.offset} are not {encoding} and became {REPLACEMENT}; "
                f"declare the file's encoding or correct it{more}",
                is_row_lost=False,
            )
        )

    return report


def _lines(chunks: Iterator[str]) -> Iterator[str]:
    """Lines with their ends; a carriage return alone ends one only where no line feed stands at the start."""
    pending = ""
    end: str | None = None
    for chunk in chunks:
        pending += chunk
        if end is None and pending:
            end = "\r" if "\n" not in pending and "\r" in pending[:-1] else "\n"
        if end is None or end not in chunk:
            continue
        *whole, pending = pending.split(end)
        for line in whole:
            yield line + "\n"
    if pending:
        yield pending


def _parsed(lines: Iterator[str], delimiter: str, quote: str) -> Iterator[tuple[int, list[str], str | None]]:
    """First line, fields and fault of every row; after a fault reading goes on with the next line."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    while True:
        first_line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield first_line, [], f"the row cannot be parsed ({error}); correct its quotes"
            continue
        yield first_line, row, None


def _sample(chunks: Iterator[str]) -> str:
    text = ""
    for chunk in chunks:
        text += chunk
        if len(text) >= _SAMPLE_CHARACTERS:
            break
    return text


def _first(sample: str, delimiter: str, quote: str, count: int) -> list[tuple[int, list[str], str | None]]:
    found = []
    for parsed in _parsed(_lines(iter([sample])), delimiter, quote):
        found.append(parsed)
        if len(found) == count:
            break
    return found


def _delimiter(sample: str, quote: str, header_row: int) -> str:
    """The delimiter under which most rows have the header's number of fields; more fields break a tie."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = [row for _, row, fault in _first(sample, delimiter, quote, _SAMPLE_ROWS) if row and fault is None]
        rows = rows[header_row:]
        if not rows or len(rows[0]) < 2:
            return (0.0, 0)
        return (round(sum(len(row) == len(rows[0]) for row in rows) / len(rows), 1), len(rows[0]))

    return max(_DELIMITERS, key=score)
