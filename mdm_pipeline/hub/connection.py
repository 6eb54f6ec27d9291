"""Opens the hub: one writer, right settings, spill files removed, an unreadable write-ahead log set aside.

In: the home directory. Out: a `Hub` whose connection the stages use. Invariant: whoever holds the
connection is the only
writer; DuckDB's file lock is the truth. Does not belong here: transactions (`hub.transaction`) and stages.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError, TransientError
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.migrations import upgrade
from mdm_pipeline.hub.recovery import Recovered, is_damage, recover

# High, so that no automatic checkpoint runs inside a commit: stages checkpoint explicitly after theirs.
CHECKPOINT_THRESHOLD = "8GB"
_OUT_OF_SPACE = re.compile(r"No space left|File too large|Disk quota exceeded")
_LOCK_HOLDER = re.compile(r"PID (\d+)")


class HubLocked(TransientError):
    """Another process holds the hub."""

    def __init__(self, path: Path, holder: str, waited_s: float) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"hub {path.name}: held by process {holder}, waited {waited_s:.0f} s; "
            "only one run writes at a time: wait for it to end, or stop that process"
        )


class HubUnreadable(PermanentError):
    """The file cannot be opened as a hub."""


@dataclass(frozen=True)
class Home:
    """The places below one home directory; several companies live side by side in several homes."""

    root: Path

    @property
    def hub_file(self) -> Path:
        """The hub's DuckDB file; not `hub.duckdb`: a database of that name is ambiguous with its own schema `hub`."""
        return self.root / "hub" / "mdm.duckdb"

    @property
    def published_file(self) -> Path:
        """The file that analysts open."""
        return self.root / "published" / "customers.duckdb"

    @property
    def decisions_file(self) -> Path:
        """The decision store, where no other URL is configured."""
        return self.root / "decisions" / "decisions.sqlite"

    @property
    def decision_store_url(self) -> str:
        """SQLAlchemy URL of the decision store below this home."""
        return f"sqlite:///{self.decisions_file}"

    @property
    def inbox(self) -> Path:
        """Where files are dropped to start a sync."""
        return self.root / "inbox"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.root / "dagster"

    @property
    def cache(self) -> Path:
        """What can be deleted at any time."""
        return self.root / "cache"

    def create(self) -> None:
        """Make the directories that are missing."""
        for folder in (
            self.hub_file.parent,
            self.published_file.parent,
            self.decisions_file.parent,
            self.inbox,
            self.dagster,
            self.cache,
        ):
            folder.mkdir(parents=True, exist_ok=True)


class Hub:
    """The open hub. Use as a context manager; closing checkpoints."""

    def __init__(self, path: Path, con: DuckDBPyConnection) -> None:
        self.path = path
        self.con = con

    def __enter__(self) -> Hub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except duckdb.Error:
            # an exception already on its way (it may have left a transaction open) goes up instead of this one
            if error is None:
                raise

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file, so that it never holds more than one stage."""
        self.con.execute("checkpoint")

    def close(self) -> None:
        """Checkpoint and let the lock go, the latter in any case."""
        try:
            self.checkpoint()
        except duckdb.FatalException as error:
            # told to whoever caused it; what was committed stands in the log and is replayed at the next opening
            if "because of a previous fatal error" not in str(error):
                raise
        finally:
            self.con.close()


def open_hub(path: Path, *, wait_s: float = 30.0, memory_limit: str | None = None) -> Hub:
    """Open the hub for writing; create and upgrade it as needed.

    Args:
        path: the DuckDB file; its folder must exist.
        wait_s: how long to wait for another process to let go.
        memory_limit: DuckDB's memory limit, for instance '4GB'; by default 60 % of the machine's memory.

    Raises:
        HubLocked: another process still holds it.
        HubUnreadable: the file is no hub, and neither setting its log aside nor the spare copy helps.
        HubTooNew: it was written by a newer release.
    """
    con, recovered = _connect_waiting(path, wait_s)
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)  # spill files of a killed run
    _configure(con, path, memory_limit)
    try:
        upgrade(con)
        if recovered:  # only now: a kill during the very first opening leaves a file without tables
            record_event(con, who="hub", what=recovered.what, detail=recovered.detail, at=datetime.now(UTC))
    except BaseException:
        con.close()  # or the lock would outlive the refusal
        raise
    return Hub(path, con)


def open_read_only(path: Path) -> DuckDBPyConnection:
    """A read-only connection to a published file or to a hub that nobody writes."""
    con = duckdb.connect(str(path), read_only=True, config={"python_enable_replacements": False})  # noqa: TID251
    con.execute("set TimeZone = 'UTC'")
    return con


def open_in_memory() -> DuckDBPyConnection:
    """An empty hub in memory with the whole contract: for tests and previews."""
    con = duckdb.connect(":memory:", config={"python_enable_replacements": False})  # noqa: TID251
    con.execute("set TimeZone = 'UTC'")
    upgrade(con)
    return con


def _connect_waiting(path: Path, wait_s: float) -> tuple[DuckDBPyConnection, Recovered | None]:
    started = time.monotonic()
    recovered = None
    pause = 0.1
    while True:
        before = _inode(path)
        try:
            con, healed = _connect(path)
        except HubLocked as locked:
            waited = time.monotonic() - started
            if waited >= wait_s:
                raise HubLocked(path, locked.holder, waited) from locked
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)
            continue
        recovered = healed or recovered
        if before is None or _inode(path) == before:
            return con, recovered
        con.close()  # another file has taken the name meanwhile (compaction, recovery): that one is the hub


def _inode(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None


def _connect(path: Path) -> tuple[DuckDBPyConnection, Recovered | None]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": False,
        "checkpoint_threshold": CHECKPOINT_THRESHOLD,
    }

    def connect() -> DuckDBPyConnection:
        return duckdb.connect(str(path), config=config)  # noqa: TID251

    try:
        return connect(), None
    except duckdb.Error as error:
        text = str(error)
        if "Could not set lock" in text:
            raise _locked(path, text) from error
        if is_damage(error):
            recovered = _recovered(path, error, connect)
            return recovered.con, recovered
        if isinstance(error, duckdb.IOException) and not _OUT_OF_SPACE.search(text):
            raise _unreadable(path, error) from error
        raise


def _recovered(path: Path, error: duckdb.Error, connect: Callable[[], DuckDBPyConnection]) -> Recovered:
    try:
        return recover(path, error, connect)
    except duckdb.Error as still:
        if "Could not set lock" in str(still):
            raise _locked(path, str(still)) from still
        raise _unreadable(path, still) from still


def _locked(path: Path, text: str) -> HubLocked:
    holder = _LOCK_HOLDER.search(text)
    return HubLocked(path, holder.group(1) if holder else "unknown", 0.0)


def _unreadable(path: Path, error: duckdb.Error) -> HubUnreadable:
    return HubUnreadable(
        f"hub {path.name}: cannot be opened ({str(error).splitlines()[0]}); expected a DuckDB file written by this "
        "product, and there is no spare copy that opens; restore a backup, or move it away to start anew"
    )


def _configure(con: DuckDBPyConnection, path: Path, memory_limit: str | None) -> None:
    con.execute("set TimeZone = 'UTC'")
    con.execute("set preserve_insertion_order = false")
    limit = memory_limit or f"{int(_machine_memory() * 0.6 / 2**20)}MiB"
    con.execute("set memory_limit = $limit", {"limit": limit})
    free = shutil.disk_usage(path.parent).free
    con.execute("set max_temp_directory_size = $limit", {"limit": f"{max(free // 2 // 2**20, 256)}MiB"})


def _machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
