"""The calls that let us in, made once per run and again when what they brought has expired.

In: `RestAuth` and a way to make a call. Out: the variables `{{token.NAME}}`. Invariant: all tables of a run share one
login; what it brings is known to the redactor before anybody can use it; a login is never repeated without end. Does
not belong here: deciding that an answer means "expired".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from mdm_pipeline.config.rest import RestAuth, TokenStep
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.rest.answers import NOWHERE, Digits, at_path, holds, text_of
from mdm_pipeline.sources.rest.redaction import Redactor

_MARGIN_S = 60.0


class Token:
    """What the token steps brought; may be shared by threads."""

    def __init__(
        self,
        source: str,
        auth: RestAuth,
        redactor: Redactor,
        make_call: Callable[[TokenStep, Mapping[str, Any]], Any],
    ) -> None:
        self._source = source
        self._auth = auth
        self._redactor = redactor
        self._make_call = make_call
        self._lock = threading.RLock()
        self._values: dict[str, str] = {}
        self._expires_at = float("inf")
        self._generation = 0

    def __repr__(self) -> str:
        return f"Token({', '.join(self._values)})"

    @property
    def is_renewable(self) -> bool:
        """Whether there is a login that can be repeated."""
        return bool(self._auth.steps)

    def valid(self) -> tuple[dict[str, str], int]:
        """The values, fetched first where there are none yet or their time is over; and which login they are from."""
        with self._lock:
            if self._auth.steps and (self._generation == 0 or time.monotonic() >= self._expires_at):
                self._fetch()
            return dict(self._values), self._generation

    def renew(self, generation: int) -> None:
        """Log in again, unless another thread has done so since this login.

        Raises:
            SourceHeldBack: it was done too often in this run, or is refused.
        """
        with self._lock:
            if generation == self._generation:
                self._fetch()

    def _fetch(self) -> None:
        if self._generation > self._auth.most_refreshes:
            raise SourceHeldBack(
                self._source,
                f"connection.auth: logged in {self._generation} times in this run and the service still says that the "
                "login has expired; expected one login to last; check the rights, or raise `most_refreshes`",
            )
        values: dict[str, str] = {}
        lifetimes = []
        for number, step in enumerate(self._auth.steps):
            where = f"connection.auth.steps[{number}]"
            answer = self._make_call(step, values)
            for name, path in step.take.items():
                found = at_path(answer, path)
                if name not in step.open and isinstance(found, str):
                    self._redactor.learn(found)
            self._refuse(step, answer, where)
            for name, path in step.take.items():
                values[name] = self._taken(answer, path, f"{where}.take.{name}")
            lifetimes += _lifetimes(step, answer)
        self._values = values
        self._generation += 1
        lifetime = min(lifetimes, default=float("inf"))
        self._expires_at = time.monotonic() + lifetime - min(_MARGIN_S, lifetime / 10)

    def _refuse(self, step: TokenStep, answer: Any, where: str) -> None:
        for condition in step.success:
            if not holds(condition, answer):
                raise SourceHeldBack(
                    self._source,
                    f"{where}: the login is refused ({self._redactor.excerpt(text_of(answer) or 'no answer')}); "
                    "expected one that is taken; check the secrets and what they are allowed to do",
                )

    def _taken(self, answer: Any, path: str, where: str) -> str:
        found = at_path(answer, path)
        text = None if found is NOWHERE else text_of(found)
        if text is None or text == "":
            raise SourceHeldBack(
                self._source,
                f"{where}: the answer has nothing at {path!r} "
                f"({self._redactor.excerpt(text_of(answer) or 'no answer')}); expected the login's result; "
                "check the secrets, or correct the path",
            )
        return text


def _lifetimes(step: TokenStep, answer: Any) -> list[float]:
    found = [step.lifetime.total_seconds()] if step.lifetime else []
    if step.lifetime_path:
        told = at_path(answer, step.lifetime_path)
        if isinstance(told, str) and told.replace(".", "", 1).isdigit():
            found.append(float(Digits(told)))
    return found
