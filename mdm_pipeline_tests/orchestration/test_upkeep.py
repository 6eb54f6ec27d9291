"""The monthly upkeep on a real Dagster instance: old runs leave nothing behind, and nothing that is needed goes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.contract import landing
from mdm_pipeline.orchestration.build import build_defs
from mdm_pipeline.orchestration.instance import prepare_instance
from mdm_pipeline.orchestration.upkeep import JOB, Upkeep, keep_up, keep_up_here, prune_runs
from mdm_pipeline_tests.orchestration.services import DEPLOY, Postgres, server_binaries
from mdm_pipeline_tests.rows import fetch, rows

NEVER_BEFORE = datetime.now(UTC) + timedelta(days=1)


@dg.asset(check_specs=[dg.AssetCheckSpec("is_there", asset="thing")])
def thing() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    print("said by a step")
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(passed=True, check_name="is_there")


@dg.op
def breaks() -> None:
    raise dg.Failure("always", allow_retries=False)


@dg.job
def breaking() -> None:
    breaks()


nightly = dg.define_asset_job("nightly", executor_def=dg.in_process_executor)
JOBS = dg.Definitions(assets=[thing], jobs=[nightly, breaking])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    prepare_instance(home)
    return home


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


def run(instance: dg.DagsterInstance, job: str = "nightly") -> str:
    definition = JOBS.resolve_job_def(job)
    return definition.execute_in_process(instance=instance, raise_on_error=False).run_id


def remains(home: Home, instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Files, and rows of the index that know a run."""
    found = [str(p.relative_to(home.dagster)) for p in home.dagster.rglob("*") if run_id in p.name]
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        for table in ("event_logs", "asset_check_executions"):
            query = text(f"select count(*) from {table} where run_id = :run_id")  # noqa: S608
            if connection.execute(query, {"run_id": run_id}).scalar():
                found.append(table)
    return found


def test_a_pruned_run_leaves_nothing_behind_and_the_last_ones_stay(home: Home, instance: dg.DagsterInstance) -> None:
    first, second = run(instance), run(instance)
    failed, failed_last = run(instance, "breaking"), run(instance, "breaking")
    everywhere = {f"history/runs/{first}.db", f"storage/{first}", "event_logs", "asset_check_executions"}
    assert set(remains(home, instance, first)) >= everywhere
    assert prune_runs(instance, before=NEVER_BEFORE) == 2
    assert {record.dagster_run.run_id for record in instance.get_run_records()} == {second, failed_last}
    assert remains(home, instance, first) == []
    assert remains(home, instance, failed) == []
    assert instance.get_latest_materialization_event(dg.AssetKey("thing")) is not None
    assert prune_runs(instance, before=NEVER_BEFORE) == 0


def test_the_last_success_stays_behind_later_failures(instance: dg.DagsterInstance) -> None:
    good = run(instance)
    run_ids = [instance.create_run_for_job(JOBS.resolve_job_def("nightly")).run_id for _ in range(2)]
    for run_id in run_ids:
        instance.report_run_failed(_run(instance, run_id))
    waiting = instance.create_run_for_job(JOBS.resolve_job_def("nightly")).run_id
    assert prune_runs(instance, before=NEVER_BEFORE) == 2
    assert {record.dagster_run.run_id for record in instance.get_run_records()} == {good, waiting}


def test_young_runs_stay(instance: dg.DagsterInstance) -> None:
    run(instance)
    run(instance)
    assert prune_runs(instance, before=datetime.now(UTC) - timedelta(days=1)) == 0


def test_the_upkeep_prunes_the_hub_and_gives_its_space_back(home: Home, instance: dg.DagsterInstance) -> None:
    run(instance)
    run(instance)
    as_of = datetime.now(UTC)
    with open_hub(home.hub_file) as hub:
        hub.con.execute(
            "insert into landing.version "
            "select i, 1, array_to_string([md5(i || '-' || n) for n in range(40)], ''), $at from range(40000) as r(i)",
            {"at": (as_of - timedelta(days=400)).replace(tzinfo=None)},
        )
        rows(hub.con, landing.VERSION, {"record_id": 1, "batch_id": 2, "row": "{}", "replaced_at": as_of})
    config = load_company("demo")
    done = keep_up(home, config, instance, as_of=as_of)
    assert done.runs == 0
    assert done.rows == {"landing.version": 40000}
    assert done.compaction is not None
    assert done.compaction.after < done.compaction.before / 2
    assert str(done).startswith("Dagster runs taken out: 0; hub rows taken out: landing.version 40,000 rows; hub compa")
    later = keep_up(home, config, instance, as_of=as_of + timedelta(days=181))
    assert (later.runs, later.rows) == (1, {})
    with open_hub(home.hub_file) as hub:
        assert fetch(hub.con, "select batch_id from landing.version") == [{"batch_id": 2}]


def test_a_table_keeps_its_earlier_versions_for_a_time_of_its_own(home: Home, instance: dg.DagsterInstance) -> None:
    as_of = datetime.now(UTC)
    config = load_company("demo")
    source = config.source("crm")
    names = list(source.tables)[:3]
    with open_hub(home.hub_file) as hub:
        for number, name in enumerate(names, start=1):
            known = {"record_id": number, "source": "crm", "source_table": name, "source_key": str(number)}
            rows(hub.con, landing.RECORD, known)
            for days in (20, 500):
                at = (as_of - timedelta(days=days)).replace(tzinfo=None)
                row = {"record_id": number, "batch_id": days, "row": "{}", "replaced_at": at}
                rows(hub.con, landing.VERSION, row)
    terms = {names[0]: timedelta(days=10), names[1]: timedelta(days=1000)}
    tables = {
        name: table.model_copy(update={"keep_versions": terms.get(name)}) for name, table in source.tables.items()
    }
    config = config.model_copy(update={"sources": [source.model_copy(update={"tables": tables})]})
    done = keep_up(home, config, instance, as_of=as_of)
    assert done.rows == {f"landing.version of crm.{names[0]}": 2, "landing.version": 1}
    with open_hub(home.hub_file) as hub:
        left = fetch(hub.con, "select record_id, batch_id from landing.version order by all")
    assert [(row["record_id"], row["batch_id"]) for row in left] == [(2, 20), (2, 500), (3, 20)]


def test_without_a_hub_only_dagsters_runs_are_pruned(home: Home) -> None:
    assert keep_up_here(home, load_company("demo"), as_of=NEVER_BEFORE, wait_s=0) == Upkeep(0, {})


def test_the_job_of_the_schedule_does_it_and_waits_its_turn(home: Home, instance: dg.DagsterInstance) -> None:
    with open_hub(home.hub_file) as hub:
        row = {"record_id": 1, "batch_id": 1, "row": "{}", "replaced_at": datetime(2020, 1, 1)}  # noqa: DTZ001
        rows(hub.con, landing.VERSION, row)
    defs = build_defs(home, load_company("demo"))
    job = defs.resolve_job_def(JOB)
    assert [pool for node in job.nodes for pool in node.definition.pools] == ["hub"]
    result = job.execute_in_process(instance=instance)
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    metadata = output.step_output_data.metadata
    told = str(metadata["done"].value)
    assert told.startswith("Dagster runs taken out: 0; hub rows taken out: landing.version 1 rows; hub compacted from ")
    schedule = defs.resolve_schedule_def("every_month")
    assert (schedule.job_name, schedule.cron_schedule, schedule.execution_timezone) == (
        JOB,
        "30 5 1 * *",
        "Asia/Shanghai",
    )
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_command_line_does_it_too(home: Home) -> None:
    home.create()
    with open_hub(home.hub_file) as hub:
        row = {"record_id": 1, "batch_id": 1, "row": "{}", "replaced_at": datetime(2020, 1, 1)}  # noqa: DTZ001
        rows(hub.con, landing.VERSION, row)
    done = CliRunner().invoke(app, ["prune", "--home", str(home.root)])
    assert done.stdout.startswith(
        "Dagster runs taken out: 0; hub rows taken out: landing.version 1 rows; hub compacted"
    )


@pytest.mark.long
@pytest.mark.skipif(server_binaries() is None, reason="no PostgreSQL server programs on this machine")
def test_runs_are_pruned_from_postgresql_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = server_binaries()
    assert binaries is not None
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to the server's user
        Path(folder).chmod(0o755)
        server = Postgres(binaries, Path(folder) / "server")
        server.start()
        try:
            given = {"HOST": "127.0.0.1", "PORT": server.port, "USER": "mdm", "DATABASE": "postgres"}
            for name, value in {**given, "PASSWORD": server.password}.items():
                monkeypatch.setenv(f"MDM_PG_{name}", str(value))
            (tmp_path / "dagster.yaml").write_text((DEPLOY / "dagster.yaml").read_text(encoding="utf-8"))
            with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
                runs = [run(instance) for _ in range(3)]
                assert prune_runs(instance, before=NEVER_BEFORE) == 2
            for table in ("runs", "event_logs", "asset_check_executions", "run_tags"):
                left = server.query(f"select distinct run_id from {table}")  # noqa: S608
                assert {run_id for (run_id,) in left} <= {runs[-1]}, table
        finally:
            server.stop()


def _run(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    found = instance.get_run_by_id(run_id)
    assert found is not None
    return found
