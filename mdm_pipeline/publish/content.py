"""Fills the published file: tables, views, macros, comments, dictionary, examples.

In: the hub's committed state. Out: the attached database `published_file`. Invariant: every table, view and column has
a comment in two languages; rows are sorted. Does not belong here: where the file lies.
"""

# ruff: noqa: S608  statements are built from contract identifiers and our own .sql files; values never enter the text

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from duckdb import DuckDBPyConnection

from mdm_pipeline import __version__
from mdm_pipeline.hub import sql
from mdm_pipeline.hub.contract.mart import CUSTOMER_360
from mdm_pipeline.hub.ddl import bilingual, comment_statements, create_statement, literal, quoted, quoted_name
from mdm_pipeline.publish.swap import ALIAS
from mdm_pipeline.publish.tables import PUBLISHED, Published

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Edition:
    """What the file says about itself."""

    generation: int
    as_of: datetime
    run_id: str
    company: str
    group_currency: str


@dataclass(frozen=True)
class Example:
    """A question and the query that answers it."""

    en: str
    zh: str
    sql: str


@cache
def examples() -> tuple[Example, ...]:
    """The example queries, in order."""
    return tuple(Example(**entry) for entry in yaml.safe_load(sql.sql_text(_HERE / "examples.yaml")))


def fill(con: DuckDBPyConnection, edition: Edition) -> dict[str, int]:
    """Create and fill everything in the attached, empty database.

    Args:
        con: a connection whose default database is the hub and that has `published_file` attached.
        edition: what the file says about itself.

    Returns:
        Rows per table.
    """
    rows = {published.table.name: _fill_table(con, published, edition) for published in PUBLISHED}
    con.execute(f"use {ALIAS}")
    _create_chinese_view(con)
    sql.run_sql(con, _HERE / "macros.sql")
    return rows


def _fill_table(con: DuckDBPyConnection, published: Published, edition: Edition) -> int:
    table = published.table
    target = f"{ALIAS}.main.{quoted(table.name)}"
    con.execute(create_statement(table, target))
    for statement in comment_statements(table, target):
        con.execute(statement)
    columns = ", ".join(quoted(name) for name in table.column_names)
    if published.is_filled_by_stage:
        rows = _own_rows(table.name, edition)
        marks = ", ".join(f"${n}" for n in range(1, len(table.columns) + 1))
        con.executemany(f"insert into {target} ({columns}) values ({marks})", rows)
    else:
        order = ", ".join(quoted(name) for name in published.sort_columns)
        if published.source is not None:
            origin = quoted_name(published.source)
        else:
            origin = "(" + sql.sql_text(_HERE / "sql" / f"{table.name}.sql") + ")"
        con.execute(f"insert into {target} ({columns}) select {columns} from {origin} as origin order by {order}")
    row = con.execute(f"select count(*) from {target}").fetchone()
    return int(row[0]) if row else 0


def _create_chinese_view(con: DuckDBPyConnection) -> None:
    """`customer_360_zh`: the same with Chinese column names, for spreadsheets."""
    columns = ", ".join(f"{quoted(c.name)} as {quoted(c.doc_zh)}" for c in CUSTOMER_360.columns)
    con.execute(f"create view customer_360_zh as select {columns} from customer_360")
    text = bilingual("客户360视图(中文列名)", "customer_360 with Chinese column names.")
    con.execute(f"comment on view customer_360_zh is {literal(text)}")
    for column in CUSTOMER_360.columns:
        comment = literal(bilingual(column.doc_zh, column.doc))
        con.execute(f"comment on column customer_360_zh.{quoted(column.doc_zh)} is {comment}")


def _own_rows(table: str, edition: Edition) -> list[Sequence[Any]]:
    if table == "generation":
        at = edition.as_of.replace(tzinfo=None)
        number = edition.generation
        return [(number, at, edition.run_id, __version__, edition.company, edition.group_currency)]
    if table == "example_query":
        return [(n, e.en, e.zh, e.sql) for n, e in enumerate(examples(), start=1)]
    if table == "a_read_me":
        return _read_me_rows(edition)
    return _dictionary_rows()


def _dictionary_rows() -> list[Sequence[Any]]:
    return [
        (
            table.name,
            number,
            column.name,
            column.type,
            column.doc,
            column.doc_zh,
            column.name in table.key,
            column.is_required,
            " | ".join(column.values) or None,
            column.pii.value if column.pii else None,
            column.volatile,
            table.kind.value,
            table.doc,
            table.doc_zh,
        )
        for table in (published.table for published in PUBLISHED)
        for number, column in enumerate(table.columns, start=1)
    ]


def _read_me_rows(edition: Edition) -> list[Sequence[Any]]:
    told = [
        (entry["topic"], entry["en"].format(edition=edition), entry["zh"].format(edition=edition))
        for entry in yaml.safe_load(sql.sql_text(_HERE / "read_me.yaml"))
    ]
    first_five = [("query", f"{e.en}\n{e.sql}", f"{e.zh}\n{e.sql}") for e in examples()[:5]]
    return [(n, *row) for n, row in enumerate([*told, *first_five], start=1)]
