"""JSON files: one object per line, one array of objects, or an array somewhere within one document.

In: an opener of the binary stream and the table's `FileFormat`. Out: column names and batches of text.
Invariant: a number is the text that stands in the file (50 digits, 1e400, trailing zeros); a broken line is a
problem with its number and the next one is read; a broken array is no delivery. Does not belong here: which
files there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pyarrow as pa

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.sources.csv_files import bad_bytes_reporter, encoding_of, reject
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, text_batch, unique_names
from mdm_pipeline.sources.encodings import REPLACEMENT, LineCount, decode
from mdm_pipeline.sources.nested_text import NumberText, plain_text
from mdm_pipeline.sources.text_lines import OverlongLine, TextLines

_MOST_COLUMNS = 2000
_BLANK = " \t\r\n"

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class JsonFile:
    """One JSON file, its encoding and keys known, its rows not yet read."""

    name: str
    opener: Opener
    format: FileFormat
    encoding: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows; what is wrong goes to `problems` with file and line.

        Raises:
            ValueError: an array is broken, so that nothing behind the fault can be read.
        """
        rows: list[dict[str, str | None]] = []
        places: list[str] = []
        unknown: set[str] = set()
        with self.opener() as stream:
            chunks = decode(stream, self.encoding, bad_bytes_reporter(self.name, self.encoding, problems))
            for item in _items(chunks, self.format):
                row = self._checked(item, problems)
                if row is None:
                    continue
                self._report_unknown(row, unknown, f"{self.name}:{item.line}", problems)
                rows.append(row)
                places.append(f"{self.name}:{item.line}")
                if len(rows) == ROWS_PER_BATCH:
                    yield self._batch(rows, places)
                    rows, places = [], []
        if rows:
            yield self._batch(rows, places)

    def _checked(self, item: _Item, problems: list[ReadProblem]) -> dict[str, str | None] | None:
        place = f"{self.name}:{item.line}"
        if item.fault is not None:
            reject(problems, ReadProblem(place, None, item.raw, item.fault, is_row_lost=True))
            return None
        row, repeated = _row(item.value, is_flat=self.format.flatten)
        for key in (*item.repeated, *repeated):
            said = "the key stands twice in the row and its last value is taken; correct the export"
            problems.append(ReadProblem(place, _clean(key), None, said, is_row_lost=False))
        for key in [key for key, value in row.items() if value is not None and _is_unclean(value)]:
            said = f"NUL characters or half characters, which were left out or became {REPLACEMENT}; export again"
            problems.append(ReadProblem(place, _clean(key), None, said, is_row_lost=False))
            row[key] = _clean(row[key] or "")
        return row

    def _report_unknown(
        self, row: dict[str, str | None], unknown: set[str], place: str, problems: list[ReadProblem]
    ) -> None:
        """A key that `columns` does not name is left out, and said so once."""
        if self.format.columns is None:
            return
        for key in row.keys() - set(self.keys) - unknown:
            unknown.add(key)
            said = "the key is not among the table's `columns` and is left out; add it if it is wanted"
            problems.append(ReadProblem(place, _clean(key), None, said, is_row_lost=False))

    def _batch(self, rows: list[dict[str, str | None]], places: list[str]) -> pa.RecordBatch:
        arrays = [pa.array([row.get(key) for row in rows], pa.string()) for key in self.keys]
        return text_batch(self.columns, arrays, places)


def open_json(name: str, opener: Opener, file_format: FileFormat) -> JsonFile:
    """Learn the keys: lines differ in them, so all of the file is read unless `columns` declares them.

    Raises:
        ValueError: an array is broken, or there are more keys than a table can have columns.
    """
    encoding = encoding_of(opener, file_format)
    keys: dict[str, None] = dict.fromkeys(file_format.columns or ())
    if not keys:
        with opener() as stream:
            for item in _items(decode(stream, encoding, lambda _: None), file_format):
                if item.fault is None:
                    keys.update(dict.fromkeys(_row(item.value, is_flat=file_format.flatten)[0]))
                if len(keys) > _MOST_COLUMNS:
                    raise ValueError(
                        f"more than {_MOST_COLUMNS} keys by line {item.line}; expected the same keys in all rows; "
                        "set `flatten: false` or name the `columns`"
                    )
    return JsonFile(name, opener, file_format, encoding, tuple(keys), unique_names([_clean(key) for key in keys]))


@dataclass(frozen=True)
class _Item:
    """One element: the line it begins on, its value or its fault, the start of its text."""

    line: int
    value: Any
    raw: str
    fault: str | None = None
    repeated: tuple[str, ...] = ()


@dataclass
class _Parser:
    """Parses JSON with numbers as text and notes keys that stand twice in one object."""

    repeated: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.decoder = json.JSONDecoder(
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=NumberText,
            object_pairs_hook=self._object,
            strict=False,
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            self.repeated += [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return found

    def parse(self, text: str, at: int) -> tuple[Any, int]:
        """The value that begins at a place, and where it ends."""
        self.repeated = []
        try:
            return self.decoder.raw_decode(text, at)
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", text, at) from None

    def item(self, line: int, text: str) -> _Item:
        """A text that is one object and nothing else."""
        try:
            value, end = self.parse(text, 0)
        except json.JSONDecodeError as error:
            return _Item(line, None, text[:200], f"the line is no JSON ({error.msg} at character {error.pos + 1})")
        if text[end:].strip(_BLANK):
            return _Item(line, None, text[:200], f"the line goes on after its object, at character {end + 1}")
        return self.checked(line, value, text[:200])

    def checked(self, line: int, value: Any, raw: str) -> _Item:
        if not isinstance(value, dict):
            return _Item(line, None, raw, "no object; expected {...} with the row's columns")
        return _Item(line, value, raw, None, tuple(self.repeated))


def _items(chunks: Iterator[str], file_format: FileFormat) -> Iterator[_Item]:
    if file_format.records is not None:
        return _within_document("".join(chunks), file_format.records)
    blank, first = "", ""
    for chunk in chunks:
        first = chunk
        if chunk.strip(_BLANK):
            break
        blank += chunk
    text = _prepended(blank + first, chunks)
    read = _of_array if first.lstrip(_BLANK).startswith("[") else _of_lines
    return read(text, file_format.longest_row)


def _prepended(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _of_lines(chunks: Iterator[str], longest: int) -> Iterator[_Item]:
    lines, parser = TextLines(chunks, longest), _Parser()
    while True:
        number = lines.line
        try:
            line = lines.next_line()
        except OverlongLine as found:
            said = f"the line has {found.length} bytes where {longest} are taken; raise `longest_row` if it is right"
            yield _Item(number, None, found.start.decode(errors="ignore"), said)
            continue
        if line is None:
            return
        text = line.decode().strip(_BLANK)
        if text:
            yield parser.item(number, text)


def _of_array(chunks: Iterator[str], longest: int) -> Iterator[_Item]:
    """Elements of an array, holding no more of the text than one of them."""
    window, parser = _Window(chunks, longest), _Parser()
    window.skip("[")
    if window.next_character() == "]":
        return
    while True:
        window.next_character()
        line = window.lines.line
        value, raw = window.value(parser)
        yield parser.checked(line, value, raw)
        if window.next_character() != ",":
            break
        window.skip(",")
    window.skip("]")
    if window.next_character():
        raise ValueError(f"line {window.lines.line}: text follows the end of the array")


class _Window:
    """A moving piece of a JSON text, never much more than the longest row."""

    def __init__(self, chunks: Iterator[str], longest: int) -> None:
        self._longest = longest
        self.lines = LineCount()
        self._chunks = chunks
        self._text = ""
        self._at = 0

    def next_character(self) -> str:
        """The next character that is not blank, not yet passed; empty at the end."""
        while True:
            rest = len(self._text)
            start = self._at
            while self._at < rest and self._text[self._at] in _BLANK:
                self._at += 1
            self.lines.add(self._text[start : self._at])
            if self._at < rest:
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, wanted: str) -> None:
        found = self.next_character()
        if found != wanted:
            raise ValueError(f"line {self.lines.line}: {found or 'the end'!r} where {wanted!r} is expected")
        self._at += 1

    def value(self, parser: _Parser) -> tuple[Any, str]:
        """The next value; a value that seems broken may only be cut, so more text is taken until the end."""
        while True:
            try:
                value, end = parser.parse(self._text, self._at)
            except json.JSONDecodeError as error:
                have = len(self._text) - self._at
                if have <= self._longest and self._more(at_least=have):
                    continue
                raise ValueError(
                    f"line {self.lines.line}: an element is broken ({error.msg}) or longer than `longest_row`"
                ) from error
            if end == len(self._text) and self._more():
                continue
            raw = self._text[self._at : min(end, self._at + 200)]
            self.lines.add(self._text[self._at : end])
            self._at = end
            return value, raw

    def _more(self, at_least: int = 1) -> bool:
        """Take more text, as much again as there is, so that a long value costs no more than its length."""
        parts = [self._text[self._at :]]
        added = 0
        for chunk in self._chunks:
            parts.append(chunk)
            added += len(chunk)
            if added >= at_least:
                break
        self._text, self._at = "".join(parts), 0
        return added > 0


def _within_document(text: str, path: str) -> Iterator[_Item]:
    parser = _Parser()
    try:
        value, end = parser.parse(text, len(text) - len(text.lstrip(_BLANK)))
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: no JSON ({error.msg})") from error
    if text[end:].strip(_BLANK):
        raise ValueError("text follows the end of the document")
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            raise ValueError(f"records: no key {step!r} of path {path!r} in the document")
        value = value[step]
    if not isinstance(value, list):
        raise ValueError(f"records: {path!r} is no array")
    for number, item in enumerate(value, start=1):
        yield _Parser().checked(number, item, _clean(str(item)[:200]))


def _row(value: dict[str, Any], *, is_flat: bool) -> tuple[dict[str, str | None], list[str]]:
    """Columns and their text, and columns that two keys lead to."""
    row: dict[str, str | None] = {}
    repeated: list[str] = []

    def add(prefix: str, part: dict[str, Any]) -> None:
        for key, item in part.items():
            name = prefix + key
            if is_flat and isinstance(item, dict) and item:
                add(f"{name}.", item)
                continue
            if name in row:
                repeated.append(name)
            row[name] = plain_text(item)

    add("", value)
    return row, repeated


def _is_unclean(value: str) -> bool:
    try:
        return "\0" in value or not (value.isascii() or value.encode())
    except UnicodeEncodeError:
        return True


def _clean(value: str) -> str:
    return "".join(REPLACEMENT if "\ud800" <= c <= "\udfff" else c for c in value.replace("\0", ""))
