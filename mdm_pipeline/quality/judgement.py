"""Great Expectations' verdicts over batches of the hub; the library is loaded here only, when it is used.

In: a cursor of the hub's connection, the name of a view on it, checks by rule name. Out: `Verdict` per
rule. Invariant: nothing is written to disk or sent anywhere; whatever went wrong inside is an `error`,
never a count. Does not belong here: what a verdict leads to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.quality.rules import REGEX_TYPE, Check

# Counts only: values and ids come from our own query, lists of them would be cut at 20 and 200.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations says about one rule: how many rows break it, or why it could not tell."""

    failed: int = 0
    error: str | None = None


class Judge(Protocol):
    """Evaluates checks over a view."""

    def __call__(self, view: str, checks: Mapping[str, Check]) -> Mapping[str, Verdict]:
        """A verdict for every check."""
        ...


@contextmanager
def great_expectations_judge(cursor: DuckDBPyConnection) -> Iterator[Judge]:
    """A judge whose only data source is the given cursor; importing costs seconds, so it is done here."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read by the library when it is imported
    import great_expectations
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.datasource.fluent.interfaces import TestConnectionError
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.registry import get_expectation_impl
    from sqlalchemy.exc import SQLAlchemyError

    from mdm_pipeline.quality.hub_dialect import shared_cursor

    _register_regex()
    context = great_expectations.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),  # by default it makes a folder for pages
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            analytics_enabled=False,
        ),
    )

    with shared_cursor(cursor) as url:
        source = context.data_sources.add_sql("hub", connection_string=url)
        numbers = count(1)

        def judge(view: str, checks: Mapping[str, Check]) -> Mapping[str, Verdict]:
            verdicts: dict[str, Verdict] = {}
            expectations = []
            for rule, check in checks.items():
                try:
                    implementation = get_expectation_impl(check.gx_type)
                    expectations.append(implementation(meta={"rule": rule}, **check.gx_arguments))
                except (ValueError, TypeError) as error:  # pydantic's errors are ValueErrors
                    verdicts[rule] = Verdict(error=_one_line(error))
            suite = great_expectations.ExpectationSuite(name=view, expectations=expectations)
            try:
                query = f"select * from {quoted(view)}"  # noqa: S608  our own view
                asset = source.add_query_asset(name=f"{view}#{next(numbers)}", query=query)
                batch = asset.add_batch_definition_whole_table("all").get_batch()
                outcome = batch.validate(suite, result_format=_RESULT_FORMAT)
            except (GreatExpectationsError, TestConnectionError, SQLAlchemyError) as error:
                return {rule: Verdict(error=_one_line(error)) for rule in checks}
            for result in outcome.results:
                config = result.expectation_config
                if config is not None and config.meta:
                    verdicts[config.meta["rule"]] = _verdict(result)
            return {
                rule: verdicts.get(rule, Verdict(error="Great Expectations gave no result for the rule"))
                for rule in checks
            }

        yield judge


def _verdict(result: Any) -> Verdict:
    """Read a result: an exception anywhere in it means that the figures mean nothing."""
    information = result.exception_info or {}
    parts = [information] if "raised_exception" in information else list(information.values())
    raised = [part for part in parts if part.get("raised_exception")]
    if raised:
        return Verdict(error=_one_line(raised[0].get("exception_message") or "unknown error"))
    failed = result.result.get("unexpected_count")
    if failed is None:
        # an empty batch has no count; a result without one over rows is a fault
        if result.success and not result.result.get("element_count"):
            return Verdict(0)
        return Verdict(error="Great Expectations returned no count")
    return Verdict(int(failed))


def _one_line(error: object) -> str:
    return " ".join(str(error).split("\n[SQL:")[0].split())[:300]


def _register_regex() -> None:
    """Teach Great Expectations DuckDB's regexp_matches; its own regex expectations refuse the dialect.

    Pretending to be PostgreSQL would make it write `~`, which in DuckDB matches the whole value.
    """
    import sqlalchemy
    from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import ColumnMapExpectation
    from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
        column_condition_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
        ColumnMapMetricProvider,
    )
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    if REGEX_TYPE in list_registered_expectation_implementations():
        return

    class ColumnValuesMatchDuckdbRegex(ColumnMapMetricProvider):  # type: ignore[misc]
        """Searches a regular expression in each value."""

        condition_metric_name = "column_values.match_duckdb_regex"
        condition_value_keys = ("regex",)

        @column_condition_partial(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
        def _matches(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805
            return sqlalchemy.func.regexp_matches(column, regex)

    # defining the class registers it under its name
    class ExpectColumnValuesToMatchDuckdbRegex(ColumnMapExpectation):  # type: ignore[misc]
        """Expect every value to contain a match of the regular expression."""

        regex: str
        map_metric = "column_values.match_duckdb_regex"
        success_keys = ("regex", "mostly")
