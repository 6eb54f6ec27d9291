"""Disk space: refuses a run that would not fit, and tells a full disk in one line wherever it shows.

In: a home, or an exception. Out: `DiskFull`. Invariant: a full disk is never reported as anything else, and never as
bad data. Does not belong here: freeing space (`mdm doctor --repair` says and does what is possible).
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.connection import Home

RESERVE_BYTES = 2**30
_FULL_ERRORS = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_FULL_WORDS = re.compile(
    r"No space left|File too large|Disk quota exceeded|disk is full|max_temp_directory_size", re.IGNORECASE
)
_FILE_NAMED = re.compile(r'Could not (?:write|truncate|sync)[^"]*"([^"]+)"')
_ORDER = (
    "nothing is lost: the last committed stage and the published file stand; "
    "free space or move the home to a larger disk (mdm doctor --repair names what can go), then run again"
)


class DiskFull(PermanentError):
    """The disk is full, or would be before the run ends."""


def needed_bytes(home: Home, reserve_bytes: int = RESERVE_BYTES) -> int:
    """What a run may need: a second hub (log, spill, spare copy), a second published file, and a reserve."""
    hub = home.hub_file.stat().st_size if home.hub_file.exists() else 0
    published = home.published_file.stat().st_size if home.published_file.exists() else 0
    return 2 * hub + published + reserve_bytes


def free_bytes(folder: Path) -> int:
    """Free bytes where a folder is, or will be."""
    return shutil.disk_usage(_existing(folder)).free


def check_space(home: Home, reserve_bytes: int = RESERVE_BYTES) -> None:
    """Refuse to start where a run would not fit.

    Args:
        home: whose disk.
        reserve_bytes: what must stay free besides twice the hub and once the published file.

    Raises:
        DiskFull: too little is free.
    """
    free, needed = free_bytes(home.root), needed_bytes(home, reserve_bytes)
    if free < needed:
        raise DiskFull(
            f"disk of {home.root}: {_gigabytes(free)} free, a run wants {_gigabytes(needed)} "
            "(twice the hub, the published file and a reserve); free some space, move the home to a larger disk, "
            "or lower `operations.free_space_gb`; mdm doctor --repair names what can go"
        )


def as_disk_full(error: BaseException) -> DiskFull | None:
    """The error as `DiskFull` when a full disk is behind it, however deep.

    DuckDB says so in an IOException, a failed commit, a fatal checkpoint, or (spilling) in an OutOfMemoryException;
    the operating system in an OSError; SQLite, where Dagster keeps its runs, in words of its own.
    """
    seen: set[int] = set()
    inner: BaseException | None = error
    while inner is not None and id(inner) not in seen:
        if isinstance(inner, DiskFull):
            return inner
        seen.add(id(inner))
        text = str(inner)
        if (isinstance(inner, OSError) and inner.errno in _FULL_ERRORS) or _FULL_WORDS.search(text):
            named = _FILE_NAMED.search(text)
            where = Path(named.group(1)).name if named else getattr(inner, "filename", None)
            return DiskFull(f"disk full{f' while writing {where}' if where else ''}: {_ORDER}")
        inner = inner.__cause__ or inner.__context__
    return None


@contextmanager
def disk_full_told() -> Iterator[None]:
    """Whatever fails inside for want of space leaves as `DiskFull`; everything else as it is.

    Raises:
        DiskFull: the disk is full.
    """
    try:
        yield
    except Exception as error:
        full = as_disk_full(error)
        if full is None or full is error:
            raise
        raise full from error


def keep_ballast(home: Home, megabytes: int) -> None:
    """Lay down a file that does nothing but can be dropped when the disk is full; drop it when none is wanted."""
    ballast = ballast_file(home)
    if megabytes == 0:
        ballast.unlink(missing_ok=True)
        return
    wanted = megabytes * 2**20
    if ballast.exists() and ballast.stat().st_size == wanted:
        return
    with ballast.open("wb") as file:
        for _ in range(megabytes):
            file.write(bytes(2**20))
        file.flush()
        os.fsync(file.fileno())


def drop_ballast(home: Home) -> int:
    """Delete the ballast; a run lays it down again when there is space.

    Returns:
        Bytes freed.
    """
    ballast = ballast_file(home)
    if not ballast.exists():
        return 0
    size = ballast.stat().st_size
    ballast.unlink()
    return size


def ballast_file(home: Home) -> Path:
    """Where the ballast lies: beside the hub, on the same disk."""
    return home.hub_file.with_name("ballast")


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GB"


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
