"""The monthly upkeep: Dagster's own old runs go, the hub's old history goes, and freed space is given back.

In: the home, how long history is kept, the time. Out: `Upkeep`. Invariant: runs that have not ended, the last run of
each job and its last success stay; the hub is touched only while no run writes it. Does not belong here: what of the
hub's history may go (`operations.retention`).

No `from __future__ import annotations` here: Dagster reads the annotations of functions made inside functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.landing.retention import prune_versions
from mdm_pipeline.operations.compaction import Compaction, compact
from mdm_pipeline.operations.retention import in_words, prune
from mdm_pipeline.orchestration.assets.run_stage_op import POOL, RETRIES, only_transient_errors_are_retried
from mdm_pipeline.orchestration.instance import prepare_instance
from mdm_pipeline.orchestration.resource import WAIT_FOR_HUB_S

JOB = "monthly_upkeep"


@dataclass(frozen=True)
class Upkeep:
    """What one upkeep did.

    Args:
        runs: Dagster's own runs taken out.
        rows: rows taken out of the hub, by table.
        compaction: the hub's size before and after; none where there is no hub.
    """

    runs: int
    rows: Mapping[str, int]
    compaction: Compaction | None = None

    def __str__(self) -> str:
        told = f"Dagster runs taken out: {self.runs:,}; hub rows taken out: {in_words(self.rows)}"
        if self.compaction is None:
            return told
        before, after = (size / 2**20 for size in (self.compaction.before, self.compaction.after))
        return f"{told}; hub compacted from {before:,.1f} to {after:,.1f} MB"


def upkeep_job(home: Home, config: CompanyConfig) -> dg.JobDefinition:
    """The job of one company; it waits its turn in the hub's pool."""

    @dg.op(name="keep_up", pool=POOL, retry_policy=RETRIES)
    def keep_up_op(context: dg.OpExecutionContext) -> None:
        with only_transient_errors_are_retried(JOB):
            done = keep_up(home, config, context.instance, as_of=datetime.now(UTC))
        context.log.info(str(done))
        context.add_output_metadata({"done": str(done)})

    @dg.job(
        name=JOB,
        description="Take out history that is older than `operations.retention` keeps, and give freed space back.",
        executor_def=dg.in_process_executor,
    )
    def monthly_upkeep() -> None:
        keep_up_op()

    return monthly_upkeep


def keep_up_here(home: Home, config: CompanyConfig, *, as_of: datetime, wait_s: float) -> Upkeep:
    """The same on the home's own Dagster instance, for the command line."""
    prepare_instance(home)
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        return keep_up(home, config, instance, as_of=as_of, wait_s=wait_s)


def keep_up(
    home: Home,
    config: CompanyConfig,
    instance: dg.DagsterInstance,
    *,
    as_of: datetime,
    wait_s: float = WAIT_FOR_HUB_S,
) -> Upkeep:
    """Prune Dagster's runs and the hub, and write the hub anew: rows that went leave holes that are not free blocks.

    Args:
        home: of the company.
        config: of the company; its `operations.retention` says how long what is kept.
        instance: where Dagster keeps its runs.
        as_of: the time from which days are counted, aware.
        wait_s: how long to wait for a run to end.

    Raises:
        HubLocked: a run is going on.
    """
    keep = config.operations.retention
    runs = 0
    if keep.dagster_runs_days is not None:
        runs = prune_runs(instance, before=as_of - timedelta(days=keep.dagster_runs_days))
    if not home.hub_file.exists():
        return Upkeep(runs, {})
    with open_hub(home.hub_file, wait_s=wait_s) as hub:
        by_table = _prune_by_own_terms(hub, config, as_of)
        rows = prune(hub, keep, as_of=as_of, own_terms=_own_terms(config))
    return Upkeep(runs, {**by_table, **rows}, compact(home, wait_s=wait_s))


def _own_terms(config: CompanyConfig) -> list[str]:
    """Tables that keep earlier versions for a time of their own."""
    return [f"{s.name}.{name}" for s in config.sources for name, table in s.tables.items() if table.keep_versions]


def _prune_by_own_terms(hub: Hub, config: CompanyConfig, as_of: datetime) -> dict[str, int]:
    hub.con.execute("begin")
    try:
        taken = prune_versions(hub.con, config.sources, as_of)
        told = {f"landing.version of {table}": rows for table, rows in taken.items()}
        if told:
            record_event(hub.con, who="retention", what="old history taken out", detail=in_words(told), at=as_of)
        hub.con.execute("commit")
    except BaseException:
        hub.con.execute("rollback")
        raise
    return told


def prune_runs(instance: dg.DagsterInstance, *, before: datetime) -> int:
    """Delete Dagster's finished runs that were created before a time, with their events, check results and logs.

    Returns:
        How many.
    """
    old = [
        record.dagster_run
        for record in instance.get_run_records(dg.RunsFilter(statuses=FINISHED_STATUSES, created_before=before))
    ]
    kept = {run_id for job in {run.job_name for run in old} for run_id in _last_of(instance, job)}
    gone = [run.run_id for run in old if run.run_id not in kept]
    for run_id in gone:
        instance.delete_run(run_id)
        _delete_what_stays(instance, run_id)
    return len(gone)


def _last_of(instance: dg.DagsterInstance, job: str) -> list[str]:
    filters = (dg.RunsFilter(job_name=job), dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]))
    return [run_id for one in filters for run_id in instance.get_run_ids(one, limit=1)]


def _delete_what_stays(instance: dg.DagsterInstance, run_id: str) -> None:
    """What Dagster leaves of a deleted run: results of checks, output of its steps, an empty SQLite file."""
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            executions = AssetCheckExecutionsTable
            connection.execute(executions.delete().where(executions.c.run_id == run_id))
    if isinstance(storage, SqliteEventLogStorage):
        shard = storage.path_for_shard(run_id)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{shard}{suffix}").unlink(missing_ok=True)
