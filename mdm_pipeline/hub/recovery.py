"""Recovery of a hub that does not open: set the write-ahead log aside, then fall back to the spare copy.

In: the error with which DuckDB refused. Out: a hub that opens, and what was done, for the audit log. Invariant: nothing
is ever deleted, only renamed to `*.damaged-<time>`; a hub that is locked, too new or forbidden is not taken for
damaged; one process recovers at a time. Does not belong here: opening (`hub.connection`).
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.spare import bring_back, spare_of

# DuckDB 1.5: an InternalException when replay itself fails, an IOException when a checksum does not fit, and two more
# when log and file do not belong together; a log that is merely cut off is replayed up to the cut
_LOG_DAMAGED = re.compile(
    r"replaying (?:checkpoint )?WAL|Corrupt (?:Encrypted )?WAL|WAL was created for this database|WAL does not match"
)
_FILE_DAMAGED = re.compile(
    r"not a valid DuckDB database file|Could not read enough bytes|[Cc]orrupt database file|Serialization Error"
)
_LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")


@dataclass(frozen=True)
class Recovered:
    """A hub that opens again.

    Args:
        con: the connection.
        what: what was done, for the audit log.
        detail: files set aside and why.
    """

    con: DuckDBPyConnection
    what: str
    detail: str


def is_damage(error: duckdb.Error) -> bool:
    """Whether file or log are damaged, as opposed to locked, forbidden or too new."""
    return bool(_LOG_DAMAGED.search(str(error)) or _FILE_DAMAGED.search(str(error)))


def recover(path: Path, error: duckdb.Error, connect: Callable[[], DuckDBPyConnection]) -> Recovered:
    """Bring a damaged hub back to the latest state that can be had.

    Args:
        path: the hub.
        error: why it did not open; `is_damage(error)` holds.
        connect: opens the hub without recovery.

    Raises:
        duckdb.Error: it opens neither without its log, nor is there a spare copy that opens; everything was put back.
    """
    with _alone(path.parent):
        try:
            return Recovered(
                connect(), "opened at the second try", _first_line(error)
            )  # somebody else has recovered it
        except duckdb.Error as again:
            if not is_damage(again):
                raise
        return _without_log(path, error, connect)


def _without_log(path: Path, error: duckdb.Error, connect: Callable[[], DuckDBPyConnection]) -> Recovered:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    moved = _set_aside(path, stamp, _LOGS)
    if moved:
        try:
            con = connect()
        except duckdb.Error as still:
            if not is_damage(still):
                raise
        else:
            detail = (
                f"{_names(moved)}: {_first_line(error)}; opened at the last checkpoint, the run does the rest again"
            )
            return Recovered(con, "write-ahead log set aside", detail)
    if not spare_of(path).exists():
        _put_back(moved)
        raise error
    moved += _set_aside(path, stamp, ("",))
    try:
        bring_back(path)
        con = connect()
    except (duckdb.Error, OSError):
        path.unlink(missing_ok=True)
        _put_back(moved)
        raise
    detail = f"{_names(moved)}: {_first_line(error)}; the hub is that of the last good run, the next one does the rest"
    return Recovered(con, "spare copy brought back", detail)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder: two processes that meet the same damage must not set aside what the other has just opened."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def damaged_files(hub_file: Path) -> list[Path]:
    """What earlier recoveries have set aside; nobody needs it once the cause is known."""
    return sorted(hub_file.parent.glob(f"{hub_file.name}*.damaged-*"))


def _set_aside(path: Path, stamp: str, suffixes: tuple[str, ...]) -> list[tuple[Path, Path]]:
    moved = []
    for suffix in suffixes:
        file = path.with_name(path.name + suffix)
        if file.exists():
            aside = file.with_name(f"{file.name}.damaged-{stamp}")
            file.rename(aside)
            moved.append((file, aside))
    return moved


def _put_back(moved: list[tuple[Path, Path]]) -> None:
    for file, aside in moved:
        aside.rename(file)


def _names(moved: list[tuple[Path, Path]]) -> str:
    return ", ".join(aside.name for _, aside in moved)


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
