"""Landing assets: one multi-asset per source, an asset per source table, made from configuration.

No `from __future__ import annotations` here: Dagster reads the annotations of functions made inside functions.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePosixPath

import dagster as dg

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.connections import FilesConnection, SqlConnection
from mdm_pipeline.config.sources import ExpectedDelivery, SourceConfig, TableConfig
from mdm_pipeline.errors import PermanentError, SourceHeldBack, TransientError
from mdm_pipeline.hub.contract.landing import landed_name
from mdm_pipeline.hub.space import DiskFull
from mdm_pipeline.landing.lateness import late_tables
from mdm_pipeline.landing.moving import removed_sources
from mdm_pipeline.orchestration.assets.keys import landing_key
from mdm_pipeline.orchestration.assets.run_stage_op import POOL, RETRIES, AssetEvents, only_transient_errors_are_retried
from mdm_pipeline.orchestration.checks.registry import LEDGER_BALANCES, evaluate
from mdm_pipeline.orchestration.metadata.figures import outcome_metadata
from mdm_pipeline.orchestration.metadata.landed import landed_metadata
from mdm_pipeline.orchestration.stage_run import Outcome, StageRunner

TAKEN, ON_TIME, KNOWN = "source_taken", "source_is_on_time", "sources_are_configured"
# names under which Dagster knows an icon, by SQLAlchemy dialect and by ending of files
_DATABASES = {"postgresql": "postgres", "mssql": "sqlserver"}
_FILES = {".tsv": "csv", ".txt": "csv", ".pq": "parquet", ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel",
          ".jsonl": "json", ".ndjson": "json"}  # fmt: skip
_PACKED = {".gz", ".zst"}
# shorter than a day by the hour that a clock change takes
_ALMOST_A_DAY = timedelta(hours=23)


def landing_assets(config: CompanyConfig) -> list[dg.AssetsDefinition]:
    """One definition per configured source; the first one also tells of sources that nobody configures any more."""
    return [_source_assets(config, source, is_first=source is config.sources[0]) for source in config.sources]


def _source_assets(config: CompanyConfig, source: SourceConfig, *, is_first: bool) -> dg.AssetsDefinition:
    keys = {name: landing_key(source.name, name) for name in source.tables}
    first = next(iter(keys.values()))

    @dg.multi_asset(
        name=f"land_{source.name}",
        description=f"Land {source.title or source.name}: every table verbatim, changes by row hash.",
        specs=[_spec(source, name, key) for name, key in keys.items()],
        check_specs=[*_check_specs(source, first), *(_known_spec(first) if is_first else ())],
        retry_policy=RETRIES,
        pool=POOL,
    )
    def land(context: dg.AssetExecutionContext, stages: dg.ResourceParam[StageRunner]) -> AssetEvents:
        with only_transient_errors_are_retried(f"landing.{source.name}"):
            outcome = _land_or_hold_back(context, stages, source.name)
            for name, key in keys.items():
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata={**outcome_metadata(outcome), **landed_metadata(stages.hub.con, source, name)},
                )
            yield _warning(first, TAKEN, list(outcome.held_back), "taken" if source.enabled else "switched off")
            if source.expected:
                late = late_tables(stages.hub.con, [source], stages.as_of)
                yield _warning(first, ON_TIME, [str(each) for each in late], "on time")
            if is_first:
                yield _warning(first, KNOWN, list(_removed(config, stages)), "all sources with rows are configured")
            yield evaluate(stages.hub.con, LEDGER_BALANCES, first)

    return land


def _check_specs(source: SourceConfig, asset: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    specs = [
        dg.AssetCheckSpec(
            TAKEN, asset=asset, description="The source was taken; if not, its last good state is in force."
        ),
        dg.AssetCheckSpec(LEDGER_BALANCES.name, asset=asset, blocking=True, description=LEDGER_BALANCES.doc),
    ]
    if source.expected:
        said = "Every table was delivered when the configuration expects it."
        specs.append(dg.AssetCheckSpec(ON_TIME, asset=asset, description=said))
    return specs


def _known_spec(asset: dg.AssetKey) -> tuple[dg.AssetCheckSpec]:
    said = "No source with rows in force has lost its configuration; its last state counts until it is dropped."
    return (dg.AssetCheckSpec(KNOWN, asset=asset, description=said),)


def _spec(source: SourceConfig, table_name: str, key: dg.AssetKey) -> dg.AssetSpec:
    state = "" if source.enabled else " Switched off: its last state stays in force."
    return dg.AssetSpec(
        key,
        description=f"{source.title or source.name}: {table_name} as last delivered, verbatim text.{state}",
        group_name="landing",
        kinds={"duckdb", _kind(source, source.tables[table_name])},
        metadata={"dagster/table_name": f"landing.{landed_name(source.name, table_name)}"},
        freshness_policy=_freshness(source.expected, source.time_zone)
        if source.expected and source.enabled and not source.retired
        else None,
    )


def _kind(source: SourceConfig, table: TableConfig) -> str:
    """What the table comes from, as Dagster names it."""
    if isinstance(source.connection, SqlConnection):
        dialect = re.match(r"[a-z0-9]+", source.connection.url.get_secret_value())
        return _DATABASES.get(dialect[0], dialect[0]) if dialect else "sql"
    if isinstance(source.connection, FilesConnection):
        if table.format.format:
            return table.format.format
        endings = [ending for ending in PurePosixPath(table.files[0]).suffixes if ending not in _PACKED]
        return _FILES.get(endings[-1], endings[-1].lstrip(".")) if endings else "file"
    return "api"


def _freshness(expected: ExpectedDelivery, source_zone: str) -> dg.FreshnessPolicy:
    if expected.at and expected.every == timedelta(days=1):
        hour, minute = expected.at.split(":")
        return dg.FreshnessPolicy.cron(
            deadline_cron=f"{int(minute)} {int(hour)} * * *",
            lower_bound_delta=_ALMOST_A_DAY,
            timezone=expected.zone or source_zone,
        )
    late = max(expected.every * 1.1, timedelta(minutes=1))
    return dg.FreshnessPolicy.time_window(warn_window=late, fail_window=late * 2)


def _removed(config: CompanyConfig, stages: StageRunner) -> Iterator[str]:
    for name, rows in removed_sources(stages.hub.con, config.sources).items():
        yield (
            f"{name}: {rows} rows in force, but no file in sources/ names it; put it back (`formerly` if it was "
            f"renamed), or let its rows go with `mdm source drop {name}`"
        )


def _warning(asset: dg.AssetKey, name: str, reasons: list[str], well: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not reasons,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"reason": "\n".join(reasons) or well},
    )


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
