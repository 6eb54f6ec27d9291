"""The issue log: one row per problem, counted, closed when it is gone."""

from __future__ import annotations

from datetime import UTC, datetime

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.hub import STAGE_COMMIT
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline_tests.rows import fetch, rows

DAY1, DAY2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def found(con: DuckDBPyConnection, *records: int) -> None:
    create_found(con)
    for record in records:
        con.execute(
            "insert into found_issue "
            "values ('crm', 'crm.account', $r, null, 'phone', 'too_long', 'warn', $v, 'too long')",
            {"r": record, "v": "9" * 300},
        )


def test_the_same_problem_is_one_row_that_counts(con: DuckDBPyConnection) -> None:
    for day in (DAY1, DAY2):
        found(con, 1)
        assert report_issues(con, stage="staging", as_of=day, scope=None) == 1
    (issue,) = fetch(
        con,
        "select first_seen_at::date::varchar f, last_seen_at::date::varchar l, times, is_open, length(value) n "
        "from quality.issue",
    )
    assert issue == {"f": "2026-01-01", "l": "2026-01-02", "times": 2, "is_open": True, "n": 200}


def test_a_problem_that_is_gone_is_closed_only_within_the_scope_looked_at(con: DuckDBPyConnection) -> None:
    found(con, 1, 2)
    report_issues(con, stage="staging", as_of=DAY1, scope=None)
    con.execute("create temp table looked_at as select 1::bigint as key")
    found(con)
    report_issues(con, stage="staging", as_of=DAY2, scope="looked_at")
    assert fetch(con, "select record_id, is_open from quality.issue order by 1") == [
        {"record_id": 1, "is_open": False},
        {"record_id": 2, "is_open": True},
    ]


def test_a_stage_closes_only_its_own_issues(con: DuckDBPyConnection) -> None:
    found(con, 1)
    report_issues(con, stage="staging", as_of=DAY1, scope=None)
    found(con)
    report_issues(con, stage="quality", as_of=DAY2, scope=None)
    assert fetch(con, "select is_open from quality.issue") == [{"is_open": True}]


def test_only_what_was_opened_closed_or_changed_is_logged_as_a_change(con: DuckDBPyConnection) -> None:
    """Each report stands under the number of the commit it becomes part of; seeing an issue again is no change."""
    nights = [((1, 2), "opened"), ((1, 2), "seen again"), ((1,), "2 closed"), ((1,), "stays closed"), ((1, 2), "again")]
    for number, (records, _) in enumerate(nights, start=1):
        found(con, *records)
        report_issues(con, stage="staging", as_of=DAY1, scope=None)
        rows(con, STAGE_COMMIT, {"seq": number})
    found(con, 1, 2)
    con.execute("update found_issue set value = 'x' where record_id = 1")
    report_issues(con, stage="staging", as_of=DAY2, scope=None)
    logged = fetch(
        con,
        "select seq, list(record_id order by record_id) as records "
        "from quality.issue_change join quality.issue on issue_key = key group by seq order by seq",
    )
    assert logged == [
        {"seq": 1, "records": [1, 2]},
        {"seq": 3, "records": [2]},
        {"seq": 5, "records": [2]},
        {"seq": 6, "records": [1]},
    ]
