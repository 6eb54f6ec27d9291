"""What a run leaves for the people who look in the morning: one line, what was held back, an alarming proof, as tags.

In: the hub at the end of a run, its outcomes. Out: tags. Invariant: computed by the run itself while it holds the hub,
so that whoever reads them later (UI, sensors) never opens it. Does not belong here: telling anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.landing.lateness import Late, late_tables
from mdm_pipeline.operations.self_proof import Proof
from mdm_pipeline.orchestration.stage_run import Outcome, StageRunner

NIGHT_TAG = "mdm/night"
HELD_BACK_TAG = "mdm/held_back"
PROOF_TAG = "mdm/self_proof"
_HERE = Path(__file__).parent


def note_night(context: dg.InitResourceContext, runner: StageRunner, sources: Sequence[SourceConfig]) -> None:
    """Tag the run that has just come to its end."""
    if context.instance is None or context.run is None or runner.failed:
        return
    late = late_tables(runner.hub.con, sources, runner.as_of)
    tags = night_tags(runner.hub.con, runner.run_id, runner.outcomes, runner.proof, late)
    context.instance.add_run_tags(context.run.run_id, tags)


def night_tags(
    con: DuckDBPyConnection,
    run_id: str,
    outcomes: Sequence[Outcome],
    proof: Proof | None = None,
    late: Sequence[Late] = (),
) -> dict[str, str]:
    """The run's tags: the line, stage and reason of everything that was held back, and an alarming self-proof."""
    held = [(outcome.stage, reason) for outcome in outcomes for reason in outcome.held_back]
    told = f"; self-proof: {proof.line}" if proof and not proof.skipped else ""
    tags = {NIGHT_TAG: night_line(con, run_id, late) + told}
    if held:
        tags[HELD_BACK_TAG] = json.dumps(held, ensure_ascii=False)
    if proof and proof.is_alarming:
        tags[PROOF_TAG] = proof.report
    return tags


def night_line(con: DuckDBPyConnection, run_id: str, late: Sequence[Late] = ()) -> str:
    """What changed for customers since the last run that came to its end, in a line.

    Args:
        con: the hub.
        run_id: the run.
        late: tables that should have been delivered by now; a source that was held back is late as well.
    """
    row = run_sql(con, _HERE / "night.sql", {"run_id": run_id}).fetchone()
    created, merged, split, changed, held_back, quarantined, waiting, rejected, soon = row or (
        0, 0, 0, 0, [], 0, 0, 0, 0,
    )  # fmt: skip
    behind = ", ".join(sorted({*held_back, *(each.source for each in late)}))
    return (
        f"customers: {created:,} new, {merged:,} merged, {split:,} split, {changed:,} changed; "
        f"sources late: {behind or 'none'}; rows quarantined: {quarantined:,} new, {waiting:,} waiting"
        + (f"; billing profiles that invoices will be rejected for: {rejected:,}, {soon:,} with open orders")
        * bool(rejected)
    )


def held_back_of(tags: Mapping[str, str]) -> list[tuple[str, str]]:
    """(stage, reason) of everything that held a run back, from its tags."""
    return [(stage, reason) for stage, reason in json.loads(tags.get(HELD_BACK_TAG, "[]"))]
