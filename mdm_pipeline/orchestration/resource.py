"""The one resource: a `StageRunner` on the hub, open for the length of a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import duckdb

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.hub.issued_codes import keep_lost_numbers_taken
from mdm_pipeline.hub.space import DiskFull, check_space, disk_full_told, keep_ballast
from mdm_pipeline.hub.spare import CopyFailed, keep_spare
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.night import note_night
from mdm_pipeline.orchestration.run_ledger import close_run, open_run
from mdm_pipeline.orchestration.stage_run import Listener, StageRunner

FULL_TAG = "mdm/full"
AS_OF_TAG = "mdm/as_of"
# long enough for another run to end; Dagster's pool queues its own runs, this is for whatever was started beside it
WAIT_FOR_HUB_S = 900.0
LAST_STAGE = "publish"


class AsOfInvalid(PermanentError):
    """The run's time cannot be read."""


def stages_resource(home: Home, config: CompanyConfig, listener: Listener | None) -> dg.ResourceDefinition:
    """Resource that opens the hub when a run starts and closes it, and the run's ledger row, when it ends."""

    @dg.resource(description="The hub of this home, open for one run; stages run through it.")
    def stages(context: dg.InitResourceContext) -> Iterator[StageRunner]:
        tags = context.run.tags if context.run else {}
        run_id = context.run_id or "ad hoc"
        as_of = parse_as_of(tags.get(AS_OF_TAG)) or datetime.now(UTC)
        home.create()
        check_space(home, int(config.operations.free_space_gb * 2**30))
        with disk_full_told(), open_hub(home.hub_file, wait_s=WAIT_FOR_HUB_S) as hub:
            keep_ballast(home, config.operations.ballast_mb)
            runner = StageRunner(
                hub,
                company_stages(config, home),
                run_id=run_id,
                as_of=as_of,
                is_full=tags.get(FULL_TAG) == "true",
                listener=listener,
                self_proof_components=config.operations.self_proof_components,
            )
            open_run(hub, run_id, as_of)
            keep_lost_numbers_taken(hub.con, hub.path, home.published_file, as_of)
            try:
                yield runner
            finally:
                _close(hub, runner, is_spare_wanted=config.operations.keep_spare_copy)
                note_night(context, runner, config.sources)

    return stages


def _close(hub: Hub, runner: StageRunner, *, is_spare_wanted: bool) -> None:
    """Close the run's row in the ledger; after a good run, renew the spare copy."""
    try:
        with disk_full_told():
            close_run(hub, runner.run_id, failed=runner.failed, held_back=runner.held_back, proof=runner.proof)
    except (DiskFull, duckdb.FatalException):
        if not runner.failed:
            raise
        return  # the stage's failure is told; the row stays `running` and the next run closes it as failed
    reached_the_end = any(outcome.stage == LAST_STAGE for outcome in runner.outcomes)
    if is_spare_wanted and reached_the_end and not runner.failed:
        try:
            keep_spare(hub.con, hub.path)
        except CopyFailed as error:  # the run is good all the same
            record_event(hub.con, who="hub", what="spare copy not renewed", detail=str(error), at=datetime.now(UTC))


def parse_as_of(text: str | None) -> datetime | None:
    """A time as people write it: `2026-11-23` or ISO with a zone; without one it is UTC.

    Raises:
        AsOfInvalid: it is neither.
    """
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise AsOfInvalid(f"--as-of: {text!r} is no time; expected 2026-11-23 or 2026-11-23T02:15:00+08:00") from error
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
