"""The inbox sensor: files that have arrived start a sync."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import dagster as dg

from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.jobs import nightly_sync

# a file that was written to within this time may still be on its way
SETTLED_AFTER_S = 10.0


def inbox_sensor(home: Home) -> dg.SensorDefinition:
    """Start `nightly_sync` when the settled files in `inbox/` are others than at the last start."""

    @dg.sensor(
        name="inbox",
        job=nightly_sync,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a sync when files arrive in the home's inbox folder.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        files, unsettled = settled_files(home.inbox, time.time())
        if unsettled:
            return dg.SkipReason(f"{unsettled} is still being written")
        if not files:
            return dg.SkipReason("the inbox is empty")
        fingerprint = hashlib.sha256("\n".join(files).encode()).hexdigest()[:16]
        if fingerprint == context.cursor:
            return dg.SkipReason("nothing new since the last sync")
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=f"inbox-{fingerprint}", tags={"mdm/started_by": "inbox"})],
            cursor=fingerprint,
        )

    return inbox


def settled_files(inbox: Path, now: float) -> tuple[list[str], str | None]:
    """Files below the inbox with size and time of last change, and one that is still being written, if any."""
    found = []
    for path in sorted(inbox.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        stat = path.stat()
        name = str(path.relative_to(inbox))
        if now - stat.st_mtime < SETTLED_AFTER_S:
            return [], name
        found.append(f"{name}|{stat.st_size}|{stat.st_mtime_ns}")
    return found, None
