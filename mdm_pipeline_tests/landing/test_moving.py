"""A source that gets another name, gives its rows other keys, or goes: record ids stay."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.worklist import Report, Work, next_seq
from mdm_pipeline.landing.guards import NothingToAllow, give_go_ahead
from mdm_pipeline.landing.moving import drop_source, live_sources, removed_sources
from mdm_pipeline.landing.retention import prune_versions
from mdm_pipeline.landing.stage import LandingSection, land
from mdm_pipeline_tests.landing.nights import DAY_ONE, crm, delivery, issues, live, night
from mdm_pipeline_tests.rows import fetch


def record_ids(con: DuckDBPyConnection) -> dict[str, int]:
    return dict(con.execute("select record_ref, record_id from landing.record order by 2").fetchall())


def run_stage(con: DuckDBPyConnection, folder: Path, source: Any, day: int = 1) -> Report:
    """One night of a source of kind sql whose database is in the folder."""
    work = Work(f"landing.{source.name}", next_seq(con), False, (), 0, run_id=f"run-{day}")
    report = land(con, LandingSection(source, folder), work, DAY_ONE + timedelta(days=day - 1))
    con.execute(
        "insert into hub.stage_commit values ($seq, 'x', 'r', now()::timestamp, false, 0, 0, 0, 0, 0)",
        {"seq": work.seq},
    )
    return report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = sqlite3.connect(tmp_path / "crm.sqlite")
    database.execute("create table account (id text, name text)")
    database.execute("insert into account values ('1', 'a'), ('2', 'b')")
    database.commit()
    database.close()
    return tmp_path


def test_a_renamed_source_keeps_its_records(con: DuckDBPyConnection, folder: Path) -> None:
    run_stage(con, folder, crm())
    report = run_stage(con, folder, crm("sales", formerly=["crm"]), day=2)
    assert report.metadata["renamed"] == ["crm.account -> sales.account"]
    assert (report.read, report.unchanged) == (2, 2)
    assert record_ids(con) == {"sales.account:1": 1, "sales.account:2": 2}
    assert live(con, "sales__account") == [("1", "a"), ("2", "b")]
    assert fetch(con, "select seq, entity, key from landing.change where seq = 2 order by 3") == [
        {"seq": 2, "entity": "sales.account", "key": 1},
        {"seq": 2, "entity": "sales.account", "key": 2},
    ]
    assert fetch(con, "select distinct source from landing.batch") == [{"source": "sales"}]
    assert "renamed" not in run_stage(con, folder, crm("sales", formerly=["crm"]), day=3).metadata
    assert live_sources(con) == {"sales": 2}


def test_a_renamed_table_keeps_its_records(con: DuckDBPyConnection, folder: Path) -> None:
    run_stage(con, folder, crm())
    table = {**crm().tables["account"].model_dump(exclude_unset=True), "table": "account", "formerly": ["account"]}
    renamed = crm().model_validate({**crm().model_dump(exclude={"tables"}), "connection": {"kind": "sql",
                                    "url": "sqlite:///crm.sqlite"}, "tables": {"client": table}})  # fmt: skip
    run_stage(con, folder, renamed, day=2)
    assert record_ids(con) == {"crm.client:1": 1, "crm.client:2": 2}


def test_rows_under_both_names_are_not_mixed(con: DuckDBPyConnection, folder: Path) -> None:
    run_stage(con, folder, crm())
    run_stage(con, folder, crm("sales"), day=2)
    with pytest.raises(SourceHeldBack, match=r"rows are landed under sales\.account and under its earlier name"):
        run_stage(con, folder, crm("sales", formerly=["crm"]), day=3)


def test_a_source_that_is_switched_off_keeps_its_rows_in_force(con: DuckDBPyConnection, folder: Path) -> None:
    run_stage(con, folder, crm())
    (folder / "crm.sqlite").unlink()
    report = run_stage(con, folder, crm(enabled=False), day=2)
    assert (report.read, list(report.metadata)) == (0, ["switched_off"])
    assert live(con) == [("1", "a"), ("2", "b")]


def test_a_retired_source_loses_its_rows_once(con: DuckDBPyConnection, folder: Path) -> None:
    run_stage(con, folder, crm())
    (folder / "crm.sqlite").unlink()
    run_stage(con, folder, crm(retired=True), day=2)
    assert live(con) == []
    assert fetch(con, "select rows_deleted, rows_live, reason from landing.batch where batch_id = 2") == [
        {"rows_deleted": 2, "rows_live": 0, "reason": "the source is retired"}
    ]
    assert fetch(con, "select key from landing.change where seq = 2 order by 1") == [{"key": 1}, {"key": 2}]
    run_stage(con, folder, crm(retired=True), day=3)
    assert fetch(con, "select count(*) as n from landing.batch") == [{"n": 2}]


def test_a_source_that_no_file_names_any_more_is_reported_and_kept_until_it_is_dropped(
    con: DuckDBPyConnection, folder: Path
) -> None:
    run_stage(con, folder, crm())
    run_stage(con, folder, crm("shop"), day=2)
    config = CompanyConfig.model_validate(
        {"name": "test", "data_dir": str(folder), "folder": str(folder), "sources": [crm("shop")]}
    )
    assert removed_sources(con, config.sources) == {"crm": 2}
    assert drop_source(con, "crm", seq=9, as_of=DAY_ONE) == {"account": 2}
    assert removed_sources(con, config.sources) == {}
    assert live_sources(con) == {"shop": 2}


RENUMBERED = {"renumbered_from": "old"}


def test_renumbered_rows_keep_their_records(con: DuckDBPyConnection) -> None:
    source = crm(**RENUMBERED)
    night(con, source, delivery({"id": "1", "name": "a", "old": None}, {"id": "2", "name": "b", "old": None}))
    renumbered = [{"id": "A-1", "name": "a", "old": "1"}, {"id": "A-2", "name": "b", "old": "2"}]
    taken, _ = night(con, source, delivery(*renumbered), day=2)
    assert (taken.inserted, taken.updated, taken.deleted) == (0, 2, 0)
    assert record_ids(con) == {"crm.account:A-1": 1, "crm.account:A-2": 2}
    assert fetch(con, "select old_key, new_key, record_id from landing.key_change order by 1") == [
        {"old_key": "1", "new_key": "A-1", "record_id": 1},
        {"old_key": "2", "new_key": "A-2", "record_id": 2},
    ]
    night(con, source, delivery(*renumbered, {"id": "1", "name": "another", "old": None}), day=3)
    assert record_ids(con) == {"crm.account:A-1": 1, "crm.account:A-2": 2, "crm.account:1": 3}


def test_keys_that_move_along_a_chain_or_in_a_ring_are_followed_at_once(con: DuckDBPyConnection) -> None:
    source = crm(**RENUMBERED)
    start = [{"id": key, "name": f"was {key}", "old": None} for key in ("1", "2", "3", "x", "y")]
    night(con, source, delivery(*start))
    moved = {"2": "1", "3": "2", "4": "3", "y": "x", "x": "y"}
    rows = [{"id": new, "name": f"was {old}", "old": old} for new, old in moved.items()]
    for day in (2, 3):  # the column still holds the old keys the night after
        night(con, source, delivery(*rows), day=day)
        assert record_ids(con) == {
            "crm.account:2": 1,
            "crm.account:3": 2,
            "crm.account:4": 3,
            "crm.account:y": 4,
            "crm.account:x": 5,
        }


def test_a_new_key_that_is_another_records_is_not_taken(con: DuckDBPyConnection) -> None:
    source = crm(**RENUMBERED, shrink_limit=1)
    night(con, source, delivery(*({"id": key, "name": key, "old": None} for key in ("1", "2"))))
    night(con, source, delivery({"id": "2", "name": "2", "old": "1"}), day=2)
    assert live(con) == [("2", "2")]
    assert record_ids(con) == {"crm.account:1": 1, "crm.account:2": 2}


def test_a_delivery_that_shrinks_needs_a_go_ahead_for_each_time(con: DuckDBPyConnection) -> None:
    source = crm()
    night(con, source, delivery(*({"id": str(number), "name": "n"} for number in range(10))))
    with pytest.raises(SourceHeldBack, match="9 of 10 landed rows"):
        night(con, source, delivery({"id": "1", "name": "n"}), day=2)
    give_go_ahead(con, "crm", "account", who="Li Wei", as_of=DAY_ONE)
    assert night(con, source, delivery({"id": "1", "name": "n"}), day=2)[0].deleted == 9
    with pytest.raises(SourceHeldBack, match="the delivery is empty, 1 rows are landed"):
        night(con, source, delivery(), day=3)
    assert fetch(con, "select who, what, detail from audit.event") == [
        {"who": "Li Wei", "what": "delivery allowed", "detail": "crm.account, once"}
    ]


def test_only_what_is_landed_can_be_allowed(con: DuckDBPyConnection) -> None:
    with pytest.raises(NothingToAllow, match=r"crm\.acount: nothing is landed under this name"):
        give_go_ahead(con, "crm", "acount", who="Li Wei", as_of=DAY_ONE)


def test_earlier_contents_go_when_their_table_no_longer_keeps_them(con: DuckDBPyConnection) -> None:
    for name, kept in (("crm", "P10D"), ("shop", None)):
        source = crm(name, keep_versions=kept)
        for day in (1, 2, 20):
            night(con, source, delivery({"id": "1", "name": f"{day}"}), day=day)
        assert issues(con) == []
    before = fetch(con, "select * from landing.crm__account")
    sources = [crm(keep_versions="P10D"), crm("shop")]
    assert prune_versions(con, sources, DAY_ONE + timedelta(days=20)) == {"crm.account": 1}
    assert fetch(con, "select source, row from landing.version join landing.record using (record_id) order by all") == [
        {"source": "crm", "row": '{"id":"1","name":"2"}'},
        {"source": "shop", "row": '{"id":"1","name":"1"}'},
        {"source": "shop", "row": '{"id":"1","name":"2"}'},
    ]
    assert fetch(con, "select * from landing.crm__account") == before
