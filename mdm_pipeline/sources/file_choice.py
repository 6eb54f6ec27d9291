"""Which files of a folder belong to a table, in which order, and whether each is whole.

In: patterns, folders, the connection's rule of when a file is whole. Out: files by name and date. Invariant: a
file that may still be written is never handed out; what is left out is said. Does not belong here: content.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mdm_pipeline.config.connections import FilesConnection
from mdm_pipeline.sources.delivery import ReadProblem

_DATE = re.compile(r"\{date:([^{}]+)\}")
_DIGITS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2, "%y": 2, "%j": 3}
_DIRECTIVE = re.compile("%.")
_UNFINISHED = (".part", ".filepart", ".tmp", ".crdownload")
_LONGEST_WAIT_S = 5.0
# A folder may be named after the day on which it is already tomorrow somewhere.
_AHEAD = timedelta(days=1)

# stands for a place in the name that looks like a date and is none
_NO_DATE = datetime.max  # noqa: DTZ901

Stamp = tuple[int, int]


@dataclass(frozen=True)
class FoundFile:
    """One file: name below its folder, where it is, the date in its name (None: the pattern has none)."""

    name: str
    path: Path
    on: datetime | None


@dataclass(frozen=True)
class WaitingFile:
    """A file that is not yet whole, and how one can tell."""

    name: str
    why: str


def stamp_of(path: Path) -> Stamp:
    """Size and time of the last change."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def find_files(
    patterns: Sequence[str], folders: Sequence[Path], until: datetime, *, newest_only: bool
) -> tuple[list[FoundFile], list[ReadProblem]]:
    """All files of a table by date and name.

    Args:
        patterns: globs; `{date:%Y/%m/%d}` stands for a date in folder or file name.
        folders: a file in a later folder takes the place of its namesake in an earlier one.
        until: the run's time; files dated later than a day after it are left out.
        newest_only: of a pattern with a date, only the files of the newest one.

    Returns:
        The files, and what was left out that should not be there.

    Raises:
        ValueError: a pattern is none.
    """
    found: dict[str, FoundFile] = {}
    problems: list[ReadProblem] = []
    for pattern in patterns:
        dated = dict(_matching(pattern, folders))
        problems += [_undated(file) for file in dated.values() if file.on == _NO_DATE]
        of_pattern = [file for file in dated.values() if file.on != _NO_DATE]
        last = until.astimezone(UTC).replace(tzinfo=None) + _AHEAD
        problems += [_ahead(file) for file in of_pattern if file.on and file.on > last]
        of_pattern = [file for file in of_pattern if not (file.on and file.on > last)]
        newest = max((file.on for file in of_pattern if file.on), default=None)
        found.update(
            {file.name: file for file in of_pattern if not newest_only or file.on is None or file.on == newest}
        )
    return sorted(found.values(), key=lambda file: (file.on or datetime.min, file.name)), problems  # noqa: DTZ901


def split_whole(
    files: Iterable[FoundFile], connection: FilesConnection, settled: set[tuple[Path, Stamp]]
) -> tuple[list[FoundFile], list[WaitingFile]]:
    """The files that are whole, and those that are not yet.

    Args:
        files: the files.
        connection: says how one can tell.
        settled: files that were found whole before in this run; grows.
    """
    if connection.ready == "marker":
        return _split(files, lambda file: _lacks_marker(file.path, connection.marker))
    young = {}
    for file in files:
        stamp = stamp_of(file.path)
        age = time.time() - stamp[1] / 1e9
        if (file.path, stamp) in settled or age >= connection.stable_for:
            settled.add((file.path, stamp))
        else:
            # a time in the future tells nothing about the age
            young[file.path] = (stamp, connection.stable_for - max(age, 0.0))
    wait = max((rest for _, rest in young.values()), default=0.0)
    if young and wait <= _LONGEST_WAIT_S:
        time.sleep(wait)
        settled |= {(path, stamp) for path, (stamp, _) in young.items() if path.is_file() and stamp_of(path) == stamp}
    why = f"it changed less than {connection.stable_for:g} s ago; expected a finished file"
    return _split(files, lambda file: None if (file.path, stamp_of(file.path)) in settled else why)


def _split(
    files: Iterable[FoundFile], fault: Callable[[FoundFile], str | None]
) -> tuple[list[FoundFile], list[WaitingFile]]:
    whole, waiting = [], []
    for file in files:
        why = fault(file)
        if why is None:
            whole.append(file)
        else:
            waiting.append(WaitingFile(file.name, why))
    return whole, waiting


def _lacks_marker(path: Path, marker: str) -> str | None:
    """Why the file's marker does not say that it is whole."""
    there = [place for place in _marker_places(path, marker) if place.is_file()]
    if not there:
        return f"its marker {_marker_places(path, marker)[0].name} is not there; expected it when the file is whole"
    if all(place.stat().st_mtime_ns < path.stat().st_mtime_ns for place in there):
        return f"it is younger than its marker {there[0].name}; expected a new marker after every upload"
    return None


def _marker_places(path: Path, marker: str) -> list[Path]:
    if not marker.startswith("."):
        return [path.with_name(marker)]
    names, name = [path.name], path.name
    while "." in name.lstrip("."):
        name = name.rpartition(".")[0]
        names.append(name)
    return [path.with_name(name + marker) for name in names]


def _matching(pattern: str, folders: Sequence[Path]) -> Iterator[tuple[str, FoundFile]]:
    found = _DATE.search(pattern)
    glob = _DATE.sub(lambda date: _date_glob(date[1]), pattern)
    expression = _expression(pattern, found) if found else None
    for folder in folders:
        for path in folder.glob(glob):
            if not path.is_file() or path.name.startswith((".", "~$")) or path.name.lower().endswith(_UNFINISHED):
                continue
            name = path.relative_to(folder).as_posix()
            yield name, FoundFile(name, path, _date_in(name, expression, found[1]) if found and expression else None)


def _date_glob(form: str) -> str:
    unknown = [directive for directive in _DIRECTIVE.findall(form) if directive not in _DIGITS]
    if unknown:
        raise ValueError(f"{unknown[0]} in {{date:{form}}}; expected one of {', '.join(_DIGITS)}")
    return _DIRECTIVE.sub(lambda directive: "[0-9]" * _DIGITS[directive[0]], form)


def _date_in(name: str, expression: re.Pattern[str], form: str) -> datetime:
    matched = expression.fullmatch(name)
    try:
        return datetime.strptime(matched[1], form) if matched else _NO_DATE  # noqa: DTZ007  a name has no zone
    except ValueError:
        return _NO_DATE


def _expression(pattern: str, date: re.Match[str]) -> re.Pattern[str]:
    """The pattern as a regular expression whose only group is the date."""
    if "{date:" in pattern[date.end() :]:
        raise ValueError(f"{pattern!r} has two dates; expected one {{date:...}}")
    form = _DIRECTIVE.sub(lambda d: rf"\d{{{_DIGITS[d[0]]}}}", re.escape(date[1]).replace(r"\%", "%"))
    return re.compile(f"{_of_glob(pattern[: date.start()])}({form}){_of_glob(pattern[date.end() :])}")


_GLOB_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.")


def _of_glob(glob: str) -> str:
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}

    def translated(part: str) -> str:
        if len(part) > 2 and part[0] == "[":
            return part.replace("[!", "[^", 1)
        return known.get(part, re.escape(part))

    return "".join(map(translated, _GLOB_PARTS.findall(glob)))


def _undated(file: FoundFile) -> ReadProblem:
    said = "there is no such date as the one in its name; the file is left out; correct the name"
    return ReadProblem(file.name, None, None, said, is_row_lost=False)


def _ahead(file: FoundFile) -> ReadProblem:
    said = "the date in its name lies ahead; the file is left out until then; correct the name if it is wrong"
    return ReadProblem(file.name, None, None, said, is_row_lost=False)
