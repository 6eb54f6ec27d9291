"""A run is alive as long as the very process that Dagster noted for it is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus

from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.instance import prepare_instance
from mdm_pipeline.orchestration.processes import birth_of
from mdm_pipeline.orchestration.run_launcher import LocalRunLauncher

# what `mdm run` does: the job in its own process, on the home's instance
COMMAND_LINE_RUN = """
import sys, time
import dagster as dg

@dg.op
def wait() -> None:
    print("running", flush=True)
    time.sleep(60)

@dg.job(executor_def=dg.in_process_executor)
def nightly_sync() -> None:
    wait()

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    nightly_sync.execute_in_process(instance=instance)
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    home = Home(tmp_path)
    prepare_instance(home)
    with dg.DagsterInstance.from_config(str(home.dagster)) as opened:
        yield opened


def health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> WorkerStatus:
    launcher = instance.run_launcher
    assert isinstance(launcher, LocalRunLauncher)
    assert launcher.supports_check_run_worker_health
    return launcher.check_run_worker_health(run).status


def noted(instance: dg.DagsterInstance, pid: int, at: float) -> dg.DagsterRun:
    """A started run for which Dagster noted a process at some time."""
    run = instance.create_run_for_job(dg.GraphDefinition(name="nothing").to_job(), status=dg.DagsterRunStatus.STARTED)
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ENGINE_EVENT.value,
        job_name="nothing",
        event_specific_data=dg._core.events.EngineEventData.in_process(pid),  # type: ignore[attr-defined]
    )
    instance.handle_new_event(
        dg.EventLogEntry(
            error_info=None,
            level="debug",
            user_message="",
            run_id=run.run_id,
            timestamp=at,
            job_name="nothing",
            dagster_event=event,
        )
    )
    return run


def test_a_run_of_the_command_line_is_alive_until_its_process_is_killed(instance: dg.DagsterInstance) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND_LINE_RUN, instance.root_directory],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"running\n"
    (run,) = instance.get_runs()
    assert run.status is dg.DagsterRunStatus.STARTED
    assert health(instance, run) is WorkerStatus.RUNNING
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but its parent has not asked yet
    assert health(instance, run) is WorkerStatus.FAILED
    process.wait()
    assert health(instance, run) is WorkerStatus.FAILED
    process.stdout.close()


def test_another_process_with_the_same_number_is_not_the_run(instance: dg.DagsterInstance) -> None:
    born_at = birth_of(os.getpid())
    assert born_at is not None
    assert 0 <= time.time() - born_at < 3600
    assert health(instance, noted(instance, os.getpid(), time.time())) is WorkerStatus.RUNNING
    assert health(instance, noted(instance, os.getpid(), born_at - 60)) is WorkerStatus.FAILED


def test_a_run_that_has_not_said_its_process_yet_is_waited_for(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(dg.GraphDefinition(name="nothing").to_job(), status=dg.DagsterRunStatus.STARTED)
    assert health(instance, run) is WorkerStatus.RUNNING


def test_a_dead_run_is_told_only_when_its_retry_can_start(instance: dg.DagsterInstance) -> None:
    launcher = instance.run_launcher
    assert isinstance(launcher, LocalRunLauncher)
    with socket.socket() as code_server:
        code_server.bind(("127.0.0.1", 0))
        address = json.dumps({"host": "127.0.0.1", "port": code_server.getsockname()[1]})
        run = dg.DagsterRun(job_name="nightly_sync", run_id="r1", tags={".dagster/grpc_info": address})
        waits = launcher._waits_for_code_server
        assert waits(run, now=0)  # away
        assert waits(run, now=119)
        assert not waits(run, now=121)  # for good
        other = dg.DagsterRun(job_name="nightly_sync", run_id="r2", tags=run.tags)
        code_server.listen()
        assert waits(other, now=200)  # back, but the daemon has to find it
        assert waits(other, now=205)
        assert not waits(other, now=210)
    assert not waits(dg.DagsterRun(job_name="nightly_sync", run_id="r3"), now=300)  # of the command line
