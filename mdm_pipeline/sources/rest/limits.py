"""What a service allows: calls in a span of time, calls at a time, calls in a run.

In: `RestLimits`. Out: a gate that every call passes. Invariant: in no span of `seconds` do more than `calls` pass; the
call that the run's budget does not allow is never made. Does not belong here: waiting because a server asked for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from mdm_pipeline.config.rest import CallRate, RestLimits
from mdm_pipeline.errors import SourceHeldBack


class Gate:
    """Lets calls pass one by one, each when its time has come; may be shared by threads."""

    def __init__(self, source: str, limits: RestLimits) -> None:
        self._source = source
        self._limits = limits
        self._past: dict[tuple[int, str], deque[float]] = {}
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limits.parallel)
        self.calls = 0

    @property
    def said(self) -> str:
        """How many calls were made, for people."""
        allowed = f" of {self._limits.per_day} that one run may make" if self._limits.per_day else ""
        return f"{self.calls} calls{allowed}"

    @contextmanager
    def passing(self, path: str) -> Iterator[None]:
        """Wait until a call to this path may be made, and hold a slot for as long as it lasts.

        Raises:
            SourceHeldBack: the run's budget is used up.
        """
        with self._slots:
            while (wait := self._reserve(path)) > 0:
                time.sleep(wait)
            yield

    def _reserve(self, path: str) -> float:
        """Seconds to wait before asking again; 0: the call is counted and may be made."""
        with self._lock:
            if self._limits.per_day is not None and self.calls >= self._limits.per_day:
                raise SourceHeldBack(
                    self._source,
                    f"connection.limits.per_day: {self.calls} calls are made in this run and rows are still missing; "
                    "raise the limit if the service allows more, or read fewer tables",
                )
            now = time.monotonic()
            lines = [(rate, self._line(number, rate, path, now)) for number, rate in enumerate(self._limits.rates)]
            wait = max((_wait(rate, line, now) for rate, line in lines), default=0.0)
            if wait <= 0:
                self.calls += 1
                for _, line in lines:
                    line.append(now)
            return wait

    def _line(self, number: int, rate: CallRate, path: str, now: float) -> deque[float]:
        line = self._past.setdefault((number, path if rate.per == "path" else ""), deque())
        while line and now - line[0] >= rate.seconds:
            line.popleft()
        return line


def _wait(rate: CallRate, line: deque[float], now: float) -> float:
    return 0.0 if len(line) < rate.calls else max(rate.seconds - (now - line[0]), 0.001)
