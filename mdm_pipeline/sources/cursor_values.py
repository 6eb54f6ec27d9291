"""Cursor values as texts: which is later, what lies a lag before, what is still in the future.

In: values in the source's own text. Out: values in the same form. Invariant: time stamps and sequences are never
compared as text; a value that is neither is an error, never a guess. Does not belong here: SQL.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from mdm_pipeline.config.sources import CursorConfig

_STAMP = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:(?P<between>[ T])(?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<fraction>\.\d+)?\s*(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?"
)


class NoCursorValue(ValueError):
    """A text that is neither a time stamp nor a number, whichever was expected."""


def lagged(value: str, cursor: CursorConfig) -> str:
    """The value less the lag, in the same form; fractions of a second are cut, so it never lies later."""
    if cursor.kind == "sequence":
        return _less(value, int(cursor.lag.total_seconds()))
    if not cursor.lag:
        return value
    found = _parsed(value)
    moment = _naive(found) - cursor.lag
    return _spelled(found, moment)


def later(one: str | None, other: str | None, cursor: CursorConfig, zone: tzinfo) -> str | None:
    """The later of two values; None counts as before everything."""
    if one is None or other is None:
        return one if other is None else other
    if cursor.kind == "sequence":
        return one if _number(one) >= _number(other) else other
    return one if moment_of(one, zone) >= moment_of(other, zone) else other


def moment_of(value: str, zone: tzinfo) -> datetime:
    """The moment of a time stamp; one without an offset is in the given zone.

    Raises:
        NoCursorValue: it is no time stamp.
    """
    found = _parsed(value)
    offset = found["zone"]
    naive = _naive(found)
    if not offset:
        return naive.replace(tzinfo=zone)
    if offset == "Z":
        return naive.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return (naive - delta if offset[0] == "+" else naive + delta).replace(tzinfo=UTC)


def spelled_like(value: str, moment: datetime, zone: tzinfo) -> str:
    """A moment in the form of another time stamp: with its separator, and in UTC where it has an offset.

    Args:
        value: the time stamp whose form is wanted.
        moment: an aware time.
        zone: of time stamps without an offset.
    """
    found = _parsed(value)
    if not found["zone"]:
        return _spelled(found, moment.astimezone(zone).replace(tzinfo=None))
    text = moment.astimezone(UTC).strftime(f"%Y-%m-%d{found['between']}%H:%M:%S")
    return text + ("Z" if found["zone"] == "Z" else "+00:00")


def _parsed(value: str) -> re.Match[str]:
    found = _STAMP.fullmatch(value.strip())
    if not found:
        raise NoCursorValue(value)
    return found


def _naive(found: re.Match[str]) -> datetime:
    fraction = (found["fraction"] or ".0")[:7].ljust(7, "0")
    try:
        naive = datetime.fromisoformat(f"{found['day']} {found['time'] or '00:00'}")
    except ValueError as error:
        raise NoCursorValue(found[0]) from error
    return naive.replace(microsecond=int(fraction[1:]))


def _spelled(found: re.Match[str], naive: datetime) -> str:
    return f"{naive:%Y-%m-%d}{found['between'] or ' '}{naive:%H:%M:%S}{found['zone'] or ''}"


def _less(value: str, distance: int) -> str:
    if value.lower().startswith("0x"):
        digits = len(value) - 2
        return f"0x{max(int(value, 16) - distance, 0):0{digits}X}"
    return format(_number(value) - distance, "f")


def _number(value: str) -> Decimal:
    try:
        return Decimal(int(value, 16)) if value.lower().startswith("0x") else Decimal(value.strip())
    except (ValueError, ArithmeticError) as error:
        raise NoCursorValue(value) from error
