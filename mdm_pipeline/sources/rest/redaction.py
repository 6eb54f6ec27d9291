"""What must never show, taken out of every text that leaves this package.

In: secrets as they become known, and texts. Out: the texts with `***` in their place. Invariant: a secret is found in
its plain, URL-encoded, JSON-escaped and base64 form; the loggers of the HTTP library, which print whole addresses and
headers, say nothing below a warning. Does not belong here: deciding what to log.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_SHORTEST = 4
_USUAL = frozenset(
    [
        "access_token",
        "accesstoken",
        "appkey",
        "appsecret",
        "app_secret",
        "app_key",
        "authorization",
        "api_key",
        "apikey",
        "client_secret",
        "cookie",
        "corpaccesstoken",
        "kdsvcsessionid",
        "passwd",
        "password",
        "permanentcode",
        "refresh_token",
        "secret",
        "session",
        "sessionid",
        "session_id",
        "set-cookie",
        "sign",
        "signature",
        "token",
        "x-api-key",
    ]
)
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
_IN_JSON = re.compile(r'"([^"\\]{1,60})"(\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,\]}]+)')
_IN_QUERY = re.compile(r"([A-Za-z0-9_.\-]{1,60})=([^&\s\"'<>]+)")


class _Warnings(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_ONLY_WARNINGS = _Warnings()


def silence_http_loggers() -> None:
    """The HTTP library's own log lines hold addresses and headers: none below a warning, whatever level is set."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_ONLY_WARNINGS)


class Redactor:
    """The secrets of one source and run."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = _USUAL | {name.lower() for name in names}
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} secrets)"

    def learn(self, *secrets: str | None) -> None:
        """Remember values that must never show; very short ones are left, they would black out everything."""
        found = {s for s in secrets if s and len(s) >= _SHORTEST}
        forms = {form for secret in found for form in _forms(secret)}
        if forms - self._forms:
            self._forms |= forms
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def learn_named(self, values: Any) -> None:
        """Remember the values of a request's parameters, headers or fields whose names are on the list."""
        if isinstance(values, Mapping):
            for name, value in values.items():
                if self.is_named(str(name)) and isinstance(value, str | int):
                    self.learn(str(value))
                    if name.lower().endswith("authorization"):
                        self.learn(str(value).rpartition(" ")[2])
                else:
                    self.learn_named(value)
        elif isinstance(values, list):
            for value in values:
                self.learn_named(value)

    def is_named(self, name: str) -> bool:
        """Whether values of this name must not show."""
        return name.lower() in self._names

    def clean(self, text: str) -> str:
        """The text without anything secret."""
        cleaned = self._pattern.sub(HIDDEN, text) if self._pattern else text
        cleaned = _IN_JSON.sub(lambda m: f'"{m[1]}"{m[2]}"{HIDDEN}"' if self.is_named(m[1]) else m[0], cleaned)
        return _IN_QUERY.sub(lambda m: f"{m[1]}={HIDDEN}" if self.is_named(m[1]) else m[0], cleaned)

    def excerpt(self, text: str, length: int = 300) -> str:
        """The beginning of a text in one line, without anything secret: cleaned first, cut then."""
        line = " ".join(self.clean(text[: 20 * length]).split())
        return line if len(line) <= length else line[: length - 1] + "…"


def _forms(secret: str) -> set[str]:
    escaped = json.dumps(secret)[1:-1]
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        escaped,
        escaped.replace("/", "\\/"),
        base64.b64encode(secret.encode()).decode(),
    }
