"""Any database that SQLAlchemy knows, one statement per table, every column cast to text.

In: a source with an SQLAlchemy URL. Out: a `Delivery` read through a server-side cursor. Invariant: nothing
is written to the source; the password never shows; a database file that is missing is an error, never
created. Does not belong here: change detection.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError

from mdm_pipeline.config.sources import SourceConfig, SqlConnection
from mdm_pipeline.errors import PermanentError, SourceHeldBack, TransientError
from mdm_pipeline.sources.delivery import (
    ROWS_PER_BATCH,
    Delivery,
    ReadProblem,
    did_you_mean,
    expanded,
    text_batch,
    unique_names,
)
from mdm_pipeline.sources.encodings import REPLACEMENT

# Where the cast to text is exact and spells every type as its own clients do.
_CASTING_DIALECTS = frozenset({"sqlite", "postgresql", "mysql", "mariadb"})
_FOR_GOOD = (
    "authentication failed",
    "access denied",
    "unknown database",
    "does not exist",
    "no such",
    "not a database",
)


class SourceUnavailable(TransientError):
    """The database does not answer."""


def read_sql(source: SourceConfig, table_name: str, data_path: Path) -> Delivery:
    """Prepare the statement of one table and learn its columns; rows are read while iterating.

    Raises:
        SourceHeldBack: the database file, table or column is missing, or the database refuses us for good.
        SourceUnavailable: it does not answer now.
        VariableMissing: the URL names an environment variable that is not set.
    """
    engine = _engine(source, data_path)
    try:
        with _explained(source, table_name), engine.connect() as connection:
            statement, names = _statement(connection, source, table_name)
    except BaseException:
        engine.dispose()
        raise
    columns = unique_names(names)
    problems: list[ReadProblem] = []
    return Delivery(columns, _batches(engine, source, table_name, statement, columns, problems), None, (), problems)


def text_of(value: Any) -> str | None:
    """The exact text of a value as a driver hands it over."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _bytes_text(bytes(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return repr(value) if isinstance(value, float) else str(value)


def _batches(
    engine: sa.Engine,
    source: SourceConfig,
    table_name: str,
    statement: sa.Executable,
    columns: tuple[str, ...],
    problems: list[ReadProblem],
) -> Iterator[pa.RecordBatch]:
    try:
        with _explained(source, table_name), engine.connect() as connection:
            result = connection.execution_options(stream_results=True, yield_per=ROWS_PER_BATCH).execute(statement)
            first = 1
            for rows in result.partitions(ROWS_PER_BATCH):
                places = [f"{table_name} row {number}" for number in range(first, first + len(rows))]
                arrays = [
                    pa.array(
                        [_readable(text_of(v), c, p, problems) for v, p in zip(values, places, strict=True)],
                        pa.string(),
                    )
                    for c, values in zip(columns, zip(*rows, strict=True), strict=True)
                ]
                yield text_batch(columns, arrays, places)
                first += len(rows)
    finally:
        engine.dispose()


def _readable(value: str | None, column: str, place: str, problems: list[ReadProblem]) -> str | None:
    """The value; if the driver had to replace bytes in it, that is written down."""
    if value is not None and REPLACEMENT in value:
        problems.append(
            ReadProblem(
                place,
                column,
                value,
                f"bytes that are no text became {REPLACEMENT}; correct the source",
                False,
            )
        )
    return value


def _engine(source: SourceConfig, data_path: Path) -> sa.Engine:
    connection = cast(SqlConnection, source.connection)
    text = expanded(connection.url.get_secret_value(), where=f"{source.name}, connection.url")
    try:
        url = make_url(text)
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(source, url, data_path)
        return sa.create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        # the error's own text may carry the URL, and with it the password
        raise PermanentError(
            f"{source.name}, connection.url: not a URL of a database that is installed here "
            f"({type(error).__name__}); expected for instance "
            "postgresql+psycopg2://user:${PASSWORD}@host/database or sqlite:///crm.sqlite"
        ) from None


def _sqlite_engine(source: SourceConfig, url: URL, data_path: Path) -> sa.Engine:
    path = data_path / (url.database or "")
    if not path.is_file():
        raise SourceHeldBack(
            source.name,
            f"connection.url: database file {url.database} does not exist below the data folder; "
            "deliver it or correct the path",
        )

    patience_s = float(str(url.query.get("timeout", 5)))

    def connect() -> sqlite3.Connection:
        opened = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro",
            uri=True,
            check_same_thread=False,
            timeout=patience_s,
        )
        opened.text_factory = lambda stored: stored.decode("utf-8", errors="replace")
        return opened

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)


def _statement(connection: sa.Connection, source: SourceConfig, table_name: str) -> tuple[sa.Executable, list[str]]:
    table = source.tables[table_name]
    if table.query is not None:
        # a colon in the configured text is a colon, not a parameter
        query = sa.text(table.query.strip().rstrip(";").replace(":", r"\:"))
        names = _query_columns(connection, query)
        if connection.dialect.name not in _CASTING_DIALECTS:
            return query, names
        return _as_text(query.columns(*map(sa.column, names)).subquery("delivered"), names), names
    wanted = table.table or table_name
    schema, _, name = wanted.rpartition(".")
    inspector = sa.inspect(connection)
    try:
        names = [column["name"] for column in inspector.get_columns(name, schema=schema or None)]
    except NoSuchTableError as error:
        there = [
            *inspector.get_table_names(schema=schema or None),
            *inspector.get_view_names(schema=schema or None),
        ]
        raise SourceHeldBack(
            source.name,
            f"{table_name}: the database has no table {wanted!r}{did_you_mean(name, there)}; correct `table`",
        ) from error
    target = sa.table(name, *map(sa.column, names), schema=schema or None)
    if connection.dialect.name not in _CASTING_DIALECTS:
        return sa.select(*(target.c[n] for n in names)), names
    return _as_text(target, names), names


def _query_columns(connection: sa.Connection, query: sa.TextClause) -> list[str]:
    """Run the query for its column names only: the cursor is closed before a row is fetched."""
    with connection.execution_options(stream_results=True).execute(query) as result:
        return list(result.keys())


def _as_text(target: sa.FromClause, names: Sequence[str]) -> sa.Executable:
    return sa.select(*(sa.cast(target.c[name], sa.Text).label(name) for name in names)).select_from(target)


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()


@contextmanager
def _explained(source: SourceConfig, table_name: str) -> Iterator[None]:
    """Driver errors in our own words: what may pass by itself, and what somebody has to change."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        is_network = isinstance(error.orig, ConnectionError | TimeoutError) or error.connection_invalidated
        is_operational = type(error.orig).__name__ in ("OperationalError", "InterfaceError")
        is_for_good = any(words in said.lower() for words in _FOR_GOOD)
        if is_network or (is_operational and not is_for_good):
            raise SourceUnavailable(
                f"{source.name}.{table_name}: the database does not answer ({said}); tried again"
            ) from error
        raise SourceHeldBack(
            source.name,
            f"{table_name}: the database refuses the query ({said}); correct the configuration or its rights",
        ) from error
