"""The spare copy of the hub after the last good run: used when the hub itself cannot be opened any more.

In: an open hub. Out: `hub/spare/mdm.duckdb`. Invariant: the spare is whole or the one before: it is copied beside,
forced to disk and renamed. Does not belong here: deciding that the hub is lost (`hub.recovery`), backups to elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.ddl import literal

_STATE = (
    "select (select coalesce(max(seq), 0) from {0}hub.stage_commit), "
    "(select coalesce(max(event_no), 0) from {0}audit.event), "
    "(select coalesce(max(schema_version), 0) from {0}hub.version)"
)


class CopyFailed(PermanentError):
    """The hub could not be copied."""


def spare_of(hub_file: Path) -> Path:
    """Where the spare copy of a hub lies."""
    return hub_file.parent / "spare" / hub_file.name


def keep_spare(con: DuckDBPyConnection, hub_file: Path) -> bool:
    """Renew the spare copy, if the hub has changed since.

    Args:
        con: the hub, open for writing, outside a transaction: nobody else can change the file.
        hub_file: its file.

    Returns:
        Whether a copy was made.

    Raises:
        CopyFailed: it could not be made; the old spare stands.
    """
    spare = spare_of(hub_file)
    if spare.exists() and _state_of_spare(con, spare) == _state(con):
        return False
    spare.parent.mkdir(parents=True, exist_ok=True)
    con.execute("checkpoint")
    copy_of_open_hub(hub_file, spare)
    if _state_of_spare(con, spare) != _state(con):
        raise CopyFailed(f"copy of {hub_file.name} to {spare}: lacks the hub's last commit; the disk may be bad")
    return True


def copy_of_open_hub(hub_file: Path, target: Path) -> None:
    """Copy a hub that this process holds open, checkpointed: beside the target, forced to disk, renamed.

    A process of its own copies: POSIX drops all of a process's locks on a file as soon as it closes *any* handle to it,
    so reading the hub here would let the next writer in.

    Raises:
        CopyFailed: it could not be copied; an old target stands.
    """
    copying = target.with_name(f".{target.name}.copying")
    copying.unlink(missing_ok=True)
    done = subprocess.run(  # noqa: S603  our own two paths
        ["cp", "--", str(hub_file), str(copying)],  # noqa: S607  POSIX, wherever it lies
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        copying.unlink(missing_ok=True)
        raise CopyFailed(f"copy of {hub_file.name} to {target}: {done.stderr.strip()}; the previous copy stands")
    put_in_place(copying, target)


def bring_back(hub_file: Path) -> None:
    """Put the spare copy in place of the hub; the spare itself stays."""
    copying = hub_file.with_name(f".{hub_file.name}.copying")
    shutil.copyfile(spare_of(hub_file), copying)
    put_in_place(copying, hub_file)


def put_in_place(made: Path, target: Path) -> None:
    """Force a finished file to disk and give it its name in one step."""
    sync(made)
    made.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Force a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _state(con: DuckDBPyConnection) -> tuple[int, ...] | None:
    return con.execute(_STATE.format("")).fetchone()


def _state_of_spare(con: DuckDBPyConnection, spare: Path) -> tuple[int, ...] | None:
    """Its commit, event and schema numbers; none when it cannot be read, so that it is made anew."""
    try:
        con.execute(f"attach {literal(str(spare))} as spare_copy (read_only)")
    except duckdb.Error:
        return None
    try:
        return con.execute(_STATE.format("spare_copy.")).fetchone()
    except duckdb.Error:
        return None
    finally:
        con.execute("detach spare_copy")
