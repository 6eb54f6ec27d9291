"""A list walked page by page, whatever way the service cuts it.

In: a `RestList` and variables. Out: its rows, each with page and row number, handed to a receiver. Invariant: a walk
that may have missed rows (the list moved under it, its cursor expired) is done again, or fails; a service that hands
out the same page or cursor for ever is stopped. Does not belong here: what rows mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mdm_pipeline.config.rest import RestList, RestRequest
from mdm_pipeline.sources.rest.answers import NOWHERE, any_holds, at_path, text_of
from mdm_pipeline.sources.rest.session import Answer, AnswerRules, RestUnavailable, Session

_MOST_REPEATS = 2


class Receiver(Protocol):
    """Who takes the rows of a walk."""

    def take(self, row: Any, place: str) -> bytes | None:
        """One row of a page; returns what tells it from others, None where it has no key."""
        ...

    def reached(self) -> Any:
        """The highest cursor among the rows so far, as the variable `since`; None where there is none."""
        ...


class _StartAgain(Exception):
    """The walk has to be done again."""


@dataclass(frozen=True)
class _Position:
    """Where in the list the next page is: the variables that change from page to page."""

    page: int
    offset: int = 0
    cursor: str | None = None
    url: str | None = None
    last_key: Any = None

    def variables(self, limit: int) -> dict[str, Any]:
        return {
            "page": self.page,
            "offset": self.offset,
            "cursor": self.cursor,
            "last_key": self.last_key,
            "next_url": self.url,
            "is_first": self.offset == 0 and self.cursor is None and self.url is None and self.last_key is None,
            "limit": limit,
        }


@dataclass(frozen=True)
class _Page:
    rows: list[Any]
    answer: Answer
    digest: bytes
    is_capped: bool = False


class Walk:
    """One list, walked once (or as often as it takes).

    Args:
        session: the service.
        listed: the list.
        rules: how its answers are judged.
        where: table and list, for errors.
        sample_pages: leave off after so many pages, for a look at the list.
    """

    def __init__(
        self, session: Session, listed: RestList, rules: AnswerRules, where: str, sample_pages: int | None = None
    ) -> None:
        self._session = session
        self._listed = listed
        self._pages = listed.pages
        window = self._pages.window
        self._rules = replace(rules, signals=(*self._pages.restart_when, *(window.when if window else ())))
        self._where = where
        self._sample_pages = sample_pages
        self._number = 0
        self._totals: list[int] = []
        self._keys: dict[bytes, int] = {}

    def run(self, scope: Mapping[str, Any], receiver: Receiver, with_since: Callable[[], RestList]) -> None:
        """Walk to the end, and again where rows may have been missed; the receiver keeps the last of equal keys.

        Args:
            scope: the table's variables; `since` may be None.
            receiver: takes the rows.
            with_since: the list as it is asked for where `since` is set: for windows after the first.

        Raises:
            RestUnavailable: the list moves faster than it can be walked.
            SourceHeldBack: the service does not end, or answers wrongly.
        """
        earlier: dict[bytes, int] | None = None
        for _ in range(self._pages.most_walks):
            self._number, self._totals, self._keys = 0, [], {}
            try:
                self._windows(dict(scope), receiver, with_since)
            except _StartAgain:
                continue
            if self._is_whole(earlier):
                return
            earlier = self._keys
        raise RestUnavailable(
            f"{self._session.source.name}: {self._where}: the list moved or its cursor expired in each of "
            f"{self._pages.most_walks} walks; expected one that stays while it is read; tried again later"
        )

    def _is_whole(self, earlier: dict[bytes, int] | None) -> bool:
        """Whether no row can have slipped through: rows that leave a list let later ones move to pages already read.

        If all that an earlier walk read is found again in the same order, nothing had left the list behind its back:
        it missed nothing. Rows that came since do no harm.
        """
        pages = self._pages
        if pages.by not in ("page", "offset") or not pages.recheck or pages.window or self._number <= 1:
            return True
        if self._sample_pages is not None:
            return True
        if not self._keys:
            return True  # without keys landing takes no row anyway
        if self._totals:
            never_shrank = self._totals == sorted(self._totals)
            if never_shrank and len(self._keys) >= self._totals[-1]:
                return True  # otherwise rows slipped through, or the list has keys that come twice
        return earlier is not None and _in_order(earlier, self._keys)

    def _windows(self, scope: dict[str, Any], receiver: Receiver, with_since: Callable[[], RestList]) -> None:
        listed = self._listed
        while self._one_window(listed, scope, receiver):
            reached = receiver.reached()
            if reached is None or reached == scope.get("since"):
                raise self._session.error(
                    self._where,
                    "the service ends the walk and the cursor does not advance within it; expected rows in the order "
                    "of the cursor, and fewer rows of one cursor value than a walk may have; correct the ordering",
                )
            scope["since"] = reached
            listed = with_since()

    def _one_window(self, listed: RestList, scope: Mapping[str, Any], receiver: Receiver) -> bool:
        """Walk until the end of the list (False) or of what the service allows in one walk (True)."""
        position: _Position | None = _Position(self._pages.first)
        seen: set[str] = set()
        taken, before, repeats = 0, b"", 0
        window = self._pages.window
        while position is not None:
            page = self._page(listed, scope, position)
            if page.is_capped:
                return True
            repeats = repeats + 1 if page.rows and page.digest == before else 0
            if repeats == _MOST_REPEATS and self._pages.by in ("page", "offset"):
                raise self._endless("the same page again and again")
            before = page.digest
            for row_number, row in enumerate(page.rows, start=1):
                key = receiver.take(row, f"page {self._number} row {row_number}")
                if key is not None:
                    self._keys.setdefault(key, len(self._keys))
            taken += len(page.rows)
            if self._number == self._sample_pages:
                return False
            if window and window.rows is not None and taken >= window.rows:
                return True
            position = self._following(position, page, seen)
        return False

    def _page(self, listed: RestList, scope: Mapping[str, Any], position: _Position) -> _Page:
        self._number += 1
        if self._number > self._pages.most_pages:
            raise self._endless(f"more than {self._pages.most_pages} pages (`most_pages`)")
        request = listed.request
        if position.url:
            # the address is a variable's value, so that nothing in it is taken for a template
            request = RestRequest(path="{{next_url}}", headers=request.headers)
        where = f"{self._where}, page {self._number}"
        variables = {**scope, **position.variables(self._pages.size)}
        answer = self._session.call(request, variables, self._rules, where)
        if answer.is_empty:
            return _Page([], answer, b"")
        if any_holds(self._pages.restart_when, answer.body):
            raise _StartAgain
        if self._pages.window and any_holds(self._pages.window.when, answer.body):
            return _Page([], answer, b"", is_capped=True)
        rows = at_path(answer.body, listed.rows)
        if rows is None:
            rows = []
        if not isinstance(rows, list):
            there = ", ".join(answer.body) if isinstance(answer.body, dict) else type(answer.body).__name__
            what = "nothing" if rows is NOWHERE else "no list"
            raise self._session.error(
                where, f"the answer has {what} at {listed.rows!r} (there are: {there}); expected rows; correct `rows`"
            )
        total = NOWHERE if self._pages.total is None else at_path(answer.body, self._pages.total)
        told = None if total is NOWHERE else text_of(total)
        if told is not None and told.isdigit():
            self._totals.append(int(told))
        return _Page(rows, answer, hashlib.blake2b(answer.content, digest_size=16).digest())

    def _following(self, position: _Position, page: _Page, seen: set[str]) -> _Position | None:
        """Where the next page is; None at the end."""
        pages = self._pages
        if pages.by == "none" or page.answer.is_empty:
            return None
        if pages.more is not None and not is_true(pages.more, page.answer.body):
            return None
        if pages.short_page_is_last and len(page.rows) < pages.size:
            return None
        if pages.by in ("cursor", "next_url"):
            return self._by_cursor(position, page, seen)
        if not page.rows:
            return None
        if pages.by == "keyset":
            key = at_path(page.rows[-1], pages.key or "id")
            if key is NOWHERE or key is None:
                raise self._session.error(self._where, f"a row has nothing at {pages.key!r}; correct `pages.key`")
            self._once(text_of(key) or "", seen)
            return _Position(position.page + 1, last_key=key)
        return _Position(position.page + 1, position.offset + pages.size)

    def _by_cursor(self, position: _Position, page: _Page, seen: set[str]) -> _Position | None:
        pages = self._pages
        found: Any = NOWHERE
        if pages.next_header:
            found = page.answer.headers.get(pages.next_header)
            if found and pages.by == "next_url" and pages.next_header.lower() == "link":
                found = next_link(found)
        elif pages.next is not None:
            found = at_path(page.answer.body, pages.next)
        if found is NOWHERE or found is None or text_of(found) in pages.no_next:
            return None
        cursor = text_of(found) or ""
        self._once(cursor, seen)
        self._session.redactor.learn_named({pages.next or "": cursor})
        if pages.by == "next_url":
            return _Position(position.page + 1, url=cursor)
        return _Position(position.page + 1, cursor=cursor)

    def _once(self, cursor: str, seen: set[str]) -> None:
        if cursor in seen:
            raise self._endless("the same cursor twice")
        seen.add(cursor)

    def _endless(self, what: str) -> Exception:
        return self._session.error(
            f"{self._where}, page {self._number}",
            f"the service hands out {what}; expected an end; correct `pages`, or report it to the service",
        )


def _in_order(earlier: Mapping[bytes, int], later: Mapping[bytes, int]) -> bool:
    """Whether all keys of an earlier walk stand in a later one, in the same order."""
    last = -1
    for key in earlier:
        position = later.get(key, -1)
        if position <= last:
            return False
        last = position
    return True


def is_true(path: str, body: Any) -> bool:
    """Whether a flag is there and does not say no."""
    found = at_path(body, path)
    text = None if found is NOWHERE else text_of(found)
    return text is not None and text.lower() not in ("false", "0", "n", "no", "")


def next_link(header: str) -> str | None:
    """The address with rel=next of a Link header."""
    for part in header.split(","):
        address, *parameters = part.split(";")
        relations = {p.strip().replace('"', "").lower() for p in parameters}
        if "rel=next" in relations:
            return address.strip().removeprefix("<").removesuffix(">")
    return None


def batched(values: list[Any], size: int) -> Iterator[list[Any]]:
    """Slices of a list."""
    for first in range(0, len(values), size):
        yield values[first : first + size]
