"""Runs the job in this process on the home's own Dagster instance, so that the UI shows the run.

In: home, configuration. Out: `RunResult`. Invariant: the command line runs the very job that the schedule starts.
Does not belong here: printing.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.hub.space import disk_full_told
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.orchestration.assets.run_stage_op import PROOF_CHECK
from mdm_pipeline.orchestration.build import build_defs
from mdm_pipeline.orchestration.instance import prepare_instance
from mdm_pipeline.orchestration.resource import AS_OF_TAG, FULL_TAG, parse_as_of
from mdm_pipeline.orchestration.stage_run import Listener, Outcome

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Args:
        success: every stage and blocking check passed.
        held_back: sources and suites that hold the run back, with reasons.
        errors: first line of each failure.
        outcomes: of the stages that ran, in order.
        seconds: wall time of the whole run.
        summary: what changed for customers, in a line.
        proof: what the run proved of itself, in a line.
        is_proved: false where the proof failed or could not be made: somebody has to look.
    """

    success: bool
    held_back: tuple[str, ...]
    errors: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = field(default=())
    seconds: float = 0.0
    run_id: str = ""
    summary: str = ""
    proof: str = ""
    is_proved: bool = True

    @property
    def stage_seconds(self) -> float:
        """Sum of the stages' wall times."""
        return sum(outcome.seconds for outcome in self.outcomes)

    def to_json(self) -> str:
        """The result for machines."""
        return json.dumps(
            {
                "success": self.success,
                "held_back": self.held_back,
                "errors": self.errors,
                "proof": self.proof,
                "is_proved": self.is_proved,
                "run_id": self.run_id,
                "seconds": round(self.seconds, 2),
                "stage_seconds": round(self.stage_seconds, 2),
                "stages": {
                    outcome.stage: {
                        "seconds": round(outcome.seconds, 3),
                        "read": outcome.report.read,
                        "written": outcome.report.written,
                        "is_skipped": outcome.is_skipped,
                        "is_full": outcome.is_full,
                    }
                    for outcome in self.outcomes
                },
            },
            ensure_ascii=False,
        )


def launch(
    home_folder: Path,
    config_name: str,
    *,
    is_full: bool = False,
    as_of: str | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """Run `nightly_sync` or `full_refresh` here and now.

    Args:
        home_folder: the home; created when missing.
        config_name: configuration folder or name of a shipped company.
        is_full: run `full_refresh`.
        as_of: the run's time; now when None.
        listener: told before and after each stage.

    Raises:
        ConfigInvalid: the configuration has mistakes.
        AsOfInvalid: `as_of` is no time.
        DiskFull: Dagster's own files could not be written.
    """
    parse_as_of(as_of)
    home = Home(home_folder)
    home.create()
    config = load_company(config_name)
    prepare_instance(home)
    collected: list[Outcome] = []

    def collect(stage: str, outcome: Outcome | None) -> None:
        if outcome is not None:
            collected.append(outcome)
        if listener:
            listener(stage, outcome)

    job = build_defs(home, config, listener=collect).resolve_job_def("full_refresh" if is_full else "nightly_sync")
    tags = {"mdm/started_by": "command line"} | ({AS_OF_TAG: as_of} if as_of else {})
    if is_full:
        tags[FULL_TAG] = "true"
    started = time.monotonic()
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with disk_full_told(), dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=tags,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    held_back = tuple(reason for outcome in collected for reason in outcome.held_back)
    proof, is_proved = _proof(result)
    return RunResult(
        success=result.success,
        held_back=held_back,
        errors=tuple(_errors(result)),
        outcomes=tuple(collected),
        seconds=time.monotonic() - started,
        run_id=result.run_id,
        summary=_summary(home),
        proof=proof,
        is_proved=is_proved,
    )


def _proof(result: dg.ExecuteInProcessResult) -> tuple[str, bool]:
    """What the run proved of itself, with what differs, and whether all is well."""
    for check in result.get_asset_check_evaluations():
        if check.check_name == PROOF_CHECK:
            line, found = str(check.metadata["result"].value), str(check.metadata["found"].value)
            return (line if check.passed else f"{line}: {found}"), check.passed
    return "", True


def _errors(result: dg.ExecuteInProcessResult) -> list[str]:
    found = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            described = data.user_failure_data.description if data.user_failure_data else None
            found.append(described or _innermost(data.error))
        elif event.is_failure and event.job_failure_data and event.job_failure_data.error and not found:
            found.append(_innermost(event.job_failure_data.error))
    checks = [c for c in result.get_asset_check_evaluations() if not c.passed and c.blocking]
    found += [
        f"check {c.check_name} on {c.asset_key.to_user_string()}: "
        f"{c.metadata['failures'].value} failures, for instance {c.metadata['example'].value}"
        for c in checks
    ]
    return list(dict.fromkeys(found))  # a full disk stops several sources with the same words


def _innermost(error: dg.SerializableErrorInfo | None) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip().split(": ", 1)[-1] if error else "unknown error"


def _summary(home: Home) -> str:
    if not home.published_file.exists():
        return ""
    con = open_read_only(home.published_file)
    try:
        row = run_sql(con, _HERE / "published_summary.sql").fetchone()
    finally:
        con.close()
    return str(row[0]) if row else ""
