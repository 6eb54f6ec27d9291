"""Delimited text block by block, at the speed of Arrow's parser, where a block is written without any oddity.

In: a block of UTF-8 text that begins with a row. Out: its whole rows as columns, or nothing. Invariant: what
comes out is what `csv_rows` would give for the same text, row for row and line for line; at the least doubt
(quotes that do not stand around a field, other line ends, NUL, escapes, comments, a row of another width)
nothing comes out. Does not belong here: what is wrong with a block; the careful parser says that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as arrow_csv

from mdm_pipeline.sources.csv_rows import Dialect

_LINE_FEED, _RETURN = 10, 13
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ParsedBlock:
    """Whole rows from the start of a block.

    Args:
        columns: one array of text per column; an empty cell is null.
        lines: for every row the number of lines before it in the block.
        length: bytes that these rows take.
        line_count: lines that these rows take.
    """

    columns: list[pa.ChunkedArray]
    lines: npt.NDArray[np.int64]
    length: int
    line_count: int


def can_parse(dialect: Dialect) -> bool:
    """Whether blocks in this dialect can be parsed here at all."""
    return dialect.delimiter.isascii() and dialect.quote.isascii() and dialect.doubled_quotes


def parse_block(block: bytes, dialect: Dialect, width: int, longest: int, *, is_last: bool) -> ParsedBlock | None:
    """The whole rows at the start of a block, or None if they have to be read with care.

    Args:
        block: UTF-8 text that begins where a row begins.
        dialect: one for which `can_parse`.
        width: number of columns.
        longest: bytes that a row may have.
        is_last: nothing follows the block; otherwise its last line may be a part.
    """
    if not block or b"\0" in block or block.startswith(_MARK) or (dialect.escape and dialect.escape.encode() in block):
        return None
    if is_last and not block.endswith(b"\n"):
        block += b"\n"
    found = _find_rows(block, dialect)
    if found is None:
        return None
    starts, ends, newlines, has_inner_ends = found
    data = np.frombuffer(block, np.uint8)
    length = int(ends[-1]) + 1
    lengths = ends - starts
    if is_last and length != len(block) or lengths.max() >= longest:
        return None
    if dialect.comment and (data[starts] == dialect.comment.encode()[0]).any():
        return None
    is_blank = (lengths == 0) | ((lengths == 1) & (data[starts] == _RETURN))
    columns = _parse(block[:length], dialect, width, has_inner_ends=has_inner_ends)
    if columns is None or len(columns[0]) != len(starts) - int(is_blank.sum()):
        return None
    lines = np.searchsorted(newlines, starts) if has_inner_ends else np.arange(len(starts))
    line_count = int(np.searchsorted(newlines, ends[-1])) + 1
    return ParsedBlock(columns, lines[~is_blank].astype(np.int64), length, line_count)


_Places = npt.NDArray[np.intp]


def _find_rows(block: bytes, dialect: Dialect) -> tuple[_Places, _Places, _Places, bool] | None:
    """Starts and ends of all whole rows, all line ends, and whether cells hold line ends."""
    data = np.frombuffer(block, np.uint8)
    newlines = np.flatnonzero(data == _LINE_FEED)
    ends, inside = newlines, False
    if dialect.quote and dialect.quote.encode() in block:
        quotes = np.flatnonzero(data == ord(dialect.quote))
        is_within = (np.searchsorted(quotes, newlines) & 1).astype(bool)
        ends = newlines[~is_within]
        if not ends.size:
            return None
        inside = bool(is_within[newlines < ends[-1]].any())
        quotes = quotes[quotes < ends[-1]]
        if not _are_around_fields(data, quotes, dialect):
            return None
    if not ends.size or not _ends_with_line_feeds(block, data, int(ends[-1])):
        return None
    starts = np.concatenate([np.zeros(1, np.intp), ends[:-1] + 1])
    return starts, ends, newlines, inside


def _are_around_fields(data: npt.NDArray[np.uint8], quotes: _Places, dialect: Dialect) -> bool:
    """Every opening quote follows a delimiter, a line end or a quote, every closing one precedes one of these."""
    delimiter, quote = ord(dialect.delimiter), ord(dialect.quote)
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening == 0, _LINE_FEED, data[opening - 1])
    after = data[closing + 1]
    return bool(
        ((before == delimiter) | (before == _LINE_FEED) | (before == quote)).all()
        and ((after == delimiter) | (after == _LINE_FEED) | (after == _RETURN) | (after == quote)).all()
    )


def _ends_with_line_feeds(block: bytes, data: npt.NDArray[np.uint8], last: int) -> bool:
    """Whether no carriage return stands alone."""
    if b"\r" not in block:
        return True
    returns = np.flatnonzero(data[:last] == _RETURN)
    return bool((data[returns + 1] == _LINE_FEED).all())


def _parse(rows: bytes, dialect: Dialect, width: int, *, has_inner_ends: bool) -> list[pa.ChunkedArray] | None:
    names = [str(position) for position in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(rows),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=max(len(rows), 1) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                double_quote=True,
                newlines_in_values=has_inner_ends,
            ),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        # a row of another width: the careful parser says which
        return None
    return list(table.columns)
