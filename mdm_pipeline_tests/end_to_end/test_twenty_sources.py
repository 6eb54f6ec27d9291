"""A company of twenty sources of mixed kinds: every row of every system is accounted for, night after night."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.hub.diff import diff
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.landing.lateness import late_tables
from mdm_pipeline.landing.stage import make_stages
from mdm_pipeline.orchestration.checks.registry import LEDGER_BALANCES, evaluate
from mdm_pipeline.orchestration.launcher import launch
from mdm_pipeline.orchestration.stage_run import Outcome, run_stage
from mdm_pipeline_tests.end_to_end.twenty import KINDS, Group, truth
from mdm_pipeline_tests.orchestration.services import Postgres, server_binaries
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.sources.rest.server import serving
from mdm_pipeline_tests.sources.test_postgres import url_of

FIRST = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
LANDER = """
import sys
from datetime import datetime
from pathlib import Path
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import open_hub
from mdm_pipeline.landing.stage import make_stages
from mdm_pipeline.orchestration.stage_run import run_stage
with open_hub(Path(sys.argv[2])) as hub:
    print("open", flush=True)
    for stage in make_stages(load_company(sys.argv[1])):
        done = run_stage(hub, stage, run_id="r2", as_of=datetime.fromisoformat(sys.argv[3]))
        assert not done.held_back, done.held_back
        print(stage.name, flush=True)
"""


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    """All systems but the servers' databases, which are SQLite files here."""
    held = Group(tmp_path)
    with serving(lambda call: held.answer(call)) as service:
        held.api = service.url
        yield held


def stages_of(group: Group) -> tuple[CompanyConfig, list[Stage]]:
    config = load_company(str(group.config()))
    return config, make_stages(config)


def land(hub: Hub, stages: list[Stage], day: int) -> list[Outcome]:
    at = FIRST + timedelta(days=day - 1)
    return [run_stage(hub, stage, run_id=f"r{day}", as_of=at) for stage in stages]


def in_force(con: DuckDBPyConnection, kind: str) -> dict[str, str]:
    rows = con.execute(f"select no, name from landing.{kind}__customer where _deleted_at is null").fetchall()
    return dict(rows)


def test_twenty_systems_are_landed_and_only_what_changed_is_taken_the_next_nights(group: Group, tmp_path: Path) -> None:
    with open_hub(tmp_path / "mdm.duckdb") as hub:
        for day in (1, 2):
            group.deliver(day)
            config, stages = stages_of(group)
            outcomes = land(hub, stages, day)
            assert [reason for outcome in outcomes for reason in outcome.held_back] == []
            assert {kind: in_force(hub.con, kind) for kind in KINDS} == {kind: truth(kind, day) for kind in KINDS}
            check = evaluate(hub.con, LEDGER_BALANCES)
            assert check.passed, check.metadata
            assert late_tables(hub.con, config.sources, FIRST + timedelta(days=day - 1)) == []
        assert len(outcomes) == 20
        modes = dict(hub.con.execute("select source, mode from landing.batch where run_id = 'r2'").fetchall())
        incremental = {"sqlite_keys", "sqlite_flag", "rest", "rest_deleted", "postgres", "mariadb", "changes"}
        assert {source for source, mode in modes.items() if mode == "changes"} == incremental
        late = late_tables(hub.con, config.sources, FIRST + timedelta(days=5))
        assert len(late) == 20
        # nothing new: nothing is written, in any of them
        before = fetch(hub.con, "select count(*) as batches, max(batch_id) as last from landing.batch")
        assert sum(outcome.report.written for outcome in land(hub, stages, 4)) == 0
        assert fetch(hub.con, "select count(*) as batches, max(batch_id) as last from landing.batch") == before


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            "update landing.batch set rows_read = rows_read + 1 where batch_id = 1",
            "tsv.customer batch 1: rows read are not inserted + updated + unchanged + rejected",
        ),
        (
            "delete from landing.tsv__customer where no = '00001'",
            "tsv.customer batch 2: rows in force are not those that stand in the table",
        ),
        (
            "update landing.batch set rows_live = rows_live + 1 where batch_id = 1",
            "tsv.customer batch 2: rows in force are not those before + inserted - deleted",
        ),
    ],
)
def test_the_ledger_check_finds_a_row_that_was_lost(tmp_path: Path, fault: str, reason: str) -> None:
    group = Group(tmp_path, only=("tsv",))
    with open_hub(tmp_path / "mdm.duckdb") as hub:
        for day in (1, 2):
            group.deliver(day)
            land(hub, stages_of(group)[1], day)
        assert evaluate(hub.con, LEDGER_BALANCES).passed
        hub.con.execute(fault)
        check = evaluate(hub.con, LEDGER_BALANCES)
        assert not check.passed
        assert check.metadata["example"].value == reason


@pytest.mark.long
def test_the_whole_chain_runs_on_twenty_sources(tmp_path: Path) -> None:
    """With a real PostgreSQL where there is one; the second run is a day later."""
    binaries = server_binaries()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Postgres(binaries, Path(folder) / "server") if binaries else None
        if server:
            server.start()
        group = Group(tmp_path, databases={"postgres": url_of(server)} if server else {})
        home = Home(tmp_path / "home")
        try:
            with serving(group.answer) as service:
                group.api = service.url
                for day in (1, 2):
                    group.deliver(day)
                    done = launch(home.root, str(group.config()), as_of=f"2026-03-0{day}")
                    assert done.success
                    assert [reason for outcome in done.outcomes for reason in outcome.held_back] == []
                    assert len([outcome for outcome in done.outcomes if outcome.stage.startswith("landing.")]) == 20
        finally:
            if server:
                server.stop()
    with open_hub(home.hub_file) as hub:
        assert {kind: in_force(hub.con, kind) for kind in KINDS} == {kind: truth(kind, 2) for kind in KINDS}
        assert fetch(hub.con, "select count(*) as n from master.xref where is_current") == [
            {"n": sum(len(truth(kind, 2)) for kind in KINDS)}
        ]


@pytest.mark.long
def test_ten_kills_of_a_sync_end_where_an_undisturbed_one_ends(group: Group, tmp_path: Path) -> None:
    moments = random.Random(5)
    eve, twin = tmp_path / "eve.duckdb", tmp_path / "twin.duckdb"
    group.deliver(1)
    with open_hub(eve) as hub:
        land(hub, stages_of(group)[1], 1)
    group.deliver(2)
    shutil.copy(eve, twin)
    company, at = str(group.config()), (FIRST + timedelta(days=1)).isoformat()

    def start(path: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", LANDER, company, str(path), at]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))

    undisturbed = start(twin)
    assert undisturbed.stdout is not None
    assert undisturbed.stdout.readline() == "open\n"
    began = time.monotonic()
    assert undisturbed.wait() == 0
    seconds = time.monotonic() - began
    struck = 0
    for kill in range(10):
        path = tmp_path / f"killed{kill}.duckdb"
        shutil.copy(eve, path)
        process = start(path)
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        time.sleep(seconds * (kill + moments.random()) / 10)
        process.send_signal(signal.SIGKILL)
        struck += process.wait() == -signal.SIGKILL
        assert start(path).wait() == 0
        assert diff(twin, path) == []
    assert struck >= 5
    with open_hub(twin) as hub:
        assert {kind: in_force(hub.con, kind) for kind in KINDS} == {kind: truth(kind, 2) for kind in KINDS}
