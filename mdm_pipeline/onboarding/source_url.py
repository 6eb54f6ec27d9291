"""Keeps passwords out of the file: a URL with `${VARIABLE}` in the place of each secret.

In: a URL as typed. Out: the URL to connect with, the text to write, the variables to export. Invariant: the written
text has no secret, whether it stood as password or as a parameter. Does not belong here: reading the environment of a
run (the loader does).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.sources.delivery import expanded

_SECRET_PARAMETER = re.compile(r"pass|pwd|secret|token|key|credential", re.IGNORECASE)
_NAMES_NO_SECRET = re.compile(r"^(?:.*_)?(?:sslkey|ssl_key|keepalives.*|key_?file)$", re.IGNORECASE)


@dataclass(frozen=True)
class SafeUrl:
    """A URL in two forms.

    Args:
        url: with its secrets, for connecting now.
        text: for the file, `${VARIABLE}` for each secret.
        exports: variable to the value it has to have; percent-encoded as a URL wants it.
    """

    url: URL
    text: str
    exports: dict[str, str]

    def __repr__(self) -> str:
        return f"SafeUrl({self.text!r})"


def safe_url(name: str, given: str) -> SafeUrl:
    """Take the secrets out of a URL.

    Args:
        name: of the source; its variables begin with it.
        given: as typed; `${VARIABLE}` in it is taken from the environment and stays in the file.

    Raises:
        PermanentError: it is no URL; the message does not repeat it.
        VariableMissing: it names a variable that is not set.
    """
    url = _parsed(name, expanded(given, where=f"{name}, --url"))
    if "${" in given:
        if _has_plain_secret(_parsed(name, given)):
            raise PermanentError(
                f"{name}: --url has both ${{VARIABLE}} and a password in plain text; expected one way; "
                "put every secret into a variable"
            )
        return SafeUrl(url, given, {})
    exports: dict[str, str] = {}
    shown = url
    marks: dict[str, str] = {}
    if url.password:
        variable = f"{name.upper()}_PASSWORD"
        exports[variable] = quote(str(url.password), safe="")
        marks["mdmsecretpassword"] = f"${{{variable}}}"
        shown = shown.set(password="mdmsecretpassword")  # noqa: S106  a mark in its place
    for parameter, value in url.query.items():
        if _is_secret(parameter) and isinstance(value, str):
            variable = f"{name.upper()}_{re.sub(r'[^A-Z0-9]+', '_', parameter.upper())}"
            exports[variable] = quote(value, safe="")
            mark = f"mdmsecret{len(marks)}"
            marks[mark] = f"${{{variable}}}"
            shown = shown.update_query_dict({parameter: mark})
    text = shown.render_as_string(hide_password=False)
    for mark, placeholder in marks.items():
        text = text.replace(mark, placeholder)
    return SafeUrl(url, text, exports)


def _is_secret(parameter: str) -> bool:
    return bool(_SECRET_PARAMETER.search(parameter)) and not _NAMES_NO_SECRET.match(parameter)


def _has_plain_secret(url: URL) -> bool:
    secrets = [url.password, *(value for name, value in url.query.items() if _is_secret(name))]
    return any(secret and "${" not in str(secret) for secret in secrets)


def _parsed(name: str, text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise PermanentError(
            f"{name}: --url is not a database URL; expected for instance "
            "postgresql+psycopg2://user:password@host/database or sqlite:///crm.sqlite (below the data folder)"
        ) from None
