"""The column by which a service tells what changed: its values as times or numbers.

In: values as the service writes them. Out: where to start, how far a walk came, the next watermark in the service's own
text. Invariant: values compare by what they mean, never as text; one that lies after the run's time moves nothing. Does
not belong here: asking for rows.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal
from zoneinfo import ZoneInfo

from mdm_pipeline.config.sources import CursorConfig
from mdm_pipeline.sources.cursor_values import moment_of
from mdm_pipeline.sources.rest.rows import Row

Format = Literal["iso", "epoch_ms", "epoch_s", "odata", "text"]
_ODATA = re.compile(r"/Date\((-?\d+)(?:[+-]\d+)?\)/")


class Cursor:
    """What is seen of a table's cursor column in one run."""

    def __init__(self, config: CursorConfig | None, form: Format, time_zone: str, until: datetime) -> None:
        self.column = config.column if config else None
        self._kind = config.kind if config else "timestamp"
        self._lag = config.lag if config else timedelta(0)
        self._form = form
        self._zone = ZoneInfo(time_zone)
        self._until = until
        self._highest: tuple[datetime | Decimal, str] | None = None

    def start(self, watermark: str | None) -> datetime | Decimal | None:
        """Where a walk begins: the watermark less the lag; None: everything is wanted.

        Raises:
            ValueError: the watermark is no value of this form.
        """
        if watermark is None:
            return None
        value = self._parsed(watermark)
        if isinstance(value, datetime):
            return value - self._lag
        return value - int(self._lag.total_seconds())

    def see(self, row: Row) -> str | None:
        """Take note of a row's cursor; returns its text where it cannot be understood."""
        if self.column is None:
            return None
        text = row.get(self.column)
        if text is None or text == "":
            return None
        try:
            value = self._parsed(text)
        except ValueError:
            return text
        if isinstance(value, datetime) and value > self._until:
            return None
        if self._highest is not None and type(value) is not type(self._highest[0]):
            return text
        if self._highest is None or value > self._highest[0]:  # type: ignore[operator]  # one form, one type
            self._highest = value, text
        return None

    def forget(self) -> None:
        """The rows seen so far do not count."""
        self._highest = None

    @property
    def reached(self) -> datetime | Decimal | None:
        """Highest value seen."""
        return self._highest[0] if self._highest else None

    def watermark(self, old: str | None) -> str | None:
        """The higher one of the old watermark and what was seen."""
        if self._highest is None:
            return old
        before = None if old is None else self._parsed(old)
        if type(before) is type(self._highest[0]) and before >= self._highest[0]:  # type: ignore[operator]
            return old
        return self._highest[1]

    def _parsed(self, text: str) -> datetime | Decimal:
        if self._form == "iso":
            value = datetime.fromisoformat(text.strip())
            return value if value.tzinfo else value.replace(tzinfo=self._zone)
        if self._form == "text":
            return self._of_text(text)
        try:
            if self._form == "epoch_s":
                return _time(Decimal(text))
            if self._form == "epoch_ms":
                return _time(Decimal(text) / 1000)
        except InvalidOperation:
            raise ValueError(text) from None
        found = _ODATA.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        return _time(Decimal(found[1]) / 1000)

    def _of_text(self, text: str) -> datetime | Decimal:
        """A number, or, unless the cursor is a sequence, a time stamp as databases write it."""
        try:
            return _finite(Decimal(text))
        except InvalidOperation:
            if self._kind == "sequence":
                raise ValueError(text) from None
            return moment_of(text, self._zone)


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(str(value))
    return value


def _time(seconds: Decimal) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(_finite(seconds) * 1_000_000))
    except OverflowError:
        raise ValueError(str(seconds)) from None
