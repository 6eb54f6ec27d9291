"""One web service, table by table, as its YAML file says.

In: a source with a REST connection, the run's time, what is landed already. Out: a `Delivery` per table. Invariant: a
delivery is complete only where everything was asked for; the watermark never passes the run's own time, so that a row
dated in the future hides nothing; keys of what is gone come after the rows. Does not belong here: single calls, pages.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pyarrow as pa

from mdm_pipeline.config.rest import IdBatches, RequestChanges, RestConnection, RestList, RestRequest, RestTable
from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.delivery import NOTHING_LANDED, Delivery, Place, ReadProblem, Since
from mdm_pipeline.sources.rest.cursor import Cursor
from mdm_pipeline.sources.rest.jobs import Export, JobFailed
from mdm_pipeline.sources.rest.paging import Walk, batched
from mdm_pipeline.sources.rest.rows import RowBuffer
from mdm_pipeline.sources.rest.session import AnswerRules, Session
from mdm_pipeline.sources.rest.takers import KeyTaker, PlainTaker, RowTaker, ValueTaker

_LOG = logging.getLogger(__name__)


class RestReader:
    """A source of kind `rest`; one login and one set of limits for all its tables."""

    def __init__(self, source: SourceConfig, place: Place) -> None:
        self._source = source
        self._place = place
        self._session = Session(source, place.until)
        self._buffers: list[RowBuffer] = []

    def __enter__(self) -> RestReader:
        self._session.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        for buffer in self._buffers:
            buffer.close()
        self._session.__exit__(*details)

    def peek(self, table_name: str, since: Since = NOTHING_LANDED) -> None:
        """Only reading tells."""
        return

    def read(self, table_name: str, since: Since) -> Delivery:
        """Walk one table now; what is gone is asked for while the delivery is read."""
        return self._table(table_name).delivery(since)

    def sample(self, table_name: str, pages: int = 1) -> Delivery:
        """The first pages of a table, for a look at it: never to be landed, for it is not complete."""
        return self._table(table_name, pages).delivery(Since())

    def _table(self, table_name: str, sample_pages: int | None = None) -> _TableRead:
        return _TableRead(self._session, self._source, table_name, self._place.until, self._buffers, sample_pages)


def table_rules(source: SourceConfig, table_name: str) -> RestTable:
    """How a table is read: its own words over the connection's defaults.

    Raises:
        SourceHeldBack: the configuration lacks what only shows when both are seen together.
    """
    table = source.tables[table_name]
    connection = source.connection
    if not isinstance(connection, RestConnection):
        raise TypeError(f"{source.name} is no source of kind rest")
    own = table.rest.model_dump(exclude_unset=True) if table.rest else {}
    rules = RestTable.model_validate(merged(connection.defaults.model_dump(exclude_unset=True), own))
    if rules.positional and not rules.columns:
        raise SourceHeldBack(
            source.name, f"{table_name}: `rest.positional` is set and `rest.columns` is empty; expected them in order"
        )
    return rules


def named_columns(table: TableConfig) -> list[str]:
    """The columns that key, cursor and mapping name."""
    named = [*table.key, *([table.cursor.column] if table.cursor else []), *([table.updated_at or ""])]
    named += [table.deleted_flag.column] if table.deleted_flag else []
    for section in (table.party, table.event):
        named += [column for column, _ in section.source_columns("")] if section else []
    return [name for name in dict.fromkeys(named) if name]


def merged(under: Any, over: Any) -> Any:
    """`over` laid over `under`: mappings are merged, a null takes away what is under it, all else is replaced."""
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        taken_away = {name for name, value in over.items() if value is None and name in under}
        laid = {name: merged(under.get(name), value) for name, value in over.items() if name not in taken_away}
        return {**{name: value for name, value in under.items() if name not in taken_away}, **laid}
    return over


class _TableRead:
    """One table in one run."""

    def __init__(
        self,
        session: Session,
        source: SourceConfig,
        table_name: str,
        until: datetime,
        buffers: list[RowBuffer],
        sample_pages: int | None,
    ) -> None:
        self._session = session
        self._sample_pages = sample_pages
        self._name = table_name
        self._table: TableConfig = source.tables[table_name]
        self._rules = table_rules(source, table_name)
        self._answers = AnswerRules(self._rules.success, self._rules.error, self._rules.empty_statuses)
        self._cursor = Cursor(self._table.cursor, self._rules.cursor_format, source.time_zone, until)
        self._buffers = buffers
        self._buffer = self._new_buffer(
            [*self._rules.columns, *self._rules.extra], only_columns=self._rules.only_columns
        )
        self._notes: list[str] = []
        self._taker = RowTaker(self._buffer, self._cursor, self._rules)

    def delivery(self, since: Since) -> Delivery:
        """All rows that are wanted, walked and buffered."""
        watermark = None if since.is_full or self._table.cursor is None else since.watermark
        try:
            start = self._cursor.start(watermark)
        except ValueError:
            raise self._session.error(
                self._name,
                f"the stored watermark {watermark!r} is no {self._rules.cursor_format} value; expected one; "
                "correct `rest.cursor_format` and run once in full",
            ) from None
        scope = self._scope(start)
        is_partial = start is not None or self._sample_pages is not None
        if is_partial or self._rules.job is None or not self._exported(self._rules.job, scope):
            self._walked(scope)
        # where rows are few or none their names prove nothing; of a full read landing asks for every mapped column
        if start is not None or not self._buffer.added or self._rules.only_columns:
            self._buffer.require(named_columns(self._table))
        if start is None and self._buffer.added:
            self._taker.problems += [
                ReadProblem("all pages", c, None, "no row has this field; expected it; correct `rest.columns`", False)
                for c in self._buffer.never_filled
            ]
        problems: list[ReadProblem] = list(dict.fromkeys(self._taker.problems))
        return Delivery(
            columns=self._buffer.delivered_columns,
            batches=self._batches(problems),
            problems=problems,
            is_complete=not is_partial,
            deleted_keys=self._deleted(scope) if start is not None and self._rules.deleted else None,
            present_keys=self._present(start) if self._table.deletes == "by_keys" else None,
            watermark=self._cursor.watermark(watermark),
            notes=self._notes,
        )

    def _batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        yield from self._buffer.batches()
        self._notes.append(self._session.gate.said)
        problems += dict.fromkeys(self._buffer.problems)

    def _scope(self, start: Any) -> dict[str, Any]:
        reserved = {"since": start, "columns": self._rules.columns, "table": self._name, "ids": None, "cursor": None}
        return {**self._rules.variables, **reserved}

    def _listed(self, changes: RequestChanges | None) -> RestList:
        request = self._rules.request
        if changes is not None:
            over = changes.model_dump(exclude_unset=True)
            request = RestRequest.model_validate(merged(request.model_dump(exclude_unset=True), over))
        return RestList(request=request, rows=self._rules.rows, pages=self._rules.pages)

    def _walked(self, scope: Mapping[str, Any]) -> None:
        if self._rules.batches is not None:
            self._by_ids(self._rules.batches, scope)
            return
        listed = self._listed(self._rules.changes if scope["since"] is not None else None)
        walk = Walk(self._session, listed, self._answers, self._name, self._sample_pages)
        walk.run(scope, self._taker, lambda: self._listed(self._rules.changes))

    def _by_ids(self, batches: IdBatches, scope: Mapping[str, Any]) -> None:
        """The ids first, then the rows of each batch of them, as many calls at a time as are allowed."""
        listed = ValueTaker(batches.id)
        walk = Walk(self._session, batches, self._answers, f"{self._name}, batches", self._sample_pages)
        walk.run(scope, listed, lambda: batches)
        if listed.missing:
            raise self._session.error(
                f"{self._name}, batches, {listed.missing}",
                f"the row has nothing at {batches.id!r}; correct `batches.id`",
            )
        at_a_time = self._session.connection.limits.parallel
        numbered = enumerate(batched(list(listed.values.values()), batches.size), start=1)
        with ThreadPoolExecutor(at_a_time) as pool:
            for some in batched(list(numbered), at_a_time):
                for number, rows in pool.map(lambda item: self._of_ids(scope, *item), some):
                    for row, place in rows:
                        self._taker.take(row, f"batch {number} {place}")

    def _of_ids(self, scope: Mapping[str, Any], number: int, ids: list[Any]) -> tuple[int, list[tuple[Any, str]]]:
        taken = PlainTaker()
        listed = self._listed(None)
        walk = Walk(self._session, listed, self._answers, f"{self._name}, batch {number}")
        walk.run({**scope, "ids": ids}, taken, lambda: listed)
        return number, taken.rows

    def _exported(self, job: Any, scope: Mapping[str, Any]) -> bool:
        """Whether the rows came by bulk export, all of them."""
        export = Export(self._session, job, self._answers, self._name)
        expected = export.count(scope)
        if expected is not None and expected <= job.over_rows:
            return False
        reason = ""
        try:
            for row, place in export.rows(scope):
                self._taker.take_flat(row, place)
            if expected is not None and self._buffer.distinct_keys < job.least_share * expected:
                reason = f"it brought {self._buffer.distinct_keys} of {expected} rows"
        except JobFailed as failure:
            reason = str(failure)
        if not reason:
            return True
        if job.when_failed == "hold_back":
            raise self._session.error(f"{self._name}, job", f"{reason}; expected all rows; run again")
        self._buffer.clear()
        self._cursor.forget()
        said = f"bulk export: {reason}; expected all rows; the table was read by pages instead"
        _LOG.warning("%s.%s: %s", self._session.source.name, self._name, said)
        self._taker.problems.clear()
        self._notes.append(said)
        return False

    def _deleted(self, scope: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        deleted = self._rules.deleted
        if deleted is None:
            return
        where = f"{self._name}, deleted"
        taker = KeyTaker(self._new_buffer(), {c: deleted.key.get(c, c) for c in self._table.key}, where)
        Walk(self._session, deleted, self._answers, where).run(scope, taker, lambda: deleted)
        yield from self._keys_of(taker)

    def _present(self, start: Any) -> Iterator[pa.RecordBatch]:
        if start is None:
            yield from self._buffer.key_batches()
            return
        where = f"{self._name}, keys"
        listed = self._listed(self._rules.keys)
        positions = {c: str(p) for p, c in enumerate(self._rules.columns)} if self._rules.positional else {}
        taker = KeyTaker(self._new_buffer(), {c: positions.get(c, c) for c in self._table.key}, where)
        Walk(self._session, listed, self._answers, where).run(self._scope(None), taker, lambda: listed)
        yield from self._keys_of(taker)

    def _keys_of(self, taker: KeyTaker) -> Iterator[pa.RecordBatch]:
        if taker.without_key:
            raise self._session.error(
                f"{taker.where}, {taker.without_key}",
                f"the row lacks {' or '.join(taker.paths.values())}; expected the key; correct the paths",
            )
        yield from taker.buffer.key_batches()

    def _new_buffer(self, columns: list[str] | None = None, *, only_columns: bool = False) -> RowBuffer:
        buffer = RowBuffer(self._table.key, columns or [], only_columns=only_columns)
        self._buffers.append(buffer)
        return buffer
