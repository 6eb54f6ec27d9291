"""CSV files: any encoding, delimiter and quoting, row by row with the line each row begins on.

In: an opener of the binary stream and the table's `FileFormat`. Out: column names and batches of text.
Invariant: every line ends up in a row or in a problem with its line; an empty cell is null (CSV has no other
word for it). Text without oddities goes through the block parser, the rest through the careful one, and both
give the same. Does not belong here: which files there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.sources.csv_blocks import can_parse, parse_block
from mdm_pipeline.sources.csv_rows import Dialect, Row, read_rows
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, text_batch, unique_names
from mdm_pipeline.sources.encodings import REPLACEMENT, BadBytes, decode, detect
from mdm_pipeline.sources.text_lines import TextLines, without_last_lines

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 1 << 16
_SAMPLE_ROWS = 50
_MOST_REJECTED = 100_000
_BLOCK = 1 << 22
_SMALLEST_BLOCK = 1 << 16

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class CsvFile:
    """One CSV file, its encoding, dialect and header known, its rows not yet read.

    Args:
        name: for locations.
        opener: gives the binary stream, unpacked, at its start.
        format: as configured.
        encoding: of the text.
        dialect: how rows are written.
        columns: from the header, or as configured.
        skip: rows before the first row of data.
        block_size: bytes that the block parser takes at once; 0 leaves every row to the careful parser.
    """

    name: str
    opener: Opener
    format: FileFormat
    encoding: str
    dialect: Dialect
    columns: tuple[str, ...]
    skip: int
    block_size: int = _BLOCK

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows; what is wrong goes to `problems` with file and line.

        Raises:
            ValueError: so many rows are wrong that it is the file or its configuration.
        """
        with self.opener() as stream:
            chunks = decode(stream, self.encoding, bad_bytes_reporter(self.name, self.encoding, problems))
            lines = TextLines(_body(chunks, self.format), self.format.longest_row)
            _skip(lines, self.dialect, self.skip)
            if self.block_size <= 0 or not self.columns or not can_parse(self.dialect):
                yield from self._careful_batches(lines, problems)
                return
            largest, size = self.block_size, self.block_size
            smallest = min(largest, _SMALLEST_BLOCK)
            while True:
                parsed = self._parsed_block(lines, size)
                if parsed is not None:
                    size = min(size * 2, largest)
                    yield from _in_batches(parsed)
                elif size > smallest:
                    # the odd row may be anywhere: what stands before and behind it still goes fast
                    size = max(size // 8, smallest)
                else:
                    careful = self._careful_rows(lines, problems, size)
                    if careful is None:
                        return
                    yield from _in_batches(careful)

    def _parsed_block(self, lines: TextLines, size: int) -> pa.RecordBatch | None:
        """The whole rows of the next block, or None if it has to be read with care (or there is none)."""
        block, is_last = lines.block(size)
        first = lines.line
        parsed = parse_block(block, self.dialect, len(self.columns), lines.longest_line, is_last=is_last)
        if parsed is None:
            return None
        lines.take(min(parsed.length, len(block)), parsed.line_count)
        numbers = pa.array(parsed.lines + first, pa.int64()).cast(pa.string())
        places = pc.binary_join_element_wise(f"{self.name}:", numbers, "")
        return text_batch(self.columns, [column.combine_chunks() for column in parsed.columns], places)

    def _careful_batches(self, lines: TextLines, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        while (batch := self._careful_rows(lines, problems, None)) is not None:
            yield from _in_batches(batch)

    def _careful_rows(self, lines: TextLines, problems: list[ReadProblem], size: int | None) -> pa.RecordBatch | None:
        """The next rows, at least `size` bytes of them; None at the end."""
        rows: list[list[str]] = []
        places: list[str] = []
        start = lines.taken
        for row in read_rows(lines, self.dialect):
            good = self._checked(row, problems)
            if good is not None:
                rows.append(good)
                places.append(f"{self.name}:{row.line}")
            if (size is not None and lines.taken - start >= size) or len(rows) == ROWS_PER_BATCH:
                break
        if lines.taken == start:
            return None
        return _batch(self.columns, rows, places)

    def _checked(self, row: Row, problems: list[ReadProblem]) -> list[str] | None:
        """The row's fields, as many as there are columns; None if it is blank or lost."""
        width, fields, fault = len(self.columns), row.fields, row.fault
        if fault is None and not fields:
            return None
        if len(fields) > width and not any(fields[width:]):
            fields = fields[:width]
        if fault is None and len(fields) != width:
            fault = f"{len(fields)} fields where the header has {width}; quote fields that hold the delimiter"
        place = f"{self.name}:{row.line}"
        if fault is not None:
            reject(problems, ReadProblem(place, None, row.raw, fault, is_row_lost=True))
            return None
        if "\0" in "".join(fields):
            said = "NUL characters, which were left out; export the file again"
            problems.append(ReadProblem(place, None, None, said, is_row_lost=False))
            return [value.replace("\0", "") for value in fields]
        return fields


def open_csv(name: str, opener: Opener, file_format: FileFormat) -> CsvFile:
    """Look at the start of a file (and, for its encoding, at all of it).

    Args:
        name: for locations.
        opener: gives the binary stream, decompressed, at its start; called more than once.
        file_format: declared encoding and delimiter win over what is detected.
    """
    encoding = encoding_of(opener, file_format)
    with opener() as stream:
        sample = _sample(decode(stream, encoding, lambda _: None))
    dialect = Dialect(
        file_format.delimiter,
        file_format.quote,
        file_format.escape,
        file_format.doubled_quotes,
        file_format.comment,
    )
    if file_format.delimiter == "auto":
        dialect = replace(dialect, delimiter=_delimiter(sample, dialect, file_format))
    if file_format.columns:
        columns, skip = unique_names(file_format.columns), file_format.header_row
    else:
        columns, skip = _header(sample, dialect, file_format)
    return CsvFile(name, opener, file_format, encoding, dialect, columns, skip)


def encoding_of(opener: Opener, file_format: FileFormat) -> str:
    """The declared encoding, or what the text looks like."""
    if file_format.encoding != "auto":
        return file_format.encoding
    with opener() as stream:
        return detect(stream)


def reject(problems: list[ReadProblem], problem: ReadProblem) -> None:
    """Write a lost row down.

    Raises:
        ValueError: there are so many of them that it is the file or its configuration.
    """
    problems.append(problem)
    if len(problems) >= _MOST_REJECTED and sum(p.is_row_lost for p in problems) >= _MOST_REJECTED:
        raise ValueError(
            f"{_MOST_REJECTED} rows cannot be read, the last one at {problem.location}: {problem.reason}; "
            "expected delimiter, quotes and columns as configured"
        )


def bad_bytes_reporter(name: str, encoding: str, problems: list[ReadProblem]) -> Callable[[BadBytes], None]:
    """Writes bad bytes down; a file in the wrong encoding has millions, so only the first ones one by one."""

    def report(bad: BadBytes) -> None:
        what = f"bytes at offset {bad.offset} are not {encoding} and became {REPLACEMENT}"
        if bad.more:
            what = f"{bad.more} more sequences up to here are not {encoding}, became {REPLACEMENT} and are not listed"
        problems.append(
            ReadProblem(
                f"{name}:{bad.line}",
                None,
                bad.content.hex(" ") or None,
                f"{what}; declare the file's encoding or correct it",
                is_row_lost=False,
            )
        )

    return report


def _header(sample: str, dialect: Dialect, file_format: FileFormat) -> tuple[tuple[str, ...], int]:
    """Column names, and how many rows there are up to the header; blank rows above it do not count as it."""
    rows = _first(sample, dialect, file_format.header_row + _SAMPLE_ROWS, file_format.longest_row)
    for number, row in enumerate(rows[file_format.header_row :], start=file_format.header_row + 1):
        if row.fault:
            raise ValueError(f"the header in line {row.line} is broken: {row.fault}")
        if row.fields:
            return unique_names(row.fields), number
    return (), len(rows)


def _body(chunks: Iterator[str], file_format: FileFormat) -> Iterator[str]:
    return without_last_lines(chunks, file_format.skip_footer) if file_format.skip_footer else chunks


def _skip(lines: TextLines, dialect: Dialect, count: int) -> None:
    if count:
        for number, _ in enumerate(read_rows(lines, dialect), start=1):
            if number == count:
                return


def _batch(columns: Sequence[str], rows: list[list[str]], places: list[str]) -> pa.RecordBatch:
    arrays = []
    for values in zip(*rows, strict=True) if rows else [()] * len(columns):
        column = pa.array(values, pa.string())
        arrays.append(pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column))
    return text_batch(columns, arrays, places)


def _in_batches(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, ROWS_PER_BATCH):
        yield batch.slice(start, ROWS_PER_BATCH)


def _sample(chunks: Iterator[str]) -> str:
    text = ""
    for chunk in chunks:
        text += chunk
        if len(text) >= _SAMPLE_CHARACTERS:
            break
    return text


def _first(sample: str, dialect: Dialect, count: int, longest: int) -> list[Row]:
    found = []
    for row in read_rows(TextLines(iter([sample]), longest), dialect):
        found.append(row)
        if len(found) == count:
            break
    return found


def _delimiter(sample: str, dialect: Dialect, file_format: FileFormat) -> str:
    """The delimiter under which most rows have the header's number of fields; more fields break a tie."""

    def score(delimiter: str) -> tuple[float, int]:
        found = _first(sample, replace(dialect, delimiter=delimiter), _SAMPLE_ROWS, file_format.longest_row)
        rows = [row.fields for row in found if row.fields and row.fault is None][file_format.header_row :]
        width = len(file_format.columns or (rows[0] if rows else ()))
        if not rows or width < 2:
            return (0.0, 0)
        return (round(sum(len(row) == width for row in rows) / len(rows), 1), width)

    return max(_DELIMITERS, key=score)
