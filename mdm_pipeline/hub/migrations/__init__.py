"""Numbered migrations `mNNNN_<what>.py`, each with `schema(con)` and `rows(con)`; one transaction each.

In: a hub at any older version. Out: the same hub at the newest. Invariant: a migrated hub equals a fresh
one made from the
contract (a test checks each kept old hub); only *state* tables are migrated, derived ones are dropped and refilled.
"""

from __future__ import annotations

from importlib import import_module

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline import __version__
from mdm_pipeline.errors import PermanentError

MIGRATIONS = (
    "m0001_first_hub",
    "m0002_any_source",
)


class HubTooNew(PermanentError):
    """The hub was written by a newer release."""

    def __init__(self, found: int, known: int) -> None:
        self.found = found
        self.known = known
        super().__init__(
            f"hub: has schema version {found}, this program knows up to {known}; install the release that wrote it"
        )


def version_of(con: DuckDBPyConnection) -> int:
    """The hub's schema version; 0 for an empty file."""
    exists = con.execute(
        "select 1 from duckdb_tables() where database_name = current_database() "
        "and schema_name = 'hub' and table_name = 'version'"
    ).fetchone()
    if not exists:
        return 0
    row = con.execute("select coalesce(max(schema_version), 0) from hub.version").fetchone()
    return int(row[0]) if row else 0


def upgrade(con: DuckDBPyConnection) -> None:
    """Apply the migrations that are missing.

    Raises:
        HubTooNew: the hub is ahead of this program.
    """
    found = version_of(con)
    if found > len(MIGRATIONS):
        raise HubTooNew(found, len(MIGRATIONS))
    for number, name in enumerate(MIGRATIONS[found:], start=found + 1):
        migration = import_module(f"{__name__}.{name}")
        con.execute("begin")
        try:
            migration.schema(con)
            migration.rows(con)
            con.execute(
                "insert into hub.version values ($number, $product, $duckdb, now()::timestamp)",
                {"number": number, "product": __version__, "duckdb": duckdb.__version__},
            )
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise
