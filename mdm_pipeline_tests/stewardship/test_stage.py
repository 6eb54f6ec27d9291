"""The snapshot: what was decided before the run is in, what is decided later waits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.worklist import Work
from mdm_pipeline.stewardship.stage import StoreSection, take_snapshot
from mdm_pipeline.stewardship.store import Decision, DecisionStore
from mdm_pipeline_tests.rows import fetch

DAY1, DAY2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def work(seq: int) -> Work:
    return Work("steward", seq, False, (), 0)


def test_decisions_up_to_the_runs_time_are_taken_and_only_changes_are_logged(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'd.sqlite'}"
    store = DecisionStore(url)
    store.add(Decision("judgement", "a.t:1", "lin", "b.t:2", "match", decided_at=DAY1, decision_id="first"))
    store.add(Decision("judgement", "a.t:1", "lin", "c.t:3", "match", decided_at=DAY2, decision_id="second"))

    report = take_snapshot(con, StoreSection(url), work(1), DAY1)
    assert report.written == 1
    assert fetch(con, "select decision_id from steward.decision") == [{"decision_id": "first"}]

    take_snapshot(con, StoreSection(url), work(2), DAY1)
    assert fetch(con, "select seq, key from steward.change") == [{"seq": 1, "key": "first"}]

    store.undo("first", who="wu")
    take_snapshot(con, StoreSection(url), work(3), datetime(2027, 1, 1, tzinfo=UTC))
    assert fetch(con, "select decision_id from steward.decision") == [{"decision_id": "second"}]
    assert fetch(con, "select key from steward.change where seq = 3 order by key") == [
        {"key": "first"},
        {"key": "second"},
    ]
    store.close()


def test_a_replay_knows_decisions_that_were_taken_back_or_replaced_since(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'd.sqlite'}"
    store = DecisionStore(url)
    for number, (ref, day) in enumerate((("b.t:2", DAY1), ("c.t:3", DAY1), ("c.t:3", DAY2))):
        store.add(Decision("judgement", "a.t:1", "lin", ref, "match", decided_at=day, decision_id=str(number)))
    store.undo("0", who="wu")
    store.close()
    take_snapshot(con, StoreSection(url), work(1), DAY1)
    assert fetch(con, "select decision_id from steward.decision order by all") == [
        {"decision_id": "0"},
        {"decision_id": "1"},
    ]
