"""What drivers say, in our own words: what may pass by itself, and what somebody has to change.

In: an exception of SQLAlchemy or DuckDB. Out: `SourceUnavailable` or `SourceHeldBack`. Invariant: one line, and never
a URL or a password. Does not belong here: connections.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from sqlalchemy.exc import DBAPIError

from mdm_pipeline.errors import SourceHeldBack, TransientError

_FOR_GOOD = (
    "authentication failed",
    "access denied",
    "unknown database",
    "does not exist",
    "no such",
    "not a database",
)
# what PostgreSQL and MySQL say of a statement, through DuckDB's words around it
_OF_STATEMENT = ("ERROR:", "Failed to prepare MySQL query")


class SourceUnavailable(TransientError):
    """The database does not answer."""


@contextmanager
def explained(source: str, table_name: str) -> Iterator[None]:
    """Turn a driver's errors into ours.

    Args:
        source: name of the source.
        table_name: the table that is being read.

    Raises:
        SourceHeldBack: the database refuses for good.
        SourceUnavailable: it does not answer now.
    """
    try:
        yield
    except DBAPIError as error:
        said = _first_line(str(error.orig)) or type(error.orig).__name__
        is_network = isinstance(error.orig, ConnectionError | TimeoutError) or error.connection_invalidated
        is_operational = type(error.orig).__name__ in ("OperationalError", "InterfaceError")
        is_for_good = any(words in said.lower() for words in _FOR_GOOD)
        if is_network or (is_operational and not is_for_good):
            raise unavailable(source, table_name, said) from error
        raise refused(source, table_name, said) from error


def of_scan(source: str, table_name: str, error: Exception) -> SourceUnavailable | SourceHeldBack:
    """The error for a scan by DuckDB that broke off: the source's fault, not the hub's."""
    text = str(error)
    found = [words for words in _OF_STATEMENT if words in text]
    if isinstance(error, duckdb.Error | OSError) and not found:
        return unavailable(source, table_name, _first_line(text) or type(error).__name__)
    return refused(source, table_name, _first_line(text[text.find(found[0]) :] if found else text))


def unavailable(source: str, table_name: str, said: str) -> SourceUnavailable:
    """The database does not answer."""
    return SourceUnavailable(f"{source}.{table_name}: the database does not answer ({said}); tried again")


def refused(source: str, table_name: str, said: str) -> SourceHeldBack:
    """The database refuses the statement."""
    return SourceHeldBack(
        source, f"{table_name}: the database refuses the query ({said}); correct the configuration or its rights"
    )


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].strip() if lines else ""
