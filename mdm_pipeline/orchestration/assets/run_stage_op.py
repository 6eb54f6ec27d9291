"""What every asset does: run its stage, translate errors, report metadata and checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from mdm_pipeline.errors import MdmError, TransientError
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.orchestration.assets.keys import key_of
from mdm_pipeline.orchestration.checks.registry import Check, evaluate
from mdm_pipeline.orchestration.metadata.figures import outcome_metadata, room_metadata, table_metadata
from mdm_pipeline.orchestration.stage_run import StageRunner

RETRIES = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
POOL = "hub"
LAST_STAGE = "publish"
PROOF_CHECK = "rebuilt_components_are_equal"

AssetEvents = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


@contextmanager
def only_transient_errors_are_retried(name: str) -> Iterator[None]:
    """Whatever is raised inside leaves as a transient error, which the asset's policy retries, or as a failure.

    Raises:
        dagster.Failure: permanent errors and defects, one line each, no retry.
        TransientError: as it was raised.
    """
    try:
        yield
    except (TransientError, dg.Failure):
        raise
    except Exception as error:
        raise failure(name, error) from error


def failure(name: str, error: Exception) -> dg.Failure:
    """An error as a failure that is not retried; its first line says what happened."""
    text = str(error) if isinstance(error, MdmError) else f"{name}: {type(error).__name__}: {error}"
    return dg.Failure(description=text, allow_retries=False)


def stage_events(stages: StageRunner, name: str, tables: Sequence[Table], checks: Sequence[Check]) -> AssetEvents:
    """Run a stage and yield one materialization per table, then the results of its checks."""
    with only_transient_errors_are_retried(name):
        outcome = stages.run(name)
        con = stages.hub.con
        extra = room_metadata(con, name)
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=key_of(table),
                metadata={
                    **outcome_metadata(outcome),
                    **table_metadata(con, table, outcome),
                    **extra.get(table.name, {}),
                },
            )
        for check in checks:
            yield evaluate(con, check)
        if name == "quality":
            yield dg.AssetCheckResult(
                asset_key=key_of(tables[0]),
                check_name="suites_let_pass",
                passed=not outcome.held_back,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"held_back": "\n".join(outcome.held_back) or "nothing"},
            )
        if name == LAST_STAGE:
            yield _proof_check(stages, key_of(tables[0]))


def _proof_check(stages: StageRunner, asset: dg.AssetKey) -> dg.AssetCheckResult:
    proof = stages.prove()
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=PROOF_CHECK,
        passed=not proof.is_alarming,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "result": proof.line,
            "components": proof.components,
            "records": proof.records,
            "differences": proof.differences,
            "found": "\n".join(proof.found) or "nothing",
            "seconds": round(proof.seconds, 2),
        },
    )
