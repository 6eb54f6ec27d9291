"""`{{variable|filter|filter:argument}}` in the texts of a request.

In: a template as it stands in the YAML file, and variables. Out: the same structure with values. Invariant: names and
filters are looked up in tables, nothing is evaluated; a text that is one variable keeps the variable's type; a field
whose whole value is a null variable is left out. Does not belong here: what variables there are.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.sources.delivery import did_you_mean
from mdm_pipeline.sources.rest.answers import json_text, text_of

_EXPRESSION = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LEFT_OUT = object()

Scope = Mapping[str, Any]


class TemplateInvalid(PermanentError):
    """A template names a variable or filter that does not exist, or a value that the filter cannot take."""


def rendered(template: Any, scope: Scope, where: str) -> Any:
    """A template with its variables replaced.

    Args:
        template: text, number, list or mapping.
        scope: variables; a dotted name looks into nested mappings.
        where: what the template belongs to, for the error.

    Raises:
        TemplateInvalid: an unknown variable or filter.
    """
    value = _rendered(template, scope, where)
    return None if value is _LEFT_OUT else value


def _rendered(template: Any, scope: Scope, where: str) -> Any:
    if isinstance(template, str):
        return _text(template, scope, where)
    if isinstance(template, Mapping):
        pairs = ((key, _rendered(value, scope, where)) for key, value in template.items())
        return {key: value for key, value in pairs if value is not _LEFT_OUT}
    if isinstance(template, list | tuple):
        return [value for value in (_rendered(item, scope, where) for item in template) if value is not _LEFT_OUT]
    return template


def _text(template: str, scope: Scope, where: str) -> Any:
    whole = _EXPRESSION.fullmatch(template)
    if whole:
        value = _value(whole[1], scope, where)
        if isinstance(value, datetime):
            return _iso(value, None, scope)
        return _LEFT_OUT if value is None else value
    return _EXPRESSION.sub(lambda found: _as_text(_value(found[1], scope, where), scope), template)


def _as_text(value: Any, scope: Scope) -> str:
    return _iso(value, None, scope) if isinstance(value, datetime) else text_of(value) or ""


def _value(expression: str, scope: Scope, where: str) -> Any:
    name, *filters = (part.strip() for part in expression.split("|"))
    value = _looked_up(name, scope, where)
    for part in filters:
        filter_name, colon, argument = part.partition(":")
        function = FILTERS.get(filter_name.strip())
        if function is None:
            raise TemplateInvalid(
                f"{where}: no filter {filter_name.strip()!r}{did_you_mean(filter_name.strip(), FILTERS)}; correct it"
            )
        if value is None and filter_name.strip() != "default":
            continue
        try:
            value = function(value, argument if colon else None, scope)
        except (TypeError, ValueError, AttributeError, KeyError):
            raise TemplateInvalid(
                f"{where}: filter {filter_name.strip()!r} cannot take what {name!r} holds "
                f"(a {type(value).__name__}); correct the template"
            ) from None
    return value


def _looked_up(name: str, scope: Scope, where: str) -> Any:
    value: Any = scope
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = value if isinstance(value, Mapping) else scope
            raise TemplateInvalid(f"{where}: no variable {name!r}{did_you_mean(part, map(str, known))}; correct it")
        value = value[part]
    return value


def _iso(value: datetime, _: str | None, __: Scope) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _zulu(value: datetime, _: str | None, __: Scope) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _local(value: datetime, form: str | None, scope: Scope) -> str:
    return value.astimezone(ZoneInfo(str(scope["time_zone"]))).strftime(form or "%Y-%m-%d %H:%M:%S")


def _utc(value: datetime, form: str | None, _: Scope) -> str:
    return value.astimezone(UTC).strftime(form or "%Y-%m-%d %H:%M:%S")


def _http_date(value: datetime, _: str | None, __: Scope) -> str:
    return format_datetime(value.astimezone(UTC), usegmt=True)


def _epoch_ms(value: datetime, _: str | None, __: Scope) -> int:
    return int(value.timestamp()) * 1000 + value.microsecond // 1000


def _epoch_s(value: datetime, _: str | None, __: Scope) -> int:
    return int(value.timestamp())


def _joined(value: list[Any], separator: str | None, scope: Scope) -> str:
    return ("," if separator is None else separator).join(_as_text(item, scope) for item in value)


def _quoted(value: Any, _: str | None, scope: Scope) -> str:
    """As a literal of SQL, OData or SOQL: quotes doubled."""
    return "'" + _as_text(value, scope).replace("'", "''") + "'"


def _objects(value: list[Any], name: str | None, _: Scope) -> list[dict[str, Any]]:
    return [{name or "id": item} for item in value]


FILTERS: dict[str, Callable[[Any, str | None, Scope], Any]] = {
    "iso": _iso,
    "zulu": _zulu,
    "local": _local,
    "utc": _utc,
    "http_date": _http_date,
    "epoch_ms": _epoch_ms,
    "epoch_s": _epoch_s,
    "join": _joined,
    "quote": _quoted,
    "objects": _objects,
    "json": lambda value, _, __: json_text(value),
    "text": lambda value, _, scope: _as_text(value, scope),
    "url": lambda value, _, scope: quote(_as_text(value, scope), safe=""),
    "base64": lambda value, _, scope: base64.b64encode(_as_text(value, scope).encode()).decode(),
    "default": lambda value, argument, __: argument if value is None else value,
    "plus": lambda value, argument, __: int(value) + int(argument or 0),
}
