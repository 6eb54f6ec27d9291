"""The fast path: DuckDB fetches from PostgreSQL, MySQL or MariaDB by itself, by the same SQL text.

In: the URL of the source and, for PostgreSQL, the snapshot of the connection that describes its tables. Out: a
select statement over a stream that landing reads. Invariant: the source is read on a connection beside the hub's, so
that a source that breaks off leaves the hub's transaction whole; no statement, error or log holds the password.
Does not belong here: what is selected.
"""

# ruff: noqa: S608  the source's statement is passed as a quoted literal, names are quoted

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from sqlalchemy.engine import URL

from mdm_pipeline.sources.database_errors import of_scan
from mdm_pipeline.sources.database_rows import rows_per_batch
from mdm_pipeline.sources.delivery import LOCATION, ScanImpossible

_VIEW = "source_scan_view"
_BACKENDS = frozenset({"postgresql", "mysql", "mariadb"})
_DRIVERS = {"psycopg2": "postgres", "psycopg": "postgres", "pymysql": "mysql", "mysqldb": "mysql"}
# what libpq understands in an attach string; anything else in the URL is the driver's own
_LIBPQ = frozenset(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name", "options", "gssencmode"}
)


def scanner_of(url: URL) -> str | None:
    """`postgres` or `mysql` where DuckDB can read what the URL names; None otherwise."""
    kind = _DRIVERS.get(url.get_driver_name()) if url.get_backend_name() in _BACKENDS else None
    known = _LIBPQ if kind == "postgres" else frozenset({"charset"})
    return kind if url.host and set(url.query) <= known else None


class ScanSession:
    """One source attached to the hub's DuckDB for one run.

    Args:
        source: name of the source.
        url: where it is.
        snapshot: name of an exported snapshot of PostgreSQL, in which everything is read.
        session: statements that make texts independent of the server's settings.
    """

    def __init__(self, source: str, url: URL, snapshot: str | None, session: Sequence[str]) -> None:
        self.source = source
        self.kind = scanner_of(url)
        self._url = url
        self._snapshot = snapshot
        self._session = session
        self._alias = f"_source_{source}"
        self._con: DuckDBPyConnection | None = None

    def connection(self, con: DuckDBPyConnection) -> DuckDBPyConnection:
        """A connection beside the hub's with the source attached, opened when first asked for.

        Raises:
            ScanImpossible: the extension or the source does not let us.
        """
        if self._con is None:
            beside = con.cursor()
            try:
                self._attach(beside)
            except (duckdb.Error, ImportError) as error:
                # the error's own text may carry the password
                self._detach(beside)
                raise ScanImpossible(f"DuckDB cannot attach the database ({type(error).__name__})") from None
            self._con = beside
        return self._con

    def close(self) -> None:
        """End the transaction at the source and let it go; what a dead server makes of that does not matter."""
        if self._con is not None:
            self._detach(self._con)
            self._con = None

    def statement(self, select: str) -> str:
        """DuckDB's statement for a select that the source runs."""
        return f"select * from {self.kind}_query({_literal(self._alias)}, {_literal(select)})"

    def _attach(self, beside: DuckDBPyConnection) -> None:
        secret = f"{self._alias}_secret"
        _load_extension(beside, f"{self.kind}_scanner")
        beside.execute(f"create or replace temporary secret {_name(secret)} (type {self.kind}, {self._credentials()})")
        try:
            options = " ".join(f"{name}={_libpq(str(value))}" for name, value in self._url.query.items())
            target = options if self.kind == "postgres" else ""
            access = f"type {self.kind}, secret {_name(secret)}, read_only"
            beside.execute(f"attach {_literal(target)} as {_name(self._alias)} ({access})")
        finally:
            beside.execute(f"drop secret {_name(secret)}")
        if self.kind == "mysql":
            # a long answer is no runaway query, and a dying one must not be repeated in the background
            beside.execute("set mysql_query_timeout_enabled = false")
            return
        beside.execute("begin")
        first = [f"set transaction snapshot {_literal(self._snapshot)}"] if self._snapshot else []
        for statement in (*first, *self._session):
            beside.execute(f"call postgres_execute({_literal(self._alias)}, {_literal(statement)})")

    def _detach(self, beside: DuckDBPyConnection) -> None:
        with suppress(duckdb.Error):  # no transaction, or a server that is gone
            beside.execute("rollback")
        with suppress(duckdb.Error):  # never attached
            beside.execute(f"detach {_name(self._alias)}")
        beside.close()

    def _credentials(self) -> str:
        url = self._url
        parts = {
            "host": url.host,
            "port": str(url.port) if url.port else None,
            "user": url.username,
            "password": url.password,
            "database": url.database,
        }
        return ", ".join(f"{name} {_literal(str(value))}" for name, value in parts.items() if value is not None)


@dataclass
class DatabaseScan:
    """The rows of one table as DuckDB fetches them; a `HubScan`.

    Args:
        session: the source.
        table_name: for locations and errors.
        columns: the delivery's.
        select: the source's statement, one text column per column.
    """

    session: ScanSession
    table_name: str
    columns: Sequence[str]
    select: str

    @contextmanager
    def opened(self, con: DuckDBPyConnection) -> Iterator[str]:
        """A select over the delivery's columns in order, `_row` and `_location`, which reads the source meanwhile.

        Raises:
            ScanImpossible: before anything is read; the delivery's batches have the same rows.
            SourceUnavailable: the source broke off.
            SourceHeldBack: the source refuses the statement.
        """
        beside = self.session.connection(con)
        failures: list[Exception] = []
        try:
            result = beside.execute(self.session.statement(self.select))
            read = result.to_arrow_reader(rows_per_batch(len(self.columns)))
        except duckdb.Error as error:
            raise of_scan(self.session.source, self.table_name, error) from None
        # by number: the source's own columns may be called `_row` and `_location`
        numbered = ((f"column_{number}", pa.string()) for number, _ in enumerate(self.columns))
        schema = pa.schema([*numbered, ("_row", pa.int64())])
        stream = pa.RecordBatchReader.from_batches(schema, _watched(read, schema, failures))
        con.register(_VIEW, stream)
        place = _literal(f"{self.table_name} row ")
        try:
            yield f"select *, {place} || (_row + 1) as {LOCATION} from {_VIEW}"
        except duckdb.Error:
            if failures:
                raise of_scan(self.session.source, self.table_name, failures[0]) from failures[0]
            raise
        finally:
            con.unregister(_VIEW)


def _watched(read: pa.RecordBatchReader, schema: pa.Schema, failures: list[Exception]) -> Iterator[pa.RecordBatch]:
    """The batches numbered, under the delivery's names; DuckDB passes on only the text of an error, so it is kept."""
    first = 0
    try:
        for batch in read:
            numbers = pa.array(np.arange(first, first + batch.num_rows))
            yield pa.RecordBatch.from_arrays([*batch.columns, numbers], schema=schema)
            first += batch.num_rows
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        failures.append(error)
        raise


def _load_extension(con: DuckDBPyConnection, name: str) -> None:
    """Load the extension from the installed package itself: no copy in a home directory that may not be writable."""
    row = con.execute("select library_version from pragma_version()").fetchone()
    version = row[0] if row else ""
    folder = importlib.resources.files(f"duckdb_extension_{name}")
    path = folder / "extensions" / version / f"{name}.duckdb_extension"
    con.execute(f"load {_literal(str(path))}")


def _libpq(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
