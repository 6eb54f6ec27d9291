"""A production installation on this machine: a real PostgreSQL and the three services, from the files in deploy/."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg2

from mdm_pipeline.orchestration.resource import AS_OF_TAG
from mdm_pipeline_tests.orchestration.receivers import WebReceiver

DAY = "2026-11-23"
DEPLOY = Path(__file__).parents[2] / "deploy"
MDM = Path(sys.executable).parent / "mdm"
REPOSITORIES = """
query { repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }
"""
LAUNCH = """
mutation ($selector: JobOrPipelineSelector!, $tags: [ExecutionTag!]!) {
  launchRun(executionParams: {selector: $selector, executionMetadata: {tags: $tags}}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""


def server_binaries() -> Path | None:
    """Folder of a PostgreSQL server's programs on this machine, the newest one."""
    on_path = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    return next(
        (f for f in [*folders, *([Path(on_path).resolve().parent] if on_path else [])] if (f / "initdb").exists()), None
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, holds: Callable[[], Any], timeout_s: float = 90.0, every_s: float = 0.2) -> Any:
    """What `holds` returns, as soon as that is true."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if found := holds():
            return found
        time.sleep(every_s)
    raise AssertionError(f"waited {timeout_s:.0f} s for {what}")


class Postgres:
    """A PostgreSQL server with its own data folder and port, run by an unprivileged user."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries = binaries
        self.folder = folder
        self.port = free_port()
        self.password = "p@ss word/1"  # a password that has to be quoted in a URL
        self._as_user: dict[str, Any] = {}
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("nobody")
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(folder, user.pw_uid, user.pw_gid)
        password_file = folder / "password"
        password_file.write_text(self.password, encoding="utf-8")
        password_file.chmod(0o644)
        data = str(folder / "data")
        self._run("initdb", "-D", data, "-U", "mdm", "-A", "scram-sha-256", f"--pwfile={password_file}", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.binaries / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            **self._as_user,
        )

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                self.binaries / "postgres",
                *("-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
            ],
            stdout=(self.folder / "server.log").open("ab"),
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            **self._as_user,
        )
        wait_for("PostgreSQL", self._answers, 30)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # "fast shutdown"
        self._process.wait(30)

    def crash(self) -> None:
        """Die without a word: every server process at once, nothing written back."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user="mdm", password=self.password, dbname="postgres", connect_timeout=3
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return self.query("select 1") == [(1,)]
        except psycopg2.OperationalError:
            return False


@dataclass
class Installation:
    """A home with the settings of deploy/, its environment, and the services that run in it."""

    home: Path
    postgres: Postgres
    data: Path
    config: Path | str = "demo"
    robot: WebReceiver | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.web_port, self.code_port = free_port(), free_port()
        (self.home / "dagster").mkdir(parents=True)
        for name in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(DEPLOY / name, self.home / "dagster" / name)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "MDM_HOME": str(self.home),
            "MDM_CONFIG": str(self.config),
            "NO_PROXY": "127.0.0.1",
            "MDM_DEMO_DATA": str(self.data),
            "MDM_PG_HOST": "127.0.0.1",
            "MDM_PG_PORT": str(self.postgres.port),
            "MDM_PG_USER": "mdm",
            "MDM_PG_PASSWORD": self.postgres.password,
            "MDM_PG_DATABASE": "postgres",
            "MDM_CODE_PORT": str(self.code_port),
            "MDM_WEB_PORT": str(self.web_port),
        }

    def start(self, *services: str) -> None:
        for service in services:
            self.processes[service] = self.mdm("serve", service)
        for service in services:
            if service == "code":
                wait_for("the code server", lambda: self._listens(self.code_port))
            elif service == "web":
                wait_for("the web server", self._web_answers)

    def mdm(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command as systemd would: SIGINT at its default."""
        log = (self.home / f"{arguments[-1]}.log").open("ab")
        return subprocess.Popen(
            [MDM, *arguments],
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
        )

    def told(self) -> list[str]:
        """What the night watch's robot was told."""
        return [body["markdown"]["content"] for body in self.robot.bodies] if self.robot else []

    def log(self, service: str) -> str:
        return (self.home / f"{service}.log").read_text(encoding="utf-8", errors="replace")

    def terminate(self) -> dict[str, float]:
        """SIGTERM to every service at once; the seconds each took to end."""
        started = time.monotonic()
        seconds: dict[str, float] = {}
        for process in self.processes.values():
            process.terminate()
        while len(seconds) < len(self.processes) and time.monotonic() - started < 30:
            for service, process in self.processes.items():
                if service not in seconds and process.poll() is not None:
                    seconds[service] = time.monotonic() - started
            time.sleep(0.05)
        return seconds

    def kill_all(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait(10)

    def launch(self, **tags: str) -> str:
        """Start `nightly_sync` by GraphQL, as the UI does; waits until the web server has found the code server.

        Every run is one of the same day, whenever the test runs: what is overdue depends on it.
        """
        tags = {AS_OF_TAG: DAY, **tags}
        location, repository = wait_for("the code location", self._repository)
        selector = {"repositoryLocationName": location, "repositoryName": repository, "jobName": "nightly_sync"}
        answer = self.graphql(
            LAUNCH, {"selector": selector, "tags": [{"key": k, "value": v} for k, v in tags.items()]}
        )["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def graphql(self, query: str, variables: dict[str, Any]) -> Any:
        answer = httpx.post(
            f"http://127.0.0.1:{self.web_port}/graphql", json={"query": query, "variables": variables}, timeout=30
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def status(self, run_id: str) -> str:
        """The run's status as PostgreSQL has it."""
        return str(self.postgres.query("select status from runs where run_id = %s", run_id)[0][0])

    def wait_for_run(self, run_id: str, *statuses: str, timeout_s: float = 120) -> str:
        return str(
            wait_for(
                f"run {run_id} to be {' or '.join(statuses)}",
                lambda: (found := self.status(run_id)) in statuses and found,
                timeout_s,
            )
        )

    def worker_pid(self, run_id: str) -> int:
        """The process that Dagster noted for a run."""
        return self.noted_pids(run_id)[-1]

    def noted_pids(self, run_id: str) -> list[int]:
        rows = self.postgres.query(
            "select event::json -> 'dagster_event' -> 'event_specific_data' -> 'metadata_entries' -> 0 "
            "-> 'entry_data' ->> 'text' from event_logs where run_id = %s and dagster_event_type = 'ENGINE_EVENT' "
            "and event like %s order by id",
            run_id,
            '%"label": "pid"%',
        )
        return [int(pid) for (pid,) in rows]

    def has_begun(self, run_id: str, step: str) -> bool:
        """A step of a run has begun, by what PostgreSQL knows."""
        return self._has_event(run_id, step, "STEP_START")

    def has_ended(self, run_id: str, step: str) -> bool:
        """A step of a run has succeeded."""
        return self._has_event(run_id, step, "STEP_SUCCESS")

    def _has_event(self, run_id: str, step: str, kind: str) -> bool:
        return bool(
            self.postgres.query(
                "select 1 from event_logs where run_id = %s and step_key = %s and dagster_event_type = %s",
                run_id,
                step,
                kind,
            )
        )

    def forget(self) -> None:
        """Back to the day before the first run, services going on."""
        for folder in ("hub", "published", "decisions"):
            shutil.rmtree(self.home / folder, ignore_errors=True)

    def retries_of(self, run_id: str) -> list[str]:
        """The runs with which Dagster tried again; waits for the first."""
        rows = wait_for(
            "the retry",
            lambda: self.postgres.query(
                "select run_id from run_tags where key = 'dagster/parent_run_id' and value = %s", run_id
            ),
        )
        return [str(retry) for (retry,) in rows]

    def wait_until_quiet(self) -> None:
        """No run is on its way, and none follows."""
        unfinished = "select 1 from runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"
        for _ in range(3):
            wait_for("all runs to end", lambda: not self.postgres.query(unfinished))
            time.sleep(4)

    def _repository(self) -> tuple[str, str] | None:
        nodes = self.graphql(REPOSITORIES, {})["repositoriesOrError"].get("nodes", [])
        return (nodes[0]["location"]["name"], nodes[0]["name"]) if nodes else None

    def _web_answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.web_port}/server_info", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    @staticmethod
    def _listens(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
