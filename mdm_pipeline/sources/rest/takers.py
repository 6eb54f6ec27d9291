"""Who takes the rows of a walk: as rows of the table, as keys, as single values.

In: rows of an answer, one by one, with their place. Out: filled buffers, and what was wrong. Invariant: a row that is
none is told with its place, never dropped in silence. Does not belong here: asking for pages.
"""

from __future__ import annotations

from typing import Any

from mdm_pipeline.config.rest import RestTable
from mdm_pipeline.sources.delivery import ReadProblem
from mdm_pipeline.sources.rest.answers import NOWHERE, at_path, json_text, text_of
from mdm_pipeline.sources.rest.cursor import Cursor
from mdm_pipeline.sources.rest.rows import Row, RowBuffer, flat


class RowTaker:
    """Takes the rows of a table."""

    def __init__(self, buffer: RowBuffer, cursor: Cursor, rules: RestTable) -> None:
        self._buffer = buffer
        self._cursor = cursor
        self._rules = rules
        self.problems: list[ReadProblem] = []

    def take(self, row: Any, place: str) -> bytes | None:
        """One row of a page."""
        if self._rules.positional:
            wanted = len(self._rules.columns)
            if not isinstance(row, list) or len(row) != wanted:
                self._lost(row, place, f"expected a list of {wanted} values, as `rest.columns`")
                return None
            row = dict(zip(self._rules.columns, row, strict=True))
        if not isinstance(row, dict):
            self._lost(row, place, "expected an object")
            return None
        values = flat(row)
        for name, path in self._rules.extra.items():
            found = at_path(row, path)
            values[name] = None if found is NOWHERE else text_of(found)
        return self.take_flat(values, place)

    def take_flat(self, row: Row, place: str) -> bytes | None:
        """One row as columns."""
        if self._rules.rename:
            row = self._renamed(row)
        value = self._cursor.see(row)
        if value is not None:
            reason = f"no {self._rules.cursor_format} value; expected one; correct it or `rest.cursor_format`"
            self.problems.append(ReadProblem(place, self._cursor.column, value, reason, False))
        return self._buffer.add(row, place)

    def reached(self) -> Any:
        """The highest cursor so far."""
        return self._cursor.reached

    def _renamed(self, row: Row) -> Row:
        """Under the table's names; of two values for one name the one that is not null."""
        renamed: Row = {}
        for name, value in row.items():
            column = self._rules.rename.get(name, name)
            if value is not None or column not in renamed:
                renamed[column] = value
        return renamed

    def _lost(self, row: Any, place: str, expected: str) -> None:
        text = (text_of(row) or "")[:1000]
        reason = f"not a row; {expected}; correct `rest`"
        self.problems.append(ReadProblem(place, None, text, reason, True))


class KeyTaker:
    """Takes the keys of rows."""

    def __init__(self, buffer: RowBuffer, paths: dict[str, str], where: str) -> None:
        self.buffer = buffer
        self.paths = paths
        self.where = where
        self.without_key: str | None = None

    def take(self, row: Any, place: str) -> bytes | None:
        """One row of a page."""
        found = {column: at_path(row, path) for column, path in self.paths.items()}
        if any(value is NOWHERE or value is None for value in found.values()):
            self.without_key = self.without_key or place
            return None
        return self.buffer.add({column: text_of(value) for column, value in found.items()}, place)

    def reached(self) -> Any:
        """The highest cursor so far."""
        return None


class ValueTaker:
    """Takes one value of each row."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.values: dict[str, Any] = {}
        self.missing: str | None = None

    def take(self, row: Any, place: str) -> bytes | None:
        """One row of a page."""
        found = at_path(row, self._path)
        if found is NOWHERE or found is None:
            self.missing = self.missing or place
            return None
        text = text_of(found) or ""
        self.values[text] = found
        return text.encode("utf-8", "surrogatepass")

    def reached(self) -> Any:
        """The highest cursor so far."""
        return None


class PlainTaker:
    """Takes whole rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, str]] = []

    def take(self, row: Any, place: str) -> bytes | None:
        """One row of a page."""
        self.rows.append((row, place))
        return json_text(row).encode("utf-8", "surrogatepass")

    def reached(self) -> Any:
        """The highest cursor so far."""
        return None
