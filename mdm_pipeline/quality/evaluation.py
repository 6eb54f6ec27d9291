"""Evaluates one suite: the verdicts of Great Expectations, and by our own query the rows behind them.

In: a cursor that sees committed rows, a `Suite`. Out: `Passed` or `Failed` rules with their rows, or
`Broken`. Invariant: our query finds as many rows as Great Expectations counted, else the suite is
broken. Does not belong here: what follows from it (issues, quarantine, holding back).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import TABLES
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.quality.judgement import Judge
from mdm_pipeline.quality.rules import Check, Rule
from mdm_pipeline.quality.suites import Batch, Suite

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class RuleResult:
    """One rule evaluated.

    `failing` has the columns record_id, location, source, record_ref, value; one row per broken row.
    """

    rule: Rule
    rows: int
    failing: pl.DataFrame

    @property
    def share(self) -> float:
        """Share of the rows looked at that break the rule."""
        return self.failing.height / self.rows if self.rows else 0.0

    @property
    def holds_back(self) -> bool:
        """Whether more rows fail than the rule lets pass."""
        config = self.rule.config
        return config.severity == "block" and self.failing.height > 0 and self.share > config.max_share


@dataclass(frozen=True)
class Evaluated:
    """A suite that could be evaluated."""

    suite: Suite
    results: tuple[RuleResult, ...]


@dataclass(frozen=True)
class Broken:
    """A suite that could not be evaluated; nothing is known about the data."""

    suite: Suite
    reason: str


def evaluate(cursor: DuckDBPyConnection, judge: Judge, suite: Suite, as_of: date) -> Evaluated | Broken:
    """Evaluate all rules of a suite.

    Args:
        cursor: a cursor of the hub's connection, so that an error cannot abort the stage's transaction.
        judge: Great Expectations on the same cursor.
        suite: what to evaluate.
        as_of: the day of the run.
    """
    stored = stored_names(cursor, suite.table)
    if not stored:
        return Broken(suite, f"the hub has no table {suite.table}")
    results: list[RuleResult] = []
    for number, batch in enumerate(suite.batches, start=1):
        try:
            outcome = _evaluate_batch(cursor, judge, suite, batch, f"{suite.name}_{number}", stored, as_of)
        except duckdb.Error as error:
            return Broken(suite, str(error).splitlines()[0])
        if isinstance(outcome, str):
            return Broken(suite, outcome)
        results += outcome
    return Evaluated(suite, tuple(sorted(results, key=lambda result: result.rule.name)))


def stored_names(con: DuckDBPyConnection, table: str) -> list[str]:
    """Columns of a table as it stands in the hub; none when there is no such table."""
    schema, name = table.split(".")
    found = run_sql(con, _HERE / "stored_columns.sql", {"schema": schema, "name": name})
    return [column for (column,) in found.fetchall()]


def _evaluate_batch(
    cursor: DuckDBPyConnection,
    judge: Judge,
    suite: Suite,
    batch: Batch,
    view: str,
    stored: Sequence[str],
    as_of: date,
) -> list[RuleResult] | str:
    """Results of the batch's rules, or why there are none."""
    cursor.execute(f"create or replace temp view {quoted(view)} as {suite.rows_sql(batch, stored, as_of)}")
    checks = {rule.name: rule.check(as_of) for rule in batch.rules}
    verdicts = judge(view, checks)
    errors = {name: verdict.error for name, verdict in sorted(verdicts.items()) if verdict.error is not None}
    if errors:
        # rules are counted in common statements: one bad rule takes others of its batch along
        return f"rule {', '.join(errors)}: {next(iter(errors.values()))}"
    counted = cursor.execute(f"select count(*) from {quoted(view)}").fetchone()  # noqa: S608  our own view
    rows = int(counted[0]) if counted else 0
    results = []
    for rule in batch.rules:
        verdict = verdicts[rule.name]
        failing = cursor.execute(_failing_sql(suite, view, rule, checks[rule.name], stored)).pl()
        if failing.height != verdict.failed:
            return (
                f"rule {rule.name}: Great Expectations counts {verdict.failed} failing rows, "
                f"the rule's own query finds {failing.height}; neither is trusted"
            )
        results.append(RuleResult(rule, rows, failing))
    return results


def _failing_sql(suite: Suite, view: str, rule: Rule, check: Check, stored: Sequence[str]) -> str:
    """Select the rows that break a rule, as people have to find them again."""
    location = ", ".join(f"{quoted(name)}::varchar" for name in _key(suite.table, stored) if name != "record_id")
    value = ", ".join(f"{quoted(name)}::varchar" for name in rule.columns)
    window = f" qualify {check.window}" if check.window else ""
    # contract and configured identifiers, quoted; the condition comes from a checked rule
    return (
        f"select {_or_null('record_id', 'bigint', stored)}, "  # noqa: S608
        f"{f'concat_ws(chr(124), {location})' if location else 'null::varchar'} as location, "
        f"{_or_null('source', 'varchar', stored)}, {_or_null('record_ref', 'varchar', stored)}, "
        f"concat_ws(' | ', {value}) as value from {quoted(view)} where {check.failing}{window}"
    )


def _key(table: str, stored: Sequence[str]) -> tuple[str, ...]:
    declared = next((t.key for t in TABLES if t.full_name == table), ("record_id",))
    return tuple(name for name in declared if name in stored)


def _or_null(column: str, kind: str, stored: Sequence[str]) -> str:
    value = quoted(column) if column in stored else "null"
    return f"{value}::{kind} as {column}"
