"""Whether a process lives, and since when; without a library, for any Unix.

In: a process id. Out: the time of its birth. Invariant: a process that was killed and not yet reaped (a zombie of the
kernel) is dead. Does not belong here: what the process is for.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path

_PROC = Path("/proc")
# fields of /proc/<pid>/stat behind the command's name, which may itself hold blanks and brackets
_STATE, _START_TICKS = 0, 19


def birth_of(pid: int) -> float | None:
    """Seconds since 1970 at which a living process was born; None when there is no such process.

    Of a process that is alive but hidden from this user the time is 0: it cannot be told from an older one.
    """
    if not _answers(pid):
        return None
    return _birth_by_proc(pid) if (_PROC / "stat").exists() else _birth_by_ps(pid)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _birth_by_proc(pid: int) -> float | None:
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0 if _answers(pid) else None
    if fields[_STATE] in ("Z", "X"):
        return None
    for line in (_PROC / "stat").read_text(encoding="utf-8").splitlines():
        if line.startswith("btime "):
            return int(line.split()[1]) + int(fields[_START_TICKS]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _birth_by_ps(pid: int) -> float | None:
    shown = subprocess.run(  # noqa: S603  the arguments are ours
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/bin:/usr/bin"},
    ).stdout.split(maxsplit=1)
    if len(shown) < 2 or shown[0].startswith("Z"):
        return None
    return datetime.strptime(shown[1].strip(), "%a %b %d %H:%M:%S %Y").astimezone().timestamp()
