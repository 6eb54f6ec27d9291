"""Delimited text row by row, careful with everything that can be wrong in it.

In: `TextLines` and how rows are written. Out: rows with the line each begins on, good or with their fault.
Invariant: every line that is not blank and no comment belongs to one row given out; after a fault reading
goes on with the very next line, so a stray quote costs one line and not the rest. Does not belong here: how
wide rows must be.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from mdm_pipeline.sources.text_lines import OverlongLine, TextLines


@dataclass(frozen=True)
class Dialect:
    """How rows are written. Empty `quote`: none; empty `escape`: none; `comment`: how a line to skip begins."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
    doubled_quotes: bool = True
    comment: str = ""


@dataclass(frozen=True)
class Row:
    """One row: the line it begins on, its fields, its first line as it stands; with a fault there are no fields."""

    line: int
    fields: list[str]
    raw: str
    fault: str | None = None


def read_rows(lines: TextLines, dialect: Dialect) -> Iterator[Row]:
    """All rows from where `lines` stands; between two rows `lines` stands exactly between them."""
    feed = _Feed(lines, dialect.comment)
    # the limit of the csv module is one for the whole process; ours is kept by the feed
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(
        feed,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        doublequote=dialect.doubled_quotes,
        strict=True,
    )
    while True:
        feed.begin_row()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except OverlongLine as found:
            if not feed.lines:
                yield Row(lines.line - 1, [], _shown(found.start), _too_long(found.length, lines.longest_line))
                continue
            first = feed.lines[0]
            lines.give_back([*feed.lines[1:], found])
            yield Row(feed.first_line, [], _shown(first), "the row does not end; correct its quotes")
        except csv.Error as error:
            first = feed.lines[0]
            lines.give_back(feed.lines[1:])
            fault = str(error) if isinstance(error, _RowTooLong) else f"the row cannot be parsed ({error})"
            yield Row(feed.first_line, [], _shown(first), f"{fault}; correct its quotes")
        else:
            yield Row(feed.first_line, fields, _shown(feed.lines[0]))


class _RowTooLong(csv.Error):
    """An open quote has swallowed more than a row may hold."""


@dataclass
class _Feed:
    """Feeds csv.reader and remembers the lines of the row under way."""

    source: TextLines
    comment: str
    lines: list[bytes] = field(default_factory=list)
    first_line: int = 1
    length: int = 0

    def begin_row(self) -> None:
        self.lines, self.length = [], 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while True:
            number = self.source.line
            line = self.source.next_line()
            if line is None:
                raise StopIteration
            text = line.decode()
            if not self.lines:
                if self.comment and text.startswith(self.comment):
                    continue
                self.first_line = number
            self.lines.append(line)
            self.length += len(line)
            if self.length > self.source.longest_line:
                raise _RowTooLong(_too_long(self.length, self.source.longest_line))
            return text


def _too_long(length: int, longest: int) -> str:
    return f"the row has {length} bytes or more where {longest} are taken; raise `longest_row` if it is one row"


def _shown(line: bytes) -> str:
    # the beginning of an overlong line may end within a character
    return line[:800].decode(errors="ignore").rstrip("\r\n")[:200]
