"""The statements that read one table of a database: all rows, what changed, the keys, the highest cursor value.

In: a dialect, what to read, its columns. Out: SQL text with every value cast to text. Invariant: a predicate compares
the bare column with a literal, so that the source's own index serves it; a row without a cursor value is in every
answer. Does not belong here: running them.
"""

# ruff: noqa: S608  identifiers are quoted, values are literals of the dialect; a source takes no parameters in a view

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mdm_pipeline.sources.database_dialects import Column, Dialect

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?|0x[0-9A-Fa-f]+")


@dataclass(frozen=True)
class Relation:
    """What a source table is read from.

    Args:
        dialect: the database's.
        origin: quoted table, or the configured query in parentheses with its alias.
        columns: in the database's order.
    """

    dialect: Dialect
    origin: str
    columns: tuple[Column, ...]

    def rows(self, cursor: str | None = None, bound: str | None = None) -> str:
        """Every column as text, under the names c1, c2 ...; from a cursor literal on where one is given."""
        texts = [
            f"{self._text(column)} as {self.dialect.quoted(f'c{number}')}"
            for number, column in enumerate(self.columns, start=1)
        ]
        return f"select {', '.join(texts)} from {self.origin}{self._since(cursor, bound)}"

    def keys(self, key: Sequence[str]) -> str:
        """The key columns of every row."""
        texts = [
            f"{self._text(self.column(name))} as {self.dialect.quoted(f'k{number}')}"
            for number, name in enumerate(key, start=1)
        ]
        return f"select {', '.join(texts)} from {self.origin}"

    def highest(self, cursor: str, below: str | None = None, *, is_strict: bool = False) -> str:
        """Highest value of the cursor column, up to a literal where one is given."""
        name = self.dialect.quoted(self.column(cursor).name)
        where = f" where {name} {'<' if is_strict else '<='} {below}" if below is not None else ""
        top = self.dialect.text("top.v", self.column(cursor).type_word)
        alias = self.dialect.alias.replace("delivered", "top")
        return f"select {top} from (select max({name}) as v from {self.origin}{where}) {alias}"

    def column(self, name: str) -> Column:
        """A column by its name in any case.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        raise KeyError(name)

    def _text(self, column: Column) -> str:
        return self.dialect.text(self.dialect.quoted(column.name), column.type_word)

    def _since(self, cursor: str | None, bound: str | None) -> str:
        if cursor is None or bound is None:
            return ""
        name = self.dialect.quoted(self.column(cursor).name)
        return f" where ({name} >= {bound} or {name} is null)"


def cursor_literal(dialect: Dialect, text: str, kind: str) -> str:
    """A cursor value as a literal that the database compares in the column's own type.

    Args:
        dialect: the database's.
        text: the value in its own text.
        kind: `CursorConfig.kind`; sequences are numbers without quotes, or they would be compared as texts.

    Raises:
        ValueError: a sequence that is no number.
    """
    if kind == "sequence":
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        return text
    return dialect.literal(text)


def table_origin(dialect: Dialect, schema: str, table: str) -> str:
    """A table's quoted name."""
    return ".".join(dialect.quoted(part) for part in (schema, table) if part)


def query_origin(dialect: Dialect, query: str) -> str:
    """A configured query as something to select from."""
    return f"({query.strip().rstrip(';').rstrip()}\n) {dialect.alias}"  # a last line may be a comment


def nothing_of(origin: str) -> str:
    """The statement from which the columns are learnt: it gives no row."""
    return f"select * from {origin} where 1 = 0"
