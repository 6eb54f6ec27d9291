"""One transaction a stage: all of it or nothing, and a held-back source is an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.connection import Hub, open_hub
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work
from mdm_pipeline.orchestration.run_ledger import close_run, open_run
from mdm_pipeline.orchestration.stage_run import run_stage
from mdm_pipeline_tests.rows import fetch

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(tmp_path / "mdm.duckdb") as opened:
        yield opened


def write_one(con: DuckDBPyConnection, section: object, work: Work, as_of: datetime) -> Report:
    con.execute("insert into landing.change values ($seq, 'crm.account', 1)", {"seq": work.seq})
    return Report(read=1, written=1)


def run(hub: Hub, function: object, upstreams: tuple[str, ...] = (), fingerprint: str = "1") -> object:
    stage = Stage("staging" if upstreams else "landing.crm", function, None, fingerprint, upstreams)  # type: ignore[arg-type]
    return run_stage(hub, stage, run_id="r1", as_of=NOW)


def test_rows_offset_and_ledger_are_committed_together(hub: Hub) -> None:
    run(hub, write_one)
    run(hub, write_one, upstreams=("landing",))
    assert fetch(hub.con, "select stage, consumed_seq from hub.stage_state") == [
        {"stage": "staging", "consumed_seq": 1}
    ]
    assert fetch(hub.con, "select seq, stage, rows_written from hub.stage_commit order by seq") == [
        {"seq": 1, "stage": "landing.crm", "rows_written": 1},
        {"seq": 2, "stage": "staging", "rows_written": 1},
    ]


def test_an_error_leaves_nothing_behind(hub: Hub) -> None:
    def fail(con: DuckDBPyConnection, section: object, work: Work, as_of: datetime) -> Report:
        write_one(con, section, work, as_of)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(hub, fail, upstreams=("landing",))
    assert fetch(hub.con, "select * from landing.change") == []
    assert fetch(hub.con, "select * from hub.stage_state") == []


def test_a_stage_with_nothing_to_do_is_not_called_and_commits_nothing(hub: Hub) -> None:
    run(hub, write_one, upstreams=("landing",))
    calls: list[int] = []

    def count(con: DuckDBPyConnection, section: object, work: Work, as_of: datetime) -> Report:
        calls.append(work.keys)
        return Report()

    hub.con.execute("delete from landing.change")
    outcome = run(hub, count, upstreams=("landing",))
    assert outcome.is_skipped  # type: ignore[attr-defined]
    assert calls == []
    assert fetch(hub.con, "select count(*) n from hub.stage_commit") == [{"n": 1}]
    run(hub, count, upstreams=("landing",), fingerprint="2")
    assert len(calls) == 1


def test_a_source_held_back_keeps_its_last_good_state_and_says_why(hub: Hub) -> None:
    run(hub, write_one)

    def hold(con: DuckDBPyConnection, section: object, work: Work, as_of: datetime) -> Report:
        con.execute("delete from landing.change")
        raise SourceHeldBack("crm", "account: empty delivery where there were 5 rows")

    outcome = run(hub, hold)
    assert outcome.held_back == ("crm: account: empty delivery where there were 5 rows",)  # type: ignore[attr-defined]
    assert fetch(hub.con, "select count(*) n from landing.change") == [{"n": 1}]
    (batch,) = fetch(hub.con, "select source, status, reason from landing.batch")
    assert batch == {
        "source": "crm",
        "status": "held_back",
        "reason": "account: empty delivery where there were 5 rows",
    }


def test_a_run_that_a_kill_left_open_is_closed_by_the_next(hub: Hub) -> None:
    open_run(hub, "killed", NOW)
    open_run(hub, "next", NOW)
    assert close_run(hub, "next", failed=(), held_back=("crm: late",)) == "held_back"
    assert fetch(hub.con, "select run_id, outcome from hub.run order by run_id") == [
        {"run_id": "killed", "outcome": "failed"},
        {"run_id": "next", "outcome": "held_back"},
    ]


def test_what_was_held_back_is_looked_at_again_by_the_next_run(hub: Hub) -> None:
    run(hub, write_one)

    def held(con: DuckDBPyConnection, section: object, work: Work, as_of: datetime) -> Report:
        return Report(read=work.keys, unchanged=work.keys, held_back=("party.known_type: 40 % of rows fail",))

    for _ in range(2):
        outcome = run(hub, held, upstreams=("landing",))
        assert outcome.held_back == ("party.known_type: 40 % of rows fail",)  # type: ignore[attr-defined]


def test_a_stage_that_depends_on_the_day_does_all_keys_on_another_day_and_none_on_the_same(hub: Hub) -> None:
    run(hub, write_one)
    stage = Stage("mart", lambda *_: Report(), None, "1", ("landing",), depends_on_day=True)
    days = [NOW, NOW, datetime(2026, 11, 24, tzinfo=UTC)]
    outcomes = [run_stage(hub, stage, run_id="r", as_of=day) for day in days]
    assert [(o.is_skipped, o.is_full) for o in outcomes] == [(False, True), (True, False), (False, True)]


def test_a_stage_whose_product_is_lost_makes_it_again(hub: Hub, tmp_path: Path) -> None:
    product = tmp_path / "customers.duckdb"
    stage = Stage("publish", lambda *_: Report(), None, "1", ("landing",), is_lost=lambda: not product.exists())
    assert run_stage(hub, stage, run_id="r", as_of=NOW).is_full
    product.touch()
    assert run_stage(hub, stage, run_id="r", as_of=NOW).is_skipped
    product.unlink()
    assert run_stage(hub, stage, run_id="r", as_of=NOW).is_full
