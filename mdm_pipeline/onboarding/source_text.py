"""The YAML file of a proposed source: fields, and beside each why it was proposed.

In: proposals and how the source is reached. Out: text. Invariant: the text is a valid source file; no value of a row
and no secret stands in it. Does not belong here: deciding what is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from mdm_pipeline.onboarding.introspection import FoundTable
from mdm_pipeline.onboarding.mapping import Mapped
from mdm_pipeline.onboarding.meanings import Column
from mdm_pipeline.onboarding.table_proposal import Proposal

_SURE = 0.75
_CURSOR_LEAST = 0.75
_NO_COLUMNS = ("kind", "scheme", "role", "to_table", "otherwise", "map", "party")


@dataclass(frozen=True)
class Heading:
    """The fields of a source besides its tables.

    Args:
        name: of the source.
        connection: fields of `connection`; secrets are `${VARIABLE}` already.
        country: default country.
        time_zone: of local times.
        is_database: connection is a database.
    """

    name: str
    connection: Mapping[str, str]
    country: str
    time_zone: str
    is_database: bool


def source_text(heading: Heading, tables: Sequence[tuple[Proposal, Mapped]], left: Sequence[FoundTable]) -> str:
    """The whole file."""
    return "\n".join([*_head(heading), *_tables(heading, tables), *_left_out(left)]) + "\n"


def cursor_of(one: Proposal) -> Column | None:
    """The column by which the table could tell what changed: an indexed time of change that is always filled."""
    column = one.best("updated_at")
    indexed = {name.lower() for name in one.table.indexed}
    if column is None or column.confidence < _CURSOR_LEAST or column.name.lower() not in indexed:
        return None
    is_time = column.content.share("date") > 0.95 and column.content.share("time") > 0.95
    return column if is_time and column.content.filled == 1.0 else None


def _head(heading: Heading) -> Iterator[str]:
    yield f"# Proposed by `mdm source add {heading.name}` from names and values; the shares are how sure each is."
    yield f"# Read it once, correct what is marked `?` or EDIT, then: mdm source check {heading.name}"
    yield "version: 1"
    yield f"name: {heading.name}"
    yield f"title: {heading.name}"
    yield "priority: 100                       # lower is trusted first; compare with your other sources"
    yield f"default_country: {heading.country}                 # for phones and tax numbers that do not say"
    yield f"time_zone: {heading.time_zone}"
    yield "connection:"
    for name, value in heading.connection.items():
        yield f"  {name}: {_scalar(value)}"
    yield "tables:"


def _tables(heading: Heading, tables: Sequence[tuple[Proposal, Mapped]]) -> Iterator[str]:
    for one, mapped in tables:
        taken_for = one.kind.replace("_", " ")
        yield f"  {one.table.name}:" + _comment(f"{taken_for}, {one.confidence:.0%} sure")
        if heading.is_database:
            if one.table.origin != one.table.name:
                yield f"    table: {_scalar(one.table.origin)}"
        else:
            yield f"    files: {_flow(list(one.table.files))}"
        yield f"    key: {_flow(list(one.key))}{_comment(one.key_why)}"
        yield from _change(one, mapped)
        yield f"    {'party' if one.kind in ('party', 'contact') else 'event'}:"
        yield from _body(one, mapped)
        yield from _unmapped(one, mapped)


def _change(one: Proposal, mapped: Mapped) -> Iterator[str]:
    updated = one.best("updated_at")
    if updated is not None and updated.content.share("date") > 0.6:
        if one.kind in ("party", "contact"):
            yield f"    updated_at: {_scalar(updated.name)}{_why(updated)}"
            mapped.used.setdefault(updated.name, "updated_at")
        if cursor := cursor_of(one):
            yield f"    cursor: {{column: {_flow_scalar(cursor.name)}}}      # indexed: only what changed is read"
            yield "    deletes: by_keys                 # rows that are gone are found by a list of all keys"
    flag = one.best("deleted_flag")
    if flag is not None and flag.content.share("flag") > 0.9:
        yield f"    deleted_flag: {{column: {_flow_scalar(flag.name)}}}{_why(flag)}"
        mapped.used.setdefault(flag.name, "deleted_flag")


def _body(one: Proposal, mapped: Mapped) -> Iterator[str]:
    columns = {column.name: column for column in one.columns}
    for name, value in mapped.body.items():
        if isinstance(value, list):
            yield f"      {name}:"
            for item in value:
                yield f"        - {_flow(item)}{_why_of(item, columns)}"
        elif name == "columns":
            yield f"      {name}:"
            for canonical, column in value.items():
                text = _flow(column) if isinstance(column, dict) else _scalar(column)
                yield f"        {canonical}: {text}{_why_of(column, columns)}"
        elif isinstance(value, dict):
            yield f"      {name}: {_flow(value)}{_why_of(value, columns)}"
        else:
            yield f"      {name}: {_scalar(value)}{_why_of(value, columns)}"


def _unmapped(one: Proposal, mapped: Mapped) -> Iterator[str]:
    kept = [column for column in one.columns if column.name not in mapped.used and column.name not in one.key]
    if kept:
        yield "    # Not mapped (landed all the same):"
    for column in kept:
        meant = column.meaning or (f"{column.others[0]}?" if column.others else "")
        note = f", perhaps {meant.replace('_', ' ')}" if meant else ""
        yield f"    #   {_one_line(column.name)}: {column.content.filled:.0%} filled{note}"
    for warning in mapped.warnings:
        yield f"    # {_one_line(warning)}"


def _left_out(left: Sequence[FoundTable]) -> Iterator[str]:
    if left:
        yield "# Left out, for nothing in them is known (columns in brackets):"
    for table in left:
        yield f"#   {_one_line(table.origin)} ({_one_line(', '.join(table.sample.columns[:12]))})"


def _why_of(value: Any, columns: Mapping[str, Column]) -> str:
    names = [part for name, part in value.items() if name not in _NO_COLUMNS] if isinstance(value, dict) else [value]
    found = [columns[name] for name in names if isinstance(name, str) and name in columns]
    if not found:
        return ""
    return _why(min(found, key=lambda column: column.confidence))


def _why(column: Column) -> str:
    mark = "" if column.confidence >= _SURE else "? "
    why = f", {column.why}" if column.why else ""
    return _comment(f"{mark}{column.confidence:.0%}{why}")


def _comment(text: str) -> str:
    return f"    # {_one_line(text)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _scalar(value: Any) -> str:
    """A value as a plain or quoted scalar of one line."""
    return str(yaml.safe_dump(value, allow_unicode=True, width=10_000)).removesuffix("\n...\n").strip()


def _flow_scalar(value: Any) -> str:
    return _flow([value])[1:-1]


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return str(text).strip()
