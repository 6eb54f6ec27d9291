"""JSON answers: numbers as they stand, values by path, conditions.

In: the bytes of an answer. Out: values, and what conditions say of them. Invariant: a number keeps the digits that the
server sent. Does not belong here: rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from mdm_pipeline.config.rest import Condition


class Digits(str):
    """A number of a JSON text, digit by digit."""

    __slots__ = ()


class Nowhere:
    """What a path leads to that leads nowhere."""


NOWHERE: Final = Nowhere()


def parsed(content: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none, or nested too deeply.
    """
    try:
        return json.loads(content, parse_int=Digits, parse_float=Digits, parse_constant=Digits)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def at_path(value: Any, path: str) -> Any:
    """The value that a path leads to, or `NOWHERE`.

    A name that itself holds dots is found as it stands: the longest name that fits goes first.
    """
    if path == "":
        return value
    if isinstance(value, dict):
        if path in value:
            return value[path]
        cut = path.rfind(".")
        while cut > 0:
            if path[:cut] in value:
                found = at_path(value[path[:cut]], path[cut + 1 :])
                if found is not NOWHERE:
                    return found
            cut = path.rfind(".", 0, cut)
        return NOWHERE
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        if head.isdigit() and int(head) < len(value):
            return at_path(value[int(head)], rest)
    return NOWHERE


def text_of(value: Any) -> str | None:
    """A JSON value as text: null as None, nested values as JSON."""
    if value is None:
        return None
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json_text(value)
    return str(value)


def json_text(value: Any) -> str:
    """A value as JSON again, its numbers digit by digit."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(str(k))}: {json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)


def holds(condition: Condition, answer: Any) -> bool:
    """Whether a condition is true of an answer."""
    found = at_path(answer, condition.path)
    if condition.exists is not None:
        return (found is not NOWHERE) == condition.exists
    value = None if found is NOWHERE else text_of(found)
    if condition.one_of is not None:
        return value in {text_of(wanted) for wanted in condition.one_of}
    return value not in {text_of(unwanted) for unwanted in condition.none_of or ()}


def any_holds(conditions: Iterable[Condition], answer: Any) -> bool:
    """Whether one of the conditions is true of an answer."""
    return any(holds(condition, answer) for condition in conditions)
