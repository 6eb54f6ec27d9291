"""The schedules: every night a sync, every month the upkeep."""

from __future__ import annotations

import dagster as dg

from mdm_pipeline.config.company import CompanyConfig, ScheduleConfig
from mdm_pipeline.orchestration.jobs import nightly_sync


def nightly_schedule(config: ScheduleConfig) -> dg.ScheduleDefinition:
    """Start `nightly_sync` at the configured time; running unless somebody stops it."""
    return dg.ScheduleDefinition(
        name="every_night",
        job=nightly_sync,
        cron_schedule=config.cron,
        execution_timezone=config.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def upkeep_schedule(config: CompanyConfig, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Start `monthly_upkeep` at the configured time; running unless somebody stops it."""
    return dg.ScheduleDefinition(
        name="every_month",
        job=job,
        cron_schedule=config.operations.upkeep_cron,
        execution_timezone=config.schedule.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
