"""Old history goes, and nothing that a later run needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.config.company import RetentionConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home, Hub, open_hub, open_in_memory
from mdm_pipeline.hub.contract import hub, landing, quality
from mdm_pipeline.hub.contract import table as contract_table
from mdm_pipeline.hub.worklist import commit_work, next_seq, plan_work
from mdm_pipeline.operations.retention import change_logs, prune
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline_tests.rows import fetch, rows

NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
CHANGES = RetentionConfig(ledger_days=None, changes_days=10)
KEEP = RetentionConfig(earlier_versions_days=10, verdicts_days=10, ledger_days=10, changes_days=10)


def ago(days: int) -> datetime:
    return (NOW - timedelta(days=days)).replace(tzinfo=None)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Hub]:
    home = Home(tmp_path)
    home.create()
    with open_hub(home.hub_file) as opened:
        yield opened


def commits(opened: Hub, *given: tuple[int, str, str, int]) -> None:
    """Commits (seq, stage, run, days ago)."""
    for seq, stage, run_id, days in given:
        row: dict[str, Any] = {"seq": seq, "stage": stage, "run_id": run_id, "as_of": ago(days), "is_full": False}
        rows(opened.con, hub.STAGE_COMMIT, row)


def runs(opened: Hub, *given: tuple[str, str, int]) -> None:
    """Runs (id, outcome, days ago)."""
    for run_id, outcome, days in given:
        rows(opened.con, hub.RUN, {"run_id": run_id, "outcome": outcome, "as_of": ago(days)})


def test_earlier_versions_go_by_their_age(opened: Hub) -> None:
    for number, days in ((1, 11), (2, 10), (3, 0)):
        rows(opened.con, landing.VERSION, {"record_id": number, "batch_id": 1, "row": "{}", "replaced_at": ago(days)})
    assert prune(opened, KEEP, as_of=NOW) == {"landing.version": 1}
    assert fetch(opened.con, "select record_id from landing.version order by 1") == [
        {"record_id": 2},
        {"record_id": 3},
    ]
    assert fetch(opened.con, 'select "at", who, what, detail from audit.event') == [
        {
            "at": NOW.replace(tzinfo=None),
            "who": "retention",
            "what": "old history taken out",
            "detail": "landing.version 1 rows",
        }
    ]
    assert prune(opened, KEEP, as_of=NOW) == {}
    assert fetch(opened.con, "select count(*) as n from audit.event") == [{"n": 1}]


def test_each_suite_keeps_its_last_verdict(opened: Hub) -> None:
    for number, suite, days in ((1, "party", 30), (2, "invoice", 30), (3, "party", 20), (4, "party", 1)):
        run = {"validation_id": number, "suite": suite, "table_name": f"staging.{suite}", "validated_at": ago(days)}
        rows(opened.con, quality.VALIDATION_RUN, run)
        rows(opened.con, quality.EXPECTATION_RESULT, {"validation_id": number, "rule": "r"})
    assert prune(opened, KEEP, as_of=NOW) == {"quality.expectation_result": 2, "quality.validation_run": 2}
    left = "select validation_id from quality.{} order by 1"
    assert fetch(opened.con, left.format("validation_run")) == [{"validation_id": 2}, {"validation_id": 4}]
    assert fetch(opened.con, left.format("expectation_result")) == [{"validation_id": 2}, {"validation_id": 4}]


def test_the_ledger_keeps_the_last_run_and_each_stages_last_commit(opened: Hub) -> None:
    runs(opened, ("a", "done", 40), ("b", "done", 30), ("c", "failed", 20), ("d", "running", 19))
    commits(opened, (1, "staging", "a", 40), (2, "mart", "a", 40), (3, "staging", "b", 30), (4, "master", "b", 30))
    commits(opened, (5, "staging", "c", 20))
    assert prune(opened, KEEP, as_of=NOW) == {"hub.stage_commit": 1}
    assert fetch(opened.con, "select seq from hub.stage_commit order by 1") == [{"seq": n} for n in (2, 3, 4, 5)]
    runs(opened, ("e", "failed", 50))
    assert prune(opened, KEEP, as_of=NOW) == {"hub.run": 1}
    assert fetch(opened.con, "select run_id from hub.run order by 1") == [{"run_id": r} for r in ("a", "b", "c", "d")]
    assert next_seq(opened.con) == 6


def test_changes_go_when_every_stage_is_past_them_and_people_were_told(opened: Hub) -> None:
    log = contract_table("staging.change")
    for seq in (1, 2, 3, 4):
        rows(opened.con, log, {"seq": seq, "entity": "party", "key": seq})
    runs(opened, ("old", "done", 30), ("new", "failed", 20))
    commits(opened, (1, "staging", "old", 30), (2, "staging", "old", 30), (3, "staging", "new", 20))
    commits(opened, (4, "staging", "new", 20))
    state = hub.STAGE_STATE
    rows(opened.con, state, {"stage": "quality", "upstream": "staging", "consumed_seq": 4, "fingerprint": "f"})
    rows(opened.con, state, {"stage": "matching", "upstream": "staging", "consumed_seq": 1, "fingerprint": "f"})
    assert prune(opened, CHANGES, as_of=NOW) == {"staging.change": 1}  # matching has not come further
    opened.con.execute("update hub.stage_state set consumed_seq = 4")
    assert prune(opened, CHANGES, as_of=NOW) == {"staging.change": 1}  # nobody was told of the failed run's changes
    opened.con.execute("update hub.run set outcome = 'done'")
    assert prune(opened, CHANGES, as_of=NOW) == {"staging.change": 1}  # the newest stays: offsets are read from it
    assert fetch(opened.con, "select seq from staging.change") == [{"seq": 4}]


def test_young_changes_and_kept_kinds_stay(opened: Hub) -> None:
    rows(opened.con, contract_table("staging.change"), {"seq": 1, "entity": "party", "key": 1})
    rows(opened.con, contract_table("staging.change"), {"seq": 2, "entity": "party", "key": 2})
    runs(opened, ("run", "done", 9))
    commits(opened, (1, "staging", "run", 9), (2, "staging", "run", 9))
    state = {"stage": "quality", "upstream": "staging", "consumed_seq": 2, "fingerprint": "f"}
    rows(opened.con, hub.STAGE_STATE, state)
    assert prune(opened, KEEP, as_of=NOW) == {}
    for_ever = RetentionConfig(
        dagster_runs_days=None, earlier_versions_days=None, verdicts_days=None, ledger_days=None, changes_days=None
    )
    assert prune(opened, for_ever, as_of=NOW + timedelta(days=3000)) == {}
    assert prune(opened, KEEP, as_of=NOW + timedelta(days=3000)) == {"staging.change": 1}


def test_changes_go_even_where_the_ledger_is_kept_for_less_long(opened: Hub) -> None:
    runs(opened, ("old", "done", 30), ("new", "done", 5))
    commits(opened, (1, "staging", "old", 30), (2, "staging", "old", 30), (3, "staging", "new", 5))
    for seq in (1, 2, 3):
        rows(opened.con, contract_table("staging.change"), {"seq": seq, "entity": "party", "key": seq})
    state = {"stage": "quality", "upstream": "staging", "consumed_seq": 3, "fingerprint": "f"}
    rows(opened.con, hub.STAGE_STATE, state)
    keep = RetentionConfig(ledger_days=6, changes_days=20)
    assert prune(opened, RetentionConfig(ledger_days=6, changes_days=None), as_of=NOW) == {
        "hub.stage_commit": 2,
        "hub.run": 1,
    }
    assert prune(opened, keep, as_of=NOW) == {"staging.change": 2}


def test_every_log_that_a_stage_consumes_is_pruned_and_no_other(tmp_path: Path) -> None:
    stages = company_stages(load_company("demo"), Home(tmp_path))
    assert {upstream for upstream, _ in change_logs()} == {u for stage in stages.values() for u in stage.upstreams}


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[Hub, Hub]]:
    """Two empty hubs in memory."""
    pair = Hub(Path("pruned"), open_in_memory()), Hub(Path("whole"), open_in_memory())
    yield pair
    for opened in pair:
        opened.con.close()


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("change"), st.integers(1, 5)),
            st.tuples(st.just("consume"), st.sampled_from(["quality", "matching"])),
            st.tuples(st.just("prune"), st.integers(0, 40)),
            st.tuples(st.just("finish"), st.just(0)),
        ),
        max_size=25,
    )
)
def test_whatever_is_pruned_when_every_stage_sees_every_change_once(
    twins: tuple[Hub, Hub], steps: list[tuple[str, Any]]
) -> None:
    """Against the same steps without pruning: each stage finds the very same work each time."""
    pruned, whole = twins
    found: dict[int, list[Any]] = {0: [], 1: []}
    for opened in (pruned, whole):
        for name in ("hub.run", "hub.stage_commit", "hub.stage_state", "staging.change"):
            opened.con.execute(f"delete from {name}")  # noqa: S608
        runs(opened, ("r", "done", 30))
    for what, value in steps:
        for number, opened in enumerate((pruned, whole)):
            con = opened.con
            if what == "change":
                seq = next_seq(con)
                commits(opened, (seq, "staging", "r", 30))
                rows(con, contract_table("staging.change"), {"seq": seq, "entity": "party", "key": value})
            elif what == "consume":
                work = plan_work(con, stage=value, upstreams=("staging",), fingerprint="f")
                keys = fetch(con, "select key from work_staging order by 1") if not work.is_full else "all"
                found[number].append((value, work.is_full, keys, work.offsets))
                commit_work(con, work)
            elif what == "finish":
                con.execute("update hub.run set outcome = case outcome when 'done' then 'failed' else 'done' end")
            elif opened is pruned:
                prune(opened, KEEP, as_of=NOW + timedelta(days=value))
    assert found[0] == found[1]
