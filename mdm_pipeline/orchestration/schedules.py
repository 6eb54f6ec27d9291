"""The nightly schedule."""

from __future__ import annotations

import dagster as dg

from mdm_pipeline.config.company import ScheduleConfig
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
