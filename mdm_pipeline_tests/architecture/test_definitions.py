"""The committed snapshot of what Dagster sees: a change to it is a change to review, the test never rewrites it."""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg

from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.build import build_defs

SNAPSHOT = Path(__file__).parent / "definitions_snapshot.txt"


def definitions_as_text() -> str:
    defs = build_defs(Home(Path("nowhere")), load_company("demo"))
    repository = defs.get_repository_def()
    graph = repository.asset_graph
    lines = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        parents = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        lines.append(f"asset {key.to_user_string()} [{node.group_name}] <- {parents}")
    for check in sorted(graph.asset_check_keys, key=lambda c: (c.asset_key, c.name)):
        spec = graph.get_check_spec(check)
        lines.append(f"check {check.asset_key.to_user_string()} {check.name}{' (blocking)' if spec.blocking else ''}")
    lines += sorted(f"job {job.name}" for job in repository.get_all_jobs())
    lines += [
        f"schedule {s.name}: {s.cron_schedule} {s.execution_timezone} -> {s.job_name} {s.default_status.value}"
        for s in repository.schedule_defs
    ]
    lines += [
        f"sensor {s.name}: -> {s.job_name if s.targets else 'no job'} {s.default_status.value}"
        for s in sorted(repository.sensor_defs, key=lambda sensor: sensor.name)
    ]
    return "\n".join(lines) + "\n"


def test_assets_checks_jobs_schedules_are_those_that_were_reviewed() -> None:
    assert definitions_as_text() == SNAPSHOT.read_text(encoding="utf-8"), (
        "definitions changed; when that is meant, run `python -m mdm_pipeline_tests.architecture.test_definitions` "
        "and review the diff"
    )


def test_the_definitions_can_be_loaded() -> None:
    dg.Definitions.validate_loadable(build_defs(Home(Path("nowhere")), load_company("demo")))


if __name__ == "__main__":
    SNAPSHOT.write_text(definitions_as_text(), encoding="utf-8")
    sys.stdout.write(f"written: {SNAPSHOT.name}\n")
