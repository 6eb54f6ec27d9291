"""Any database that SQLAlchemy knows: one connection and one snapshot per source and run, every column as text.

In: a source with an SQLAlchemy URL. Out: deliveries that DuckDB fetches itself where it can, and that a server-side
cursor reads otherwise. Invariant: nothing is written to the source; the password never shows; a database file that is
missing is an error, never created. Does not belong here: statements, change detection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from mdm_pipeline.config.connections import SqlConnection
from mdm_pipeline.config.sources import CursorConfig, SourceConfig, TableConfig
from mdm_pipeline.errors import PermanentError, SourceHeldBack
from mdm_pipeline.sources import database_rows as rows
from mdm_pipeline.sources.cursor_values import NoCursorValue, lagged, later, moment_of, spelled_like
from mdm_pipeline.sources.database_dialects import Dialect, dialect_of
from mdm_pipeline.sources.database_errors import explained
from mdm_pipeline.sources.database_relation import plain_relation, relation_of
from mdm_pipeline.sources.database_scan import DatabaseScan, ScanSession, scanner_of
from mdm_pipeline.sources.database_statements import Relation, cursor_literal
from mdm_pipeline.sources.delivery import (
    NOTHING_LANDED,
    Delivery,
    Place,
    ReadProblem,
    Since,
    did_you_mean,
    expanded,
    unique_names,
)


class SqlReader:
    """A source of kind `sql`, open for one run: its tables are read as of one moment where the database can."""

    def __init__(self, source: SourceConfig, place: Place) -> None:
        self.source = source
        self.place = place
        self._zone = ZoneInfo(source.time_zone)
        self._engine: sa.Engine | None = None
        self._connection: sa.Connection | None = None
        self._scan: ScanSession | None = None
        self._recode: rows.Recode | None = None
        self._now: datetime | None = None

    def __enter__(self) -> SqlReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(is_broken=error is not None)

    def close(self, *, is_broken: bool = False) -> None:
        """End the transactions and let the source go.

        Args:
            is_broken: a cursor may stand in the middle of its rows: drop the connection instead of reading them.
        """
        if self._scan is not None:
            self._scan.close()
        if self._connection is not None:
            if is_broken:
                self._connection.invalidate()
            self._connection.close()
        if self._engine is not None:
            self._engine.dispose()
        self._scan = self._connection = self._engine = None

    def peek(self, table_name: str, since: Since = NOTHING_LANDED) -> None:
        """Only reading tells."""
        return

    def read(self, table_name: str, since: Since) -> Delivery:
        """Prepare the statement of one table and learn its columns; rows are read while iterating.

        Raises:
            SourceHeldBack: the database file, table or column is missing, or the database refuses us for good.
            SourceUnavailable: it does not answer now.
            VariableMissing: the URL names an environment variable that is not set.
        """
        table = self.source.tables[table_name]
        with explained(self.source.name, table_name):
            connection = self._opened()
            relation = relation_of(connection, self.source, table_name, self._dialect)
            if self._recode is not None:
                named = tuple(replace(column, name=self._recode(column.name)) for column in relation.columns)
                relation = replace(relation, columns=named)
            self._require_cursor(table, table_name, relation)
            watermark = self._watermark(connection, relation, table, table_name, since)
            select = self._select(relation, table, table_name, since)
        columns = unique_names([column.name for column in relation.columns])
        problems: list[ReadProblem] = []
        arrays = self._arrays(table_name, select, len(columns))
        return Delivery(
            columns,
            rows.located_batches(arrays, table_name, columns, problems),
            problems=problems,
            scan=DatabaseScan(self._scan, table_name, columns, select) if self._scan else None,
            is_complete=not (table.cursor and since.watermark and not since.is_full),
            present_keys=self._present_keys(relation, table, table_name) if table.deletes == "by_keys" else None,
            watermark=watermark,
        )

    @property
    def _dialect(self) -> Dialect:
        assert self._connection is not None  # noqa: S101  read() opens before it asks
        return dialect_of(self._connection.dialect.name) or plain_relation(self._connection.dialect.name)

    def _opened(self) -> sa.Connection:
        """The source's connection with its snapshot taken, made when first asked for."""
        if self._connection is not None:
            return self._connection
        url = self._url()
        self._engine = self._make_engine(url)
        connection = self._engine.connect()
        self._connection = connection
        dialect = dialect_of(connection.dialect.name)
        if dialect is None:
            return connection
        self._begin(connection, dialect)
        seconds = float(connection.exec_driver_sql(dialect.clock).scalar_one())
        self._now = datetime.fromtimestamp(seconds, UTC)
        self._scan = self._make_scan(connection, url, dialect)
        return connection

    def _begin(self, connection: sa.Connection, dialect: Dialect) -> None:
        if dialect.isolation:
            connection.execution_options(isolation_level=dialect.isolation)
        for statement in (*dialect.session, *dialect.opening):
            connection.exec_driver_sql(statement)

    def _make_scan(self, connection: sa.Connection, url: URL, dialect: Dialect) -> ScanSession | None:
        configured = cast(SqlConnection, self.source.connection)
        kind = scanner_of(url) if configured.fast_path else None
        if kind == "postgres":
            if connection.exec_driver_sql("show server_encoding").scalar_one() == "SQL_ASCII":
                self._pass_bytes(connection, dialect)
                return None
            try:
                snapshot = connection.exec_driver_sql("select pg_export_snapshot()").scalar_one()
            except DBAPIError:  # a relative of PostgreSQL without it; the failure has ended the transaction
                connection.rollback()
                self._begin(connection, dialect)
                return None
            return ScanSession(self.source.name, url, snapshot, dialect.session)
        if kind == "mysql" and (len(self.source.tables) == 1 or configured.snapshot == "table"):
            return ScanSession(self.source.name, url, None, ())
        return None

    def _pass_bytes(self, connection: sa.Connection, dialect: Dialect) -> None:
        """Texts are bytes of any encoding: let them through as Latin-1 in both directions, and read them as UTF-8."""
        connection.rollback()  # the driver changes its encoding outside of transactions only
        connection.connection.set_client_encoding("LATIN1")
        self._recode = rows.utf8_of_latin1

        @sa.event.listens_for(connection, "before_cursor_execute", retval=True)
        def _passed(_c: Any, _u: Any, statement: str, parameters: Any, _x: Any, _m: Any) -> tuple[str, Any]:
            return statement.encode("utf-8").decode("latin-1"), parameters

        self._begin(connection, dialect)

    def _arrays(self, table_name: str, select: str, columns: int) -> Iterator[list[pa.Array]]:
        with explained(self.source.name, table_name):
            yield from rows.text_arrays(self._opened(), select, columns, self._recode)

    def _present_keys(self, relation: Relation, table: TableConfig, table_name: str) -> Iterator[pa.RecordBatch]:
        with explained(self.source.name, table_name):
            connection = self._opened()
            if self._scan is not None and self._scan.kind == "mysql":
                # the scan saw a later moment than this connection: a row that came in between must not look gone
                connection.rollback()
                self._begin(connection, relation.dialect)
            arrays = rows.text_arrays(connection, relation.keys(table.key), len(table.key), self._recode)
            yield from rows.key_batches(arrays, table.key)

    def _select(self, relation: Relation, table: TableConfig, table_name: str, since: Since) -> str:
        if table.cursor is None or since.watermark is None or since.is_full:
            return relation.rows()
        try:
            bound = lagged(since.watermark, table.cursor)
            return relation.rows(table.cursor.column, cursor_literal(relation.dialect, bound, table.cursor.kind))
        except ValueError:
            raise self._no_cursor_value(table_name, table.cursor, since.watermark) from None

    def _watermark(
        self, connection: sa.Connection, relation: Relation, table: TableConfig, table_name: str, since: Since
    ) -> str | None:
        """The highest cursor value in the snapshot that is not in the source's own future.

        A clock that runs ahead must not push the watermark past what others still write: such rows are delivered in
        every run until their time has come.
        """
        cursor = table.cursor
        if cursor is None:
            return None
        before = None if since.is_full else since.watermark
        try:
            top = self._highest(connection, relation, cursor)
            return later(top, before, cursor, self._zone)
        except NoCursorValue as error:
            raise self._no_cursor_value(table_name, cursor, str(error)) from None

    def _highest(self, connection: sa.Connection, relation: Relation, cursor: CursorConfig) -> str | None:
        dialect = relation.dialect

        def ask(below: str | None = None, *, is_strict: bool = False) -> str | None:
            literal = None if below is None else dialect.literal(below)
            statement = relation.highest(cursor.column, literal, is_strict=is_strict)
            options = {"no_parameters": True}
            return rows.text_of(connection.exec_driver_sql(statement, execution_options=options).scalar())

        top = ask()
        if top == "infinity":
            top = ask("infinity", is_strict=True)
        if top is None or top == "-infinity" or cursor.kind == "sequence" or self._now is None:
            return None if top == "-infinity" else top
        if moment_of(top, self._zone) <= self._now:
            return top
        now = spelled_like(top, self._now, self._zone)
        return ask(now) or now

    def _require_cursor(self, table: TableConfig, table_name: str, relation: Relation) -> None:
        wanted = [table.cursor.column] if table.cursor else []
        wanted += table.key if table.deletes == "by_keys" else []
        names = [column.name for column in relation.columns]
        for name in wanted:
            if name.lower() not in {known.lower() for known in names}:
                raise SourceHeldBack(
                    self.source.name,
                    f"{table_name}: the database has no column {name!r}{did_you_mean(name, names)}, which the "
                    "configuration names as cursor or key; correct the configuration",
                )

    def _no_cursor_value(self, table_name: str, cursor: CursorConfig, value: str) -> SourceHeldBack:
        wanted = "a time stamp such as 2026-01-31 23:59:59" if cursor.kind == "timestamp" else "a number"
        return SourceHeldBack(
            self.source.name,
            f"{table_name}, column {cursor.column}: {value!r} is no {cursor.kind}; expected {wanted} "
            "in the cursor column; name another column, or remove `cursor` to compare all rows every time",
        )

    def _url(self) -> URL:
        connection = cast(SqlConnection, self.source.connection)
        text = expanded(connection.url.get_secret_value(), where=f"{self.source.name}, connection.url")
        try:
            return make_url(text)
        except ArgumentError as error:
            raise self._no_url(error) from None

    def _make_engine(self, url: URL) -> sa.Engine:
        try:
            if url.get_backend_name() == "sqlite":
                return _sqlite_engine(self.source, url, self.place.data_path)
            return sa.create_engine(url, poolclass=sa.pool.NullPool)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            # the error's own text may carry the URL, and with it the password
            raise self._no_url(error) from None

    def _no_url(self, error: Exception) -> PermanentError:
        return PermanentError(
            f"{self.source.name}, connection.url: not a URL of a database that is installed here "
            f"({type(error).__name__}); expected for instance "
            "postgresql+psycopg2://user:${PASSWORD}@host/database or sqlite:///crm.sqlite; "
            "SQL Server and Oracle need the extras [mssql] and [oracle]"
        )


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
            isolation_level=None,  # one read transaction, begun by ourselves
        )
        opened.text_factory = lambda stored: stored.decode("utf-8", errors="replace")
        return opened

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)
