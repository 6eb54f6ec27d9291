"""Nights of one source whose deliveries a test writes down, through the same door as a real source's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.worklist import Work, next_seq
from mdm_pipeline.landing.ledger import Taken
from mdm_pipeline.landing.stage import STAGE_VERSION
from mdm_pipeline.landing.take import TableVisit, take_table
from mdm_pipeline.sources.delivery import NOTHING_LANDED, Delivery, Since, text_batch

DAY_ONE = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
Row = Mapping[str, str | None]


def crm(name: str = "crm", **table: Any) -> SourceConfig:
    """A source `crm` with one table `account`."""
    full = {"key": ["id"], "event": {"entity": "product", "columns": {"product_code": "id", "name": "name"}}, **table}
    source = {key: full.pop(key) for key in ("enabled", "retired", "formerly", "schema_contract") if key in full}
    return SourceConfig.model_validate(
        {
            "name": name,
            "connection": {"kind": "sql", "url": "sqlite:///crm.sqlite"},
            "tables": {"account": full},
            **source,
        }
    )


def batch(rows: Sequence[Row], columns: Sequence[str], first: int = 1) -> pa.RecordBatch:
    """Rows as a batch of text with locations."""
    arrays = [pa.array([row.get(column) for row in rows], pa.string()) for column in columns]
    return text_batch(columns, arrays, [f"account row {first + number}" for number in range(len(rows))])


def delivery(*rows: Row, columns: Sequence[str] = (), **parts: Any) -> Delivery:
    """A delivery of these rows; `deleted` and `present` are lists of keys."""
    names = tuple(columns) or tuple(dict.fromkeys(name for row in rows for name in row)) or ("id", "name")
    for ours, theirs in (("deleted", "deleted_keys"), ("present", "present_keys")):
        if ours in parts:
            keys = [{"id": key} for key in parts.pop(ours)]
            parts[theirs] = iter([batch(keys, ("id",))])
    return Delivery(names, iter([batch(rows, names)]), **parts)


@dataclass
class Written:
    """A source that delivers what the test wrote down, and notes what it was asked."""

    next: Delivery
    asked: list[Since] = field(default_factory=list)

    def peek(self, table_name: str, since: Since = NOTHING_LANDED) -> None:
        """Only reading tells."""

    def read(self, table_name: str, since: Since) -> Delivery:
        """The delivery of this night."""
        self.asked.append(since)
        return self.next


def night(
    con: DuckDBPyConnection, source: SourceConfig, delivered: Delivery, day: int = 1, *, full: bool = False
) -> tuple[Taken, Since]:
    """One night: what was taken, and what the source was asked; a refusal rolls back, as the caller of stages does."""
    reader = Written(delivered)
    con.execute("begin")
    try:
        work = Work(f"landing.{source.name}", next_seq(con), full, (), 0, run_id=f"run-{day}")
        at = DAY_ONE + timedelta(days=day - 1)
        taken = take_table(TableVisit(con, reader, source, "account", work, at, STAGE_VERSION))
        con.execute(
            "insert into hub.stage_commit values ($seq, 'x', 'r', now()::timestamp, false, 0, 0, 0, 0, 0)",
            {"seq": work.seq},
        )
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return replace(taken, files=()), reader.asked[-1]


def live(con: DuckDBPyConnection, table: str = "crm__account") -> list[tuple[str, str | None]]:
    """Live rows as (id, name)."""
    return con.execute(f"select id, name from landing.{table} where _deleted_at is null order by id").fetchall()


def issues(con: DuckDBPyConnection) -> list[tuple[str, str, str | None, str | None]]:
    """Open issues as (rule, severity, column, value)."""
    return con.execute(
        "select rule, severity, column_name, value from quality.issue where is_open order by all"
    ).fetchall()
