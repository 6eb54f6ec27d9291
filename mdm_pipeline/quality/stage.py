"""Stage `quality`: judge the committed tables, log verdicts and issues, decide who waits.

In: staging (and landing) as committed, releases from `steward.decision`, the customers known from
`master.xref`. Out: `quality.validation_run`, `expectation_result`, `issue`, `quarantined`. Invariant:
only a record that is not yet a customer can be quarantined, so an update never removes one; a broken
suite quarantines nothing and is held back by name. Does not belong here: how a rule is evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig, QualityConfig
from mdm_pipeline.hub.contract.quality import QUARANTINED
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.quality.evaluation import Broken, Evaluated, RuleResult, evaluate, stored_names
from mdm_pipeline.quality.judgement import great_expectations_judge
from mdm_pipeline.quality.suites import Suite, checked_suites

STAGE_VERSION = 1
BROKEN_RULE = "suite_broken"
_HERE = Path(__file__).parent


def make_stage(config: CompanyConfig) -> Stage:
    """The stage of one company.

    Raises:
        InvalidRule: a rule of quality.yaml cannot be taken; named with suite, rule and reason.
    """
    section = config.quality
    checked_suites(section)
    settings = section.model_dump(mode="json")
    return Stage(
        name="quality",
        function=validate,
        section=section,
        fingerprint=fingerprint_of(settings, STAGE_VERSION),
        upstreams=("staging", "steward"),
        depends_on_day="$as_of" in str(settings),
    )


def validate(con: DuckDBPyConnection, section: QualityConfig, work: Work, as_of: datetime) -> Report:
    """Run all suites over whole tables and bring issues and quarantine up to date.

    Args:
        con: the hub, inside the stage's transaction. Suites read through a cursor of it: what is committed.
        section: the suites.
        work: only its number and run id are used; rules may compare rows, so whole tables are looked at.
        as_of: the run's time; `$as_of` in rules is its day.

    Returns:
        Counts in records looked at: rejected are those that wait, written those that came free.
        `held_back` names blocking rules that failed and suites that are broken.
    """
    suites = checked_suites(section)
    outcomes = _evaluate_all(con, suites, as_of)
    _collect(con, outcomes)
    _log(con, outcomes, work, as_of)
    _report(con, outcomes, as_of)

    _look_at(con, outcomes)
    counts = write_changes(con, QUARANTINED, "quarantine_wanted", seq=work.seq)
    return _made_report(con, outcomes, counts)


def _evaluate_all(con: DuckDBPyConnection, suites: Sequence[Suite], as_of: datetime) -> list[Evaluated | Broken]:
    if not suites:
        return []
    cursor = con.cursor()
    try:
        cursor.execute("set TimeZone = 'UTC'")  # settings of a session do not pass to its cursors
        with great_expectations_judge(cursor) as judge:
            return [evaluate(cursor, judge, suite, as_of.astimezone(UTC).date()) for suite in suites]
    finally:
        cursor.close()


def _collect(con: DuckDBPyConnection, outcomes: Sequence[Evaluated | Broken]) -> None:
    """Failing rows into `failing_row`, and from them `released_rule` and `quarantine_wanted`."""
    run_sql(con, _HERE / "failing_create.sql")
    for outcome in outcomes:
        if isinstance(outcome, Broken):
            names = [(outcome.suite.table, rule.name) for rule in outcome.suite.rules]
            con.executemany("insert into carried_rule values (?, ?)", names)
            continue
        for result in outcome.results:
            if result.failing.height:
                _add_failing(con, outcome.suite, result)
    run_sql(con, _HERE / "released.sql")


def _add_failing(con: DuckDBPyConnection, suite: Suite, result: RuleResult) -> None:
    config = result.rule.config
    con.register("rule_row", result.failing)
    run_sql(
        con,
        _HERE / "failing_add.sql",
        {
            "suite": suite.name,
            "rule": config.name,
            "severity": config.severity,
            "table_name": suite.table,
            "column_name": ",".join(result.rule.columns),
            "message": config.message,
            "source": suite.source,
        },
    )
    con.unregister("rule_row")


def _log(con: DuckDBPyConnection, outcomes: Sequence[Evaluated | Broken], work: Work, as_of: datetime) -> None:
    """The verdicts, one run per suite."""
    last = con.execute("select coalesce(max(validation_id), 0) from quality.validation_run").fetchone()
    for number, outcome in enumerate(outcomes, start=int(last[0]) + 1 if last else 1):
        results = outcome.results if isinstance(outcome, Evaluated) else ()
        run_sql(
            con,
            _HERE / "log_run.sql",
            {
                "validation_id": number,
                "run_id": work.run_id,
                "suite": outcome.suite.name,
                "table_name": outcome.suite.table,
                "validated_at": as_of.astimezone(UTC).replace(tzinfo=None),
                "outcome": _outcome(outcome),
                "rules": len(outcome.suite.rules),
                "rules_failed": _failed(outcome),
                "reason": outcome.reason if isinstance(outcome, Broken) else None,
            },
        )
        for result in results:
            config = result.rule.config
            run_sql(
                con,
                _HERE / "log_result.sql",
                {
                    "validation_id": number,
                    "rule": config.name,
                    "expectation": config.expectation,
                    "column_name": ",".join(result.rule.columns),
                    "severity": config.severity,
                    "dimension": config.dimension,
                    "is_success": result.failing.height == 0,
                    "rows_checked": result.rows,
                    "rows_failed": result.failing.height,
                },
            )


def _report(con: DuckDBPyConnection, outcomes: Sequence[Evaluated | Broken], as_of: datetime) -> None:
    """Failing rows and broken suites into the issue log, with the decisions that release them."""
    create_found(con)
    run_sql(con, _HERE / "issues_found.sql")
    for outcome in outcomes:
        if isinstance(outcome, Broken):
            suite = outcome.suite
            con.execute(
                "insert into found_issue (source, table_name, location, rule, severity, message) "
                "values ($source, $table_name, $location, $rule, 'warn', $message)",
                {
                    "source": suite.source or "",
                    "table_name": suite.table,
                    "location": suite.name,
                    "rule": BROKEN_RULE,
                    "message": f"suite {suite.name} on {suite.table} could not be evaluated: "
                    f"{outcome.reason}; nothing was quarantined by it; correct quality.yaml",
                },
            )
    report_issues(con, stage="quality", as_of=as_of.astimezone(UTC), scope=None)
    run_sql(con, _HERE / "issues_released.sql")


def _look_at(con: DuckDBPyConnection, outcomes: Sequence[Evaluated | Broken]) -> None:
    """Records looked at, and those that waited before, into temporary tables: the report counts them."""
    run_sql(con, _HERE / "looked_at_create.sql")
    tables = {
        outcome.suite.table
        for outcome in outcomes
        if isinstance(outcome, Evaluated) and "record_id" in stored_names(con, outcome.suite.table)
    }
    for table in sorted(tables):
        schema, name = table.split(".")
        # identifiers of a checked suite, quoted
        con.execute(f"insert into looked_at select record_id from {quoted(schema)}.{quoted(name)}")  # noqa: S608


def _made_report(con: DuckDBPyConnection, outcomes: Sequence[Evaluated | Broken], counts: Counts) -> Report:
    figures = run_sql(con, _HERE / "figures.sql").fetchone()
    read, waiting, freed, known_kept, released = figures or (0, 0, 0, 0, 0)
    return Report(
        read=read,
        written=freed,
        unchanged=read - waiting - freed,
        rejected=waiting,
        tables={QUARANTINED.full_name: counts},
        metadata={
            "quarantined": waiting,
            "known_customers_kept": known_kept,
            "released_by_stewards": released,
            "suites": [_summary(outcome) for outcome in outcomes],
            "failing_rules": [line for outcome in outcomes for line in _failing_rules(outcome)],
        },
        held_back=[line for outcome in outcomes for line in _held_back(outcome)],
    )


def _summary(outcome: Evaluated | Broken) -> dict[str, str | int]:
    return {
        "suite": outcome.suite.name,
        "table": outcome.suite.table,
        "outcome": _outcome(outcome),
        "rules": len(outcome.suite.rules),
        "rules_failed": _failed(outcome) or 0,
    }


def _failing_rules(outcome: Evaluated | Broken) -> list[dict[str, str | int]]:
    if isinstance(outcome, Broken):
        return []
    return [
        {
            "rule": f"{outcome.suite.name}.{result.rule.name}",
            "severity": result.rule.config.severity,
            "rows_failed": result.failing.height,
            "rows_checked": result.rows,
        }
        for result in outcome.results
        if result.failing.height
    ]


def _held_back(outcome: Evaluated | Broken) -> list[str]:
    """Why a person has to look: blocking rules that failed, or the suite itself."""
    if isinstance(outcome, Broken):
        return [f"{outcome.suite.name}: broken: {outcome.reason}"]
    return [
        f"{outcome.suite.name}.{result.rule.name}: {result.failing.height} of {result.rows} rows of "
        f"{outcome.suite.table} fail ({result.share:.1%}, allowed {result.rule.config.max_share:.1%}): "
        f"{result.rule.config.message}"
        for result in outcome.results
        if result.holds_back
    ]


def _outcome(outcome: Evaluated | Broken) -> str:
    if isinstance(outcome, Broken):
        return "broken"
    return "failed" if _failed(outcome) else "passed"


def _failed(outcome: Evaluated | Broken) -> int | None:
    if isinstance(outcome, Broken):
        return None
    return sum(1 for result in outcome.results if result.failing.height)
