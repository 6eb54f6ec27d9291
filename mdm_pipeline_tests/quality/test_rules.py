# ruff: noqa: E501  tables of cases read better with one case a line
"""Every expectation type: the rows that our own query finds are those that Great Expectations counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import ExpectationConfig, QualityConfig
from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract.staging import INVOICE, PARTY, PARTY_CONTACT_POINT
from mdm_pipeline.quality.conditions import InvalidRule
from mdm_pipeline.quality.evaluation import Broken, Evaluated, evaluate
from mdm_pipeline.quality.judgement import Judge, Verdict, great_expectations_judge
from mdm_pipeline.quality.rules import EXPECTATION_TYPES
from mdm_pipeline.quality.suites import checked_suites
from mdm_pipeline_tests.rows import rows

DAY = date(2026, 11, 23)
INVOICES: list[dict[str, Any]] = [
    {"currency": "CNY", "net_amount": 100, "gross_amount": 113, "invoiced_on": date(2026, 1, 1), "due_on": date(2026, 2, 1)},
    {"currency": "CNY", "net_amount": 100, "gross_amount": 100, "invoiced_on": date(2026, 3, 1), "due_on": date(2026, 2, 1)},
    {"currency": "XXX", "net_amount": 3.5, "gross_amount": 4, "invoiced_on": date(2026, 1, 1), "due_on": date(2026, 1, 1)},
    {"currency": None, "net_amount": None, "gross_amount": 7, "invoiced_on": date(2027, 1, 1), "due_on": None},
    {"currency": "EUR", "net_amount": -5, "gross_amount": -6, "invoiced_on": date(1850, 1, 1), "due_on": date(1850, 1, 2)},
    {"currency": "a{b}:c%$1", "net_amount": 0, "gross_amount": 0, "invoiced_on": None, "due_on": None},
]  # fmt: skip
REFS = ["crm.account:1", "crm.account:2", "crm.account:9", None, "crm.account:1", None]
NUMBERS = ["A1", "A1", "A2", "A2", "A3", "A3"]
SOURCES = ["x", "x", "x", "y", "y", "y"]


@pytest.fixture(scope="module")
def cursor() -> Iterator[DuckDBPyConnection]:
    con = open_in_memory()
    rows(con, PARTY, *({"record_id": n, "record_ref": f"crm.account:{n}"} for n in (1, 2)))
    rows(
        con,
        INVOICE,
        *(
            {"record_id": 10 + n, "party_ref": ref, "invoice_no": number, "source": source, **invoice}
            for n, (invoice, ref, number, source) in enumerate(zip(INVOICES, REFS, NUMBERS, SOURCES, strict=True))
        ),
    )
    rows(
        con,
        PARTY_CONTACT_POINT,
        {
            "record_id": 1,
            "contact_no": 1,
            "kind": "email",
            "value": "a@b",
            "is_valid": False,
            "is_usable": True,
        },
        {
            "record_id": 1,
            "contact_no": 2,
            "kind": "phone",
            "value": "1",
            "is_valid": False,
            "is_usable": True,
        },
        {
            "record_id": 2,
            "contact_no": 1,
            "kind": "email",
            "value": "c@d.e",
            "is_valid": True,
            "is_usable": True,
        },
    )
    yield con
    con.close()


@pytest.fixture(scope="module")
def judge(cursor: DuckDBPyConnection) -> Iterator[Judge]:
    with great_expectations_judge(cursor) as ready:
        yield ready


def rule(name: str, expectation: str, arguments: dict[str, Any], where: str | None = None) -> ExpectationConfig:
    return ExpectationConfig(
        name=name,
        expectation=expectation,
        arguments=arguments,
        where=where,
        severity="warn",
        dimension="accuracy",
        message="wrong",
    )


def suites(table: str, *rules: ExpectationConfig, source: str | None = None):
    return checked_suites(
        QualityConfig.model_validate({"suites": {"s": {"table": table, "source": source, "expectations": list(rules)}}})
    )


CASES: list[tuple[str, dict[str, Any], str | None, list[int]]] = [
    ("expect_column_values_to_not_be_null", {"column": "currency"}, None, [13]),
    ("expect_column_values_to_match_regex", {"column": "currency", "regex": "^[A-Z]{3}$"}, None, [15]),
    ("expect_column_values_to_match_regex", {"column": "currency", "regex": "[NU]"}, None, [12, 15]),
    ("expect_column_values_to_be_in_set", {"column": "currency", "value_set": ["CNY", "a{b}:c%$1"]}, None, [12, 14]),
    ("expect_column_values_to_be_between", {"column": "net_amount", "min_value": 0, "max_value": 99.5}, None, [10, 11, 14]),
    ("expect_column_values_to_be_between", {"column": "invoiced_on", "max_value": "$as_of"}, None, [13]),
    ("expect_column_values_to_be_between", {"column": "invoiced_on", "min_value": date(1900, 1, 1)}, None, [14]),
    ("expect_column_value_lengths_to_be_between", {"column": "currency", "max_value": 3}, None, [15]),
    ("expect_column_values_to_be_unique", {"column": "invoice_no"}, None, [10, 11, 12, 13, 14, 15]),
    ("expect_column_values_to_be_unique", {"column": "party_ref"}, None, [10, 14]),
    ("expect_compound_columns_to_be_unique", {"column_list": ["invoice_no", "source"]}, None, [10, 11, 14, 15]),
    ("expect_compound_columns_to_be_unique", {"column_list": ["invoice_no", "party_ref"]}, None, []),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "due_on", "column_B": "invoiced_on"}, None, [11, 12]),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "due_on", "column_B": "invoiced_on", "or_equal": True},
        None,
        [11],
    ),
    ("expect_column_pair_values_to_be_equal", {"column_A": "net_amount", "column_B": "gross_amount"}, None, [10, 12, 14]),
    ("referential", {"column": "party_ref", "table": "staging.party", "target": "record_ref"}, None, [12]),
    ("custom_sql", {"condition": "gross_amount >= net_amount and currency <> 'a{b}:c%$1'"}, None, [14, 15]),
    # the same under a condition: rows outside of it are neither counted nor found
    ("expect_column_values_to_not_be_null", {"column": "net_amount"}, "source = 'x'", []),
    ("expect_column_values_to_be_in_set", {"column": "currency", "value_set": ["CNY"]}, "source = 'x'", [12]),
    ("expect_column_values_to_be_unique", {"column": "party_ref"}, "source = 'x'", []),
    ("expect_compound_columns_to_be_unique", {"column_list": ["invoice_no", "source"]}, "source = 'y'", [14, 15]),
    ("expect_column_pair_values_to_be_equal", {"column_A": "net_amount", "column_B": "gross_amount"}, "source = 'y'", [14]),
    ("expect_column_values_to_match_regex", {"column": "currency", "regex": "U"}, "currency = 'a{b}:c%$1'", [15]),
    ("referential", {"column": "party_ref", "table": "staging.party", "target": "record_ref"}, "source = 'y'", []),
    ("custom_sql", {"condition": "gross_amount > 0"}, "source = 'y' and invoiced_on < $as_of", [14]),
]  # fmt: skip


def test_every_type_is_covered():
    assert {expectation for expectation, *_ in CASES} == set(EXPECTATION_TYPES)


def test_own_query_finds_the_rows_that_great_expectations_counts(cursor: DuckDBPyConnection, judge: Judge):
    rules = [rule(f"r{n:02}", kind, arguments, where) for n, (kind, arguments, where, _) in enumerate(CASES)]
    (suite,) = suites("staging.invoice", *rules)

    evaluated = evaluate(cursor, judge, suite, DAY)

    assert isinstance(evaluated, Evaluated), evaluated
    found = [sorted(result.failing["record_id"]) for result in evaluated.results]
    assert found == [expected for *_, expected in CASES]
    assert {result.rows for result in evaluated.results if not result.rule.config.where} == {6}


def test_two_rules_may_say_the_same(cursor: DuckDBPyConnection, judge: Judge):
    filled = ("expect_column_values_to_not_be_null", {"column": "currency"})
    (suite,) = suites("staging.invoice", rule("one", *filled), rule("two", *filled))
    evaluated = evaluate(cursor, judge, suite, DAY)
    assert isinstance(evaluated, Evaluated), evaluated
    assert [(r.rule.name, r.failing.height) for r in evaluated.results] == [("one", 1), ("two", 1)]


def test_a_suite_of_one_source_looks_at_its_rows_only(cursor: DuckDBPyConnection, judge: Judge):
    (suite,) = suites(
        "staging.invoice",
        rule("filled", "expect_column_values_to_not_be_null", {"column": "net_amount"}),
        source="x",
    )
    evaluated = evaluate(cursor, judge, suite, DAY)
    assert isinstance(evaluated, Evaluated)
    assert (evaluated.results[0].rows, evaluated.results[0].failing.height) == (3, 0)


def test_a_row_of_a_child_table_is_named_by_its_whole_key(cursor: DuckDBPyConnection, judge: Judge):
    (suite,) = suites(
        "staging.party_contact_point",
        rule(
            "valid",
            "expect_column_values_to_be_in_set",
            {"column": "is_valid", "value_set": [True]},
            "kind = 'phone'",
        ),
    )
    evaluated = evaluate(cursor, judge, suite, DAY)
    assert isinstance(evaluated, Evaluated)
    assert evaluated.results[0].failing.select("record_id", "location", "value").rows() == [(1, "2", "false")]


@pytest.mark.parametrize(
    ("expectation", "arguments", "reason"),
    [
        ("expect_column_values_to_not_be_null", {"column": "nope"}, "nope"),
        ("expect_column_values_to_be_between", {"column": "currency", "min_value": 3}, "Cannot compare"),
        ("custom_sql", {"condition": "cast(currency as integer) > 1"}, "Could not convert"),
        ("expect_column_values_to_match_regex", {"column": "currency", "regex": "("}, "missing )"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_breaks_its_suite(
    cursor: DuckDBPyConnection, judge: Judge, expectation: str, arguments: dict[str, Any], reason: str
):
    (suite,) = suites("staging.invoice", rule("bad", expectation, arguments))
    outcome = evaluate(cursor, judge, suite, DAY)
    assert isinstance(outcome, Broken)
    assert reason in outcome.reason


def test_a_suite_over_a_table_that_never_landed_is_broken(cursor: DuckDBPyConnection, judge: Judge):
    (suite,) = suites("landing.crm__account", rule("filled", "expect_column_values_to_not_be_null", {"column": "id"}))
    assert evaluate(cursor, judge, suite, DAY) == Broken(suite, "the hub has no table landing.crm__account")


def test_a_count_that_differs_from_the_own_query_breaks_the_suite(cursor: DuckDBPyConnection):
    (suite,) = suites("staging.invoice", rule("filled", "expect_column_values_to_not_be_null", {"column": "currency"}))
    outcome = evaluate(cursor, lambda view, checks: {"filled": Verdict(failed=2)}, suite, DAY)
    assert outcome == Broken(
        suite,
        "rule filled: Great Expectations counts 2 failing rows, the rule's own query finds 1; neither is trusted",
    )


@pytest.mark.parametrize(
    ("table", "config", "message"),
    [
        ("staging.invoice", rule("r", "expect_magic", {}), "'expect_magic' is unknown; use one of"),
        (
            "staging.invoice",
            rule("r", "expect_column_values_to_not_be_null", {"columns": "a"}),
            "column: Field required",
        ),
        (
            "staging.invoice",
            rule("r", "expect_column_values_to_be_between", {"column": "net_amount"}),
            "must be given",
        ),
        ("staging.nowhere", rule("r", "expect_column_values_to_not_be_null", {"column": "a"}), "no table"),
        ("staging.invoice", rule("r", "custom_sql", {"condition": "1 = 1"}), "looks at no column"),
        (
            "staging.invoice",
            rule("r", "referential", {"column": "party_ref", "table": "staging.party", "target": "x"}),
            "has no column 'x'",
        ),
        (
            "staging.invoice",
            rule("r", "expect_column_values_to_not_be_null", {"column": "currency"}, "currency in (select 1)"),
            "suite s, rule r: ",
        ),
        (
            "landing.crm__account",
            rule("r", "expect_column_values_to_not_be_null", {"column": "id"}, "id = read_text('x')"),
            "is not allowed in a condition",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_name(table: str, config: ExpectationConfig, message: str):
    with pytest.raises(InvalidRule) as refused:
        suites(table, config)
    assert message in str(refused.value)


def test_only_party_records_can_be_quarantined():
    config = rule("r", "expect_column_values_to_not_be_null", {"column": "currency"})
    with pytest.raises(InvalidRule, match="only those can be quarantined"):
        suites("staging.invoice", config.model_copy(update={"severity": "quarantine"}))
