"""What a run leaves for the people who look in the morning: one line and what was held back, as tags of the run.

In: the hub at the end of a run, its outcomes. Out: tags. Invariant: computed by the run itself while it holds the hub,
so that whoever reads them later (UI, sensors) never opens it. Does not belong here: telling anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.orchestration.stage_run import Outcome, StageRunner

NIGHT_TAG = "mdm/night"
HELD_BACK_TAG = "mdm/held_back"
_HERE = Path(__file__).parent


def note_night(context: dg.InitResourceContext, runner: StageRunner) -> None:
    """Tag the run that has just come to its end."""
    if context.instance is None or context.run is None or runner.failed:
        return
    tags = night_tags(runner.hub.con, runner.run_id, runner.outcomes)
    context.instance.add_run_tags(context.run.run_id, tags)


def night_tags(con: DuckDBPyConnection, run_id: str, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """The run's tags: the line, and stage and reason of everything that was held back."""
    held = [(outcome.stage, reason) for outcome in outcomes for reason in outcome.held_back]
    tags = {NIGHT_TAG: night_line(con, run_id)}
    return tags | ({HELD_BACK_TAG: json.dumps(held, ensure_ascii=False)} if held else {})


def night_line(con: DuckDBPyConnection, run_id: str) -> str:
    """What changed for customers since the last run that came to its end, in a line."""
    row = run_sql(con, _HERE / "night.sql", {"run_id": run_id}).fetchone()
    created, merged, split, changed, late, quarantined, waiting = row or (0, 0, 0, 0, "", 0, 0)
    return (
        f"customers: {created:,} new, {merged:,} merged, {split:,} split, {changed:,} changed; "
        f"sources late: {late or 'none'}; rows quarantined: {quarantined:,} new, {waiting:,} waiting"
    )


def held_back_of(tags: Mapping[str, str]) -> list[tuple[str, str]]:
    """(stage, reason) of everything that held a run back, from its tags."""
    return [(stage, reason) for stage, reason in json.loads(tags.get(HELD_BACK_TAG, "[]"))]
