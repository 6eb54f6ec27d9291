"""Nested values as JSON text, every number as it stood at the source.

In: lists, dicts and plain values. Out: text. Invariant: no number is rounded or rewritten. Does not belong
here: parsing.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


class NumberText(str):
    """A JSON number as written: `1.10` and `1e400` stay that."""

    __slots__ = ()


def json_text(value: Any) -> str:
    """JSON text of a value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(str(key))}: {json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(json_text, value)) + "]"
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, datetime):
        return json.dumps(value.isoformat(sep=" "))
    if isinstance(value, date | time):
        return json.dumps(value.isoformat())
    if isinstance(value, bytes):
        return json.dumps(bytes_text(value), ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=str)


def plain_text(value: Any) -> str | None:
    """The text of one value: text as it is, nested values as JSON, null as None."""
    if value is None:
        return None
    return str(value) if isinstance(value, str) else json_text(value)


def bytes_text(value: bytes) -> str:
    """Bytes as the text they are, else as hexadecimal digits."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
