"""Landing assets: one multi-asset per source, an asset per source table, made from configuration.

No `from __future__ import annotations` here: Dagster reads the annotations of functions made inside functions.
"""

import dagster as dg

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import PermanentError, SourceHeldBack, TransientError
from mdm_pipeline.hub.contract.landing import landed_name
from mdm_pipeline.hub.space import DiskFull
from mdm_pipeline.orchestration.assets.keys import landing_key
from mdm_pipeline.orchestration.assets.run_stage_op import POOL, RETRIES, AssetEvents, only_transient_errors_are_retried
from mdm_pipeline.orchestration.checks.registry import LEDGER_BALANCES, evaluate
from mdm_pipeline.orchestration.metadata.figures import landed_metadata, outcome_metadata
from mdm_pipeline.orchestration.stage_run import Outcome, StageRunner


def landing_assets(config: CompanyConfig) -> list[dg.AssetsDefinition]:
    """One definition per configured source."""
    return [_source_assets(source) for source in config.sources]


def _source_assets(source: SourceConfig) -> dg.AssetsDefinition:
    keys = {name: landing_key(source.name, name) for name in source.tables}
    first = next(iter(keys.values()))

    @dg.multi_asset(
        name=f"land_{source.name}",
        description=f"Land {source.title or source.name}: every table verbatim, changes by row hash.",
        specs=[
            dg.AssetSpec(
                key,
                description=f"{source.title or source.name}: {name} as last delivered, verbatim text.",
                group_name="landing",
                kinds={"duckdb", "sqlite" if source.connection.kind == "sql" else "file"},
                metadata={"dagster/table_name": f"landing.{landed_name(source.name, name)}"},
            )
            for name, key in keys.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                "source_taken",
                asset=first,
                description="The source was taken; if not, its last good state is in force.",
            ),
            dg.AssetCheckSpec(LEDGER_BALANCES.name, asset=first, blocking=True, description=LEDGER_BALANCES.doc),
        ],
        retry_policy=RETRIES,
        pool=POOL,
    )
    def land(context: dg.AssetExecutionContext, stages: dg.ResourceParam[StageRunner]) -> AssetEvents:
        with only_transient_errors_are_retried(f"landing.{source.name}"):
            outcome = _land_or_hold_back(context, stages, source.name)
            for name, key in keys.items():
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata={**outcome_metadata(outcome), **landed_metadata(stages.hub.con, source.name, name)},
                )
            yield dg.AssetCheckResult(
                asset_key=first,
                check_name="source_taken",
                passed=not outcome.held_back,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"reason": "\n".join(outcome.held_back) or "taken"},
            )
            yield evaluate(stages.hub.con, LEDGER_BALANCES, first)

    return land


def _land_or_hold_back(context: dg.AssetExecutionContext, stages: StageRunner, source: str) -> Outcome:
    """A source that cannot be taken must not stop the healthy ones: after the last retry it is held back."""
    name = f"landing.{source}"
    try:
        return stages.run(name)
    except TransientError as error:
        if context.retry_number < RETRIES.max_retries:
            raise
        return stages.hold_back(name, SourceHeldBack(source, str(error)))
    except DiskFull:  # no fault of the source
        raise
    except PermanentError as error:
        return stages.hold_back(name, SourceHeldBack(source, str(error)))
