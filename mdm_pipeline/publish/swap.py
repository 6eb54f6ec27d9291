"""Builds a DuckDB file beside its target and swaps it in by one atomic rename.

In: a connection to the hub, a function that fills the file. Out: the target, whole, on disk. Invariant: the target is
never half written; what a killed run left is replaced. Does not belong here: what is in the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.ddl import literal, quoted

ALIAS = "published_file"
# The oldest form that DuckDB 1.x reads everywhere; newer ones are no smaller for this content.
STORAGE_VERSION = "v1.0.0"


def swap_in(con: DuckDBPyConnection, target: Path, fill: Callable[[DuckDBPyConnection], None]) -> None:
    """Build the target anew and put it in place of the old one.

    A transaction of DuckDB writes to one file only, so the file is written by a second connection to the same instance,
    in a transaction of its own: it reads what the hub has committed.

    Args:
        con: the hub.
        target: the file to replace; its folder must exist. Readers that have it open keep the old one.
        fill: creates and fills the tables in the attached database `ALIAS`; statements that name no database mean
            the hub.
    """
    building = target.with_name(f".{target.stem}.building")
    _remove(building)
    try:
        _write(con, building, fill)
        _sync(building)
    except BaseException:
        _remove(building)
        raise
    building.replace(target)
    _sync(target.parent)


def _write(con: DuckDBPyConnection, building: Path, fill: Callable[[DuckDBPyConnection], None]) -> None:
    cursor = con.cursor()
    try:
        cursor.execute("set TimeZone = 'UTC'")
        hub = _current_database(cursor)
        cursor.execute(f"detach database if exists {ALIAS}")
        cursor.execute(
            f"attach {literal(str(building))} as {ALIAS} (type duckdb, storage_version {literal(STORAGE_VERSION)})"
        )
        try:
            _fill_in_transaction(cursor, fill)
        finally:
            cursor.execute(f"use {quoted(hub)}")
            cursor.execute(f"detach {ALIAS}")  # checkpoints: after it the file is whole and needs no log
    finally:
        cursor.close()


def _fill_in_transaction(cursor: DuckDBPyConnection, fill: Callable[[DuckDBPyConnection], None]) -> None:
    cursor.execute("begin")
    try:
        fill(cursor)
        cursor.execute("commit")
    except BaseException:
        # a fatal error has ended the transaction already; the first error goes up
        with suppress(duckdb.TransactionException):
            cursor.execute("rollback")
        raise


def _current_database(con: DuckDBPyConnection) -> str:
    row = con.execute("select current_database()").fetchone()
    return str(row[0]) if row else "memory"


def _sync(path: Path) -> None:
    """Force a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(building: Path) -> None:
    building.unlink(missing_ok=True)
    building.with_name(building.name + ".wal").unlink(missing_ok=True)
