"""A SQLAlchemy dialect whose one connection is a cursor of the hub's own connection.

In: a DuckDB cursor under a token. Out: `duckdb+hub://<token>` for Great Expectations. Invariant: no
second connection to the hub's file is ever opened (DuckDB refuses it in one process, the file lock in
another). The cursor is a transaction of its own per statement, so it sees what is committed. Does not
belong here: anything that knows suites.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from duckdb import DuckDBPyConnection
from duckdb_engine import ConnectionWrapper, Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.url import URL
from sqlalchemy.pool import Pool, StaticPool

_CURSORS: dict[str, DuckDBPyConnection] = {}

registry.register("duckdb.hub", __name__, "HubDialect")


class HubDialect(Dialect):  # type: ignore[misc]
    """duckdb_engine's dialect without its connecting, and without transactions of its own.

    A rollback when a connection goes back to the pool would throw away a result that Great Expectations has
    not fetched yet (seen as "list index out of range"), hence one connection that stays and statements that
    commit themselves.
    """

    supports_statement_cache = False

    def connect(self, *positional: Any, **named: Any) -> Any:
        """The cursor registered under the URL's host."""
        return ConnectionWrapper(_CURSORS[named["host"]])

    def create_connect_args(self, url: URL) -> tuple[tuple[Any, ...], dict[Any, Any]]:
        """The token is all there is."""
        return (), {"host": url.host}

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        """One connection for all."""
        return StaticPool

    def do_begin(self, connection: Any) -> None:
        """Statements commit themselves."""

    def do_commit(self, connection: Any) -> None:
        """Statements commit themselves."""

    def do_rollback(self, connection: Any) -> None:
        """Nothing to undo: suites only read."""


@contextmanager
def shared_cursor(cursor: DuckDBPyConnection) -> Iterator[str]:
    """Lend a cursor under a URL for as long as the block runs."""
    token = f"cursor{id(cursor)}"
    _CURSORS[token] = cursor
    try:
        yield f"duckdb+hub://{token}"
    finally:
        del _CURSORS[token]
