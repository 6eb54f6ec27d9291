"""Launches runs as Dagster's default launcher does, and can tell whether a run's worker still lives.

In: a run. Out: its worker's health, which Dagster's run monitoring asks for. Invariant: a run whose process is gone is
not alive, whoever started it (daemon, UI or command line) and whatever else died with it, so that no dead run holds the
slot of the next. Daemon and workers must see the same process ids: one machine, or containers that share them.
Does not belong here: what monitoring does about it (settings in dagster.yaml).
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._serdes import ConfigurableClassData

from mdm_pipeline.orchestration.processes import birth_of

# the kernel gives the time of birth to the second, and clocks are corrected by small steps
_CLOCK_SLACK_S = 2.0
# between a run's first event and the one that carries its process id
_START_GRACE_S = 60.0
# Dagster tries a failed run again at once or never: so a dead run is told only when the daemon has found the code
# server again, which takes it up to ten seconds; or when that does not come back at all
_SETTLE_S, _WAIT_FOR_CODE_SERVER_S = 9.0, 120.0


class LocalRunLauncher(DefaultRunLauncher):
    """The default launcher, plus the health of a run's worker by its process id."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._dead_since: dict[str, float] = {}
        self._answers_since: dict[tuple[str, int], float] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Tells run monitoring to ask."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process that Dagster itself noted in the run's events is alive and is still that process.

        Args:
            run: a run that Dagster takes for started.
        """
        events = self._instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        noted = [(pid, event.timestamp) for event in events if (pid := _pid_in(event)) is not None]
        if not noted:
            return self._without_pid(run)
        pid, noted_at = noted[-1]
        born_at = birth_of(pid)
        if born_at is not None and born_at <= noted_at + _CLOCK_SLACK_S:
            return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=str(pid))
        if self._waits_for_code_server(run, time.monotonic()):
            return CheckRunHealthResult(WorkerStatus.RUNNING, "dead; its retry waits for the code server")
        why = "it was killed, or the machine restarted" if born_at is None else "another process has its number now"
        return CheckRunHealthResult(WorkerStatus.FAILED, f"process {pid} of this run is gone: {why}")

    def _waits_for_code_server(self, run: dg.DagsterRun, now: float) -> bool:
        """Whether a retry of this dead run would still fail for want of its code server."""
        address = _code_server_of(run.tags)
        if address is None or now - self._dead_since.setdefault(run.run_id, now) > _WAIT_FOR_CODE_SERVER_S:
            return False
        if not _listens(address):
            self._answers_since.pop(address, None)
            return True
        return now - self._answers_since.setdefault(address, now) < _SETTLE_S

    def _without_pid(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        stats = self._instance.get_run_stats(run.run_id)
        since = stats.start_time or stats.launch_time
        if since is not None and time.time() - since > _START_GRACE_S:
            return CheckRunHealthResult(WorkerStatus.FAILED, "no process ever reported for this run")
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def _pid_in(entry: dg.EventLogEntry) -> int | None:
    event = entry.dagster_event
    value = event.engine_event_data.metadata.get("pid") if event is not None else None
    text = str(value.value) if value is not None else ""
    return int(text) if text.isdigit() else None


def _code_server_of(tags: Mapping[str, str]) -> tuple[str, int] | None:
    """Address of the code server that started the run; none for the command line and for sockets of `mdm ui`."""
    told: dict[str, Any] = json.loads(tags.get(GRPC_INFO_TAG, "{}"))
    return (str(told["host"]), int(told["port"])) if told.get("port") else None


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True
