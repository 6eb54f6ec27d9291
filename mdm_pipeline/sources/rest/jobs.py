"""Bulk exports: ask for one, wait until it is ready, download CSV.

In: a `BulkJob` and variables. Out: rows by column name. Invariant: what is downloaded lies in a temporary file, never
whole in memory; a job that brings less than the service counts is told from one that brings all. Does not belong here:
reading by pages instead.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

from mdm_pipeline.config.rest import BulkJob, RestRequest
from mdm_pipeline.sources.delivery import unique_names
from mdm_pipeline.sources.rest.answers import NOWHERE, at_path, text_of
from mdm_pipeline.sources.rest.paging import is_true
from mdm_pipeline.sources.rest.session import Answer, AnswerRules, RestUnavailable, Session

_LONGEST_FIELD = 1 << 24


class JobFailed(Exception):
    """The service did not deliver the export; the list may still be read by pages."""


class Export:
    """The bulk export of one table."""

    def __init__(self, session: Session, job: BulkJob, rules: AnswerRules, where: str) -> None:
        self._session = session
        self._job = job
        self._rules = rules
        self._where = f"{where}, job"

    def count(self, scope: Mapping[str, Any]) -> int | None:
        """Rows that the service says there are; None where it cannot be asked."""
        if self._job.count is None:
            return None
        body = self._call(self._job.count, scope).body
        found = at_path(body, self._job.count_path)
        text = None if found is NOWHERE else text_of(found)
        if text is None or not text.isdigit():
            raise self._session.error(
                self._where, f"no number at {self._job.count_path!r} of the count; expected one; correct `count_path`"
            )
        return int(text)

    def rows(self, scope: Mapping[str, Any]) -> Iterator[tuple[dict[str, str | None], str]]:
        """All rows with their place; an empty cell is null.

        Raises:
            JobFailed: the job ended without a result.
            RestUnavailable: it is not ready in time.
        """
        part = 0
        is_more = True
        while is_more:
            part += 1
            variables: dict[str, Any] = {**scope, "job_page": part, "cursor": None}
            created = self._call(self._job.create, variables)
            variables["job"] = self._taken(created, {})
            looked = self._ready(variables)
            variables["job"] = self._taken(looked, variables["job"])
            for page in self._downloads(variables):
                for number, row in enumerate(self._parsed(page), start=2):
                    yield row, f"job {part} row {number}"
            is_more = self._job.more is not None and is_true(self._job.more, looked.body)

    def _call(self, request: RestRequest, scope: Mapping[str, Any]) -> Answer:
        return self._session.call(request, scope, self._rules, self._where)

    def _taken(self, answer: Answer, known: Mapping[str, str]) -> dict[str, str]:
        taken = dict(known)
        for name, path in self._job.take.items():
            found = at_path(answer.body, path)
            if found is not NOWHERE and found is not None:
                taken[name] = text_of(found) or ""
        if not taken:
            raise self._session.error(
                self._where, f"the answer has none of {list(self._job.take.values())}; correct `take`"
            )
        return taken

    def _ready(self, variables: Mapping[str, Any]) -> Answer:
        """The last look at the job, when it is done."""
        give_up_at = time.monotonic() + self._job.timeout.total_seconds()
        while True:
            looked = self._call(self._job.poll, variables)
            found = at_path(looked.body, self._job.state)
            state = None if found is NOWHERE else text_of(found)
            if state in self._job.done:
                return looked
            if state is None or state in self._job.failed:
                raise JobFailed(f"the export ended in state {state}")
            if time.monotonic() >= give_up_at:
                raise RestUnavailable(
                    f"{self._session.source.name}: {self._where}: still {state} after "
                    f"{self._job.timeout.total_seconds():.0f} s; expected {' or '.join(self._job.done)}; "
                    "tried again later"
                )
            time.sleep(self._job.every.total_seconds())

    def _downloads(self, variables: Mapping[str, Any]) -> Iterator[IO[bytes]]:
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen:
            seen.add(cursor)
            with tempfile.TemporaryFile(prefix="mdm-rest-") as file:
                where = f"{self._where}, download"
                answer = self._session.call(self._job.result, {**variables, "cursor": cursor}, self._rules, where, file)
                file.seek(0)
                yield file
            header = self._job.result_next_header
            cursor = answer.headers.get(header) if header else None
            if cursor in (None, "", "null"):
                return
        raise self._session.error(self._where, "the service hands out the same cursor twice; expected an end")

    def _parsed(self, file: IO[bytes]) -> Iterator[dict[str, str | None]]:
        if self._job.result_format == "csv":
            yield from self._csv(file)
            return
        try:
            archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise JobFailed("what was downloaded is no zip file") from None
        with archive:
            for name in sorted(n for n in archive.namelist() if n.lower().endswith(".csv")):
                with archive.open(name) as member:
                    yield from self._csv(member)

    def _csv(self, stream: IO[bytes]) -> Iterator[dict[str, str | None]]:
        csv.field_size_limit(_LONGEST_FIELD)
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        lines = csv.reader(text)
        reason = ""
        try:
            header = list(unique_names(next(lines, [])))
            for cells in lines:
                if len(cells) == len(header):
                    yield {name: cell or None for name, cell in zip(header, cells, strict=True)}
                elif cells:
                    reason = f"{len(cells)} cells, the header has {len(header)}"
                    break
        except csv.Error as error:
            reason = str(error)
        if reason:
            raise JobFailed(f"line {lines.line_num} of the export cannot be read ({reason})")
        text.detach()
