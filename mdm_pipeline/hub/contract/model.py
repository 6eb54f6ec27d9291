"""Words in which a hub table is declared, once; everything else about tables is derived from them.

In: nothing. Out: `Column` and `Table`, frozen. Invariant: a table names one writing room, its key and its kind.
Does not belong here: the tables themselves (one module per schema) and SQL (`hub.ddl`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What happens to a table's rows over time."""

    STATE = "state"  # cannot be recomputed: migrated, backed up
    DERIVED = "derived"  # recomputed from what stands before it: dropped and refilled
    LOG = "log"  # append-only history of what ran when: left out of comparisons


class Pii(StrEnum):
    """How a column has to be treated where personal data must not be seen."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    IDENTIFIER = "identifier"
    ADDRESS = "address"
    BIRTH = "birth"
    BANK = "bank"


@dataclass(frozen=True)
class Column:
    """One column: DuckDB type, description in two languages, and what may be in it.

    `volatile` marks a value that depends on when a run happened; comparisons and change detection leave it out.
    `codes` names the list of canonical codes that the values come from.
    """

    name: str
    type: str
    doc: str
    doc_zh: str = ""
    is_required: bool = False
    values: tuple[str, ...] = ()
    pii: Pii | None = None
    volatile: bool = False
    codes: str | None = None

    def named(self, name: str, doc: str = "", doc_zh: str = "") -> Column:
        """The same column under another name, as a foreign role of it (`record_id` -> `record_id_l`)."""
        return replace(self, name=name, doc=doc or self.doc, doc_zh=doc_zh or self.doc_zh)

    @property
    def required(self) -> Column:
        """The same column, never null."""
        return replace(self, is_required=True)


@dataclass(frozen=True)
class Reference:
    """Every non-null `column` must be found in `table`.`target`."""

    column: str
    table: str
    target: str


@dataclass(frozen=True)
class Table:
    """One hub table. `change_key` is the column whose values go to `<schema>.change` when a row really changed."""

    schema: str
    name: str
    doc: str
    doc_zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    writer: str
    kind: Kind = Kind.DERIVED
    change_key: str | None = None
    references: tuple[Reference, ...] = ()

    @property
    def full_name(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns in the order in which they are stored."""
        return tuple(column.name for column in self.columns)

    @property
    def compared_columns(self) -> tuple[str, ...]:
        """The columns whose change is a change of the row: all but the volatile ones."""
        return tuple(column.name for column in self.columns if not column.volatile)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: there is none; the message lists those there are.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name!r}; it has {', '.join(self.column_names)}")
