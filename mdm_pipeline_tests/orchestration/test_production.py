"""deploy/ on a real PostgreSQL: a night runs, is stored, survives kills; services stop when told, and start once."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import dagster as dg
import pytest
import yaml

from mdm_pipeline import demo
from mdm_pipeline.config.loader import config_folder
from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.hub.diff import diff
from mdm_pipeline.orchestration.launcher import launch
from mdm_pipeline.orchestration.run_launcher import LocalRunLauncher
from mdm_pipeline_tests.orchestration.receivers import web_receiver
from mdm_pipeline_tests.orchestration.services import (
    DAY,
    DEPLOY,
    Installation,
    Postgres,
    server_binaries,
    wait_for,
)

CUSTOMERS = 60
STEPS = {
    "land_crm": "landing.crm",
    "land_erp": "landing.erp",
    "land_finance": "landing.finance",
    **{name: name for name in ("steward", "staging", "quality", "matching", "master", "mart", "publish")},
}
KILLS_PER_STEP = 3
SECONDS: dict[str, float] = {}  # of the undisturbed run, by stage
BINARIES = server_binaries()
needs_postgres = pytest.mark.skipif(
    BINARIES is None, reason="no PostgreSQL server programs (initdb, postgres) on this machine; apt install postgresql"
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    assert BINARIES is not None
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to the server's user
        Path(folder).chmod(0o755)
        server = Postgres(BINARIES, Path(folder) / "server")
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of one run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    demo.generate(folder / "data", customers=CUSTOMERS, seed=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MDM_DEMO_DATA", str(folder / "data"))
        done = launch(folder / "home", "demo", as_of=DAY)
        assert done.success
        SECONDS.update({outcome.stage: outcome.seconds for outcome in done.outcomes})
    return Home(folder / "home")


@pytest.fixture
def installation(tmp_path: Path, postgres: Postgres) -> Iterator[Installation]:
    demo.generate(tmp_path / "data", customers=CUSTOMERS, seed=7)
    found = Installation(tmp_path / "home", postgres, tmp_path / "data")
    with web_receiver() as robot:
        found.robot = robot
        found.config = company_with_robot(tmp_path / "company", robot.url)
        yield found
        found.kill_all()


def company_with_robot(folder: Path, robot_url: str) -> Path:
    """The demo company, whose night watch has one robot."""
    shutil.copytree(config_folder("demo"), folder)
    with (folder / "company.yaml").open("a", encoding="utf-8") as file:
        file.write(f"notify:\n  ui_url: https://mdm.example\n  channels: [{{kind: wecom, url: '{robot_url}'}}]\n")
    return folder


@needs_postgres
def test_dagster_takes_the_settings_and_stores_events_in_postgres(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = Installation(tmp_path / "home", postgres, tmp_path)
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(str(installation.home / "dagster")) as instance:
        assert isinstance(instance.run_launcher, LocalRunLauncher)
        assert instance.run_monitoring_enabled
        assert instance.run_retries_max_retries == 1
        assert {type(s).__name__ for s in (instance.run_storage, instance.event_log_storage)} == {
            "PostgresRunStorage",
            "PostgresEventLogStorage",
        }

        @dg.job
        def nothing() -> None:
            pass

        result = nothing.execute_in_process(instance=instance)
    assert postgres.query("select status, pipeline_name from runs where run_id = %s", result.run_id) == [
        ("SUCCESS", "nothing")
    ]
    assert postgres.query("select count(*) > 2 from event_logs where run_id = %s", result.run_id) == [(True,)]


@needs_postgres
@pytest.mark.long
def test_a_night_is_launched_by_graphql_and_read_back_by_sql(installation: Installation) -> None:
    installation.start("code", "web", "daemon")
    run_id = installation.launch(**{"dagster/schedule_name": "every_night"})
    assert installation.wait_for_run(run_id, "SUCCESS", "FAILURE", timeout_s=180) == "SUCCESS"
    (name, tags) = installation.postgres.query(
        "select pipeline_name, (select count(*) from run_tags t where t.run_id = r.run_id) from runs r "
        "where run_id = %s",
        run_id,
    )[0]
    assert name == "nightly_sync"
    assert tags > 0
    (steps,) = installation.postgres.query(
        "select count(distinct step_key) from event_logs where run_id = %s and dagster_event_type = 'STEP_SUCCESS'",
        run_id,
    )[0]
    assert steps == 10
    con = open_read_only(installation.home / "published" / "customers.duckdb")
    assert con.execute("select count(*) > 50 from customers").fetchone() == (True,)
    con.close()

    line = wait_for("the line of the night", installation.told, 60)[0]
    assert re.search(r"customers: \d+ new, 0 merged, 0 split, 0 changed; sources late: none; rows quarant", line)
    assert f"https://mdm.example/runs/{run_id}" in line

    doomed = installation.launch(**{"dagster/max_retries": "0"})
    installation.wait_for_run(doomed, "STARTED")
    os.kill(installation.worker_pid(doomed), signal.SIGKILL)
    alarm = wait_for("the alarm", lambda: installation.told()[1:], 60)[0]
    assert "nightly_sync failed" in alarm
    assert f"https://mdm.example/runs/{doomed}" in alarm

    second = installation.mdm("serve", "code")
    assert second.wait(60) == 1
    assert f"port {installation.code_port} on 127.0.0.1 is taken" in installation.log("code")

    seconds = installation.terminate()
    assert set(seconds) == {"code", "web", "daemon"}
    assert max(seconds.values()) < 10, seconds


@needs_postgres
@pytest.mark.long
@pytest.mark.parametrize("killed", ["worker", "code", "code and worker", "daemon", "postgres", "command line"])
def test_after_a_kill_the_next_run_completes_within_a_minute(
    installation: Installation, undisturbed: Home, killed: str
) -> None:
    installation.start("code", "web", "daemon")
    if killed == "command line":
        run_id = kill_the_command_line(installation)
    else:
        run_id = installation.launch()
        installation.wait_for_run(run_id, "STARTED")
        kill(installation, killed, run_id)

    up = time.monotonic()
    following = wait_for("a launch", lambda: try_launch(installation))
    assert installation.wait_for_run(following, "SUCCESS", "FAILURE") == "SUCCESS"
    seconds = time.monotonic() - up
    assert seconds < 60
    installation.wait_for_run(run_id, *FIRST_RUN_ENDS[killed])
    for retry in installation.retries_of(run_id) if killed in ("worker", "code and worker") else []:
        assert installation.wait_for_run(retry, "SUCCESS", "FAILURE") == "SUCCESS"
    installation.wait_until_quiet()
    if killed != "postgres":
        assert installation.told() == []  # nobody is woken for what Dagster repairs by itself
    assert max(installation.terminate().values()) < 10
    assert diff(undisturbed.hub_file, Home(installation.home).hub_file) == []
    assert diff(undisturbed.published_file, Home(installation.home).published_file) == []
    print(f"killed: {killed}; next run SUCCESS {seconds:.0f} s after services were up")


@needs_postgres
@pytest.mark.long
def test_after_a_worker_is_killed_in_any_stage_the_next_run_completes_within_a_minute(
    installation: Installation, undisturbed: Home
) -> None:
    """Moments spread over each stage, every second one in its commit or checkpoint; the services go on."""
    installation.start("code", "web", "daemon")
    moments = random.Random(4)
    for number, step in product(range(KILLS_PER_STEP), STEPS):
        installation.forget()
        run_id = installation.launch(**{"dagster/max_retries": "0"})
        wait_for(f"{step} to begin", partial(installation.has_begun, run_id, step), 600, every_s=0.02)
        if number % 2 == 0:
            wait_for("its commit", partial(commits, installation, run_id, step), 600, every_s=0.001)
            time.sleep(moments.uniform(0, 0.05))
        else:
            time.sleep(moments.uniform(0, SECONDS[STEPS[step]]))
        killed = time.monotonic()
        os.kill(installation.worker_pid(run_id), signal.SIGKILL)
        past_its_end = int(installation.has_ended(run_id, step))
        following = installation.launch(**{"dagster/max_retries": "0"})
        assert installation.wait_for_run(following, "SUCCESS", "FAILURE", timeout_s=600) == "SUCCESS"
        seconds, load = time.monotonic() - killed, os.getloadavg()[0]
        installation.wait_for_run(run_id, "FAILURE", "SUCCESS")
        assert diff(undisturbed.hub_file, Home(installation.home).hub_file) == []
        assert diff(undisturbed.published_file, Home(installation.home).published_file) == []
        print(
            f"\nDAEMON {step}: 1 kill, {past_its_end} of them past its end, 1 next runs SUCCESS and equal, "
            f"slowest {seconds:.0f} s after the kill, load {load:.1f}"
        )
        assert seconds < 60 * max(1.0, load / (os.cpu_count() or 1))  # a minute where nothing else runs


def commits(installation: Installation, run_id: str, step: str) -> bool:
    """The stage writes the log, which it does only in its commit; or it has ended without writing."""
    log = installation.home / "hub" / "mdm.duckdb.wal"
    try:
        return log.stat().st_size > 0
    except FileNotFoundError:
        return installation.has_ended(run_id, step)


FIRST_RUN_ENDS = {
    "worker": ("FAILURE",),
    "code": ("SUCCESS",),  # the run survives its code server
    "code and worker": ("FAILURE",),
    "daemon": ("SUCCESS",),
    "postgres": ("SUCCESS", "FAILURE"),  # whether an event was due during the outage
    "command line": ("FAILURE",),
}


def kill(installation: Installation, what: str, run_id: str) -> None:
    """SIGKILL, then bring the services back as a supervisor does."""
    worker = installation.worker_pid(run_id)
    service = what.removesuffix(" and worker")
    if service in ("code", "daemon"):
        installation.processes[service].kill()
        installation.processes[service].wait()
    if what.endswith("worker"):
        os.kill(worker, signal.SIGKILL)
    if service == "postgres":
        installation.postgres.crash()
        time.sleep(30)
        installation.postgres.start()
    elif service in ("code", "daemon"):
        installation.start(service)


def kill_the_command_line(installation: Installation) -> str:
    process = installation.mdm("run", "--as-of", DAY)
    ((run_id,),) = wait_for(
        "the run of the command line",
        lambda: installation.postgres.query("select run_id from runs where status = 'STARTED'"),
    )
    wait_for("its process", lambda: installation.noted_pids(run_id))
    assert installation.worker_pid(run_id) == process.pid
    process.kill()
    process.wait()
    return str(run_id)


def try_launch(installation: Installation) -> str | None:
    try:
        return installation.launch()
    except AssertionError:
        return None


def test_every_unit_starts_a_service_and_comes_back() -> None:
    for service in ("code", "web", "daemon"):
        lines = (DEPLOY / "systemd" / f"mdm-{service}.service").read_text(encoding="utf-8").splitlines()
        assert f"ExecStart=/opt/mdm/.venv/bin/mdm serve {service}" in lines
        assert "Restart=always" in lines
        assert ("KillMode=process" in lines) == (service == "code")


def test_compose_and_environment_name_every_variable_of_the_settings() -> None:
    text = (DEPLOY / "dagster.yaml").read_text() + (DEPLOY / "workspace.yaml").read_text()
    wanted = {line.split("env:")[1].strip() for line in text.splitlines() if "env:" in line}
    example = (DEPLOY / "mdm.env.example").read_text(encoding="utf-8")
    assert [name for name in sorted(wanted) if f"\n{name}=" not in example] == []
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {name: s.get("command") for name, s in compose.items() if name != "postgres"} == {
        "code": ["serve", "code"],
        "daemon": ["serve", "daemon"],
        "web": ["serve", "web"],
    }
    assert compose["daemon"]["pid"] == "service:code"
    assert {s["restart"] for s in compose.values()} == {"always"}
