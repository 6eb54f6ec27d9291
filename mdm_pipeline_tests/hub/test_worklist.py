"""Offsets and fingerprints decide what a stage has to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import landing
from mdm_pipeline.hub.worklist import (
    Report,
    ReportDoesNotAddUp,
    Work,
    commit_work,
    fingerprint_of,
    log_commit,
    plan_work,
)
from mdm_pipeline_tests.rows import fetch, rows

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def plan(con: DuckDBPyConnection, fingerprint: str = "rules-1") -> Work:
    return plan_work(con, stage="staging", upstreams=("landing",), fingerprint=fingerprint)


def keys(con: DuckDBPyConnection) -> list[int]:
    return [row["key"] for row in fetch(con, "select key from work_landing order by key")]


@pytest.fixture
def landed(con: DuckDBPyConnection) -> DuckDBPyConnection:
    rows(con, landing.RECORD, *({"record_id": i, "source": "crm", "source_table": "account"} for i in (1, 2, 3)))
    con.execute("insert into landing.change values (1, 'crm.account', 1), (2, 'crm.account', 2)")
    return con


def test_the_first_time_a_stage_does_every_key_whether_logged_or_not(landed: DuckDBPyConnection) -> None:
    work = plan(landed)
    assert work.is_full
    assert keys(landed) == [1, 2, 3]


def test_later_it_does_what_changed_since_its_own_commit(landed: DuckDBPyConnection) -> None:
    commit_work(landed, plan(landed))
    assert plan(landed).is_empty
    landed.execute("insert into landing.change values (5, 'crm.account', 3)")
    work = plan(landed)
    assert not work.is_full
    assert keys(landed) == [3]


def test_two_deliveries_before_one_stage_are_both_done(landed: DuckDBPyConnection) -> None:
    commit_work(landed, plan(landed))
    landed.execute("insert into landing.change values (5, 'crm.account', 3), (6, 'crm.account', 1)")
    plan(landed)
    assert keys(landed) == [1, 3]


def test_work_that_was_not_committed_is_done_again(landed: DuckDBPyConnection) -> None:
    commit_work(landed, plan(landed))
    landed.execute("insert into landing.change values (5, 'crm.account', 3)")
    plan(landed)
    plan(landed)
    assert keys(landed) == [3]


def test_another_fingerprint_means_every_key(landed: DuckDBPyConnection) -> None:
    commit_work(landed, plan(landed))
    assert plan(landed, fingerprint="rules-2").is_full
    assert keys(landed) == [1, 2, 3]


def test_a_fingerprint_depends_on_section_version_and_extras_and_not_on_key_order() -> None:
    assert fingerprint_of({"a": 1, "b": 2}, 1) == fingerprint_of({"b": 2, "a": 1}, 1)
    assert (
        len(
            {
                fingerprint_of({"a": 1}, 1),
                fingerprint_of({"a": 2}, 1),
                fingerprint_of({"a": 1}, 2),
                fingerprint_of({"a": 1}, 1, "m"),
            }
        )
        == 4
    )


def test_a_report_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ReportDoesNotAddUp, match="read 5 but written 2 \\+ unchanged 2 \\+ rejected 0 = 4"):
        Report(read=5, written=2, unchanged=2)


def test_each_commit_takes_the_next_number(con: DuckDBPyConnection) -> None:
    for expected in (1, 2):
        work = plan(con)
        assert work.seq == expected
        log_commit(con, work, Report(), run_id="r", as_of=NOW, duration_s=0.1)
