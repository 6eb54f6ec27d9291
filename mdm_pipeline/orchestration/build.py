"""Dagster definitions of one company: a function of its home and its configuration.

In: home, configuration. Out: `dg.Definitions`. Invariant: nothing is opened or read from outside here.
Does not belong here: assets, jobs and sensors themselves.
"""

from __future__ import annotations

import dagster as dg

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.alerts import alert_sensors
from mdm_pipeline.orchestration.assets.landing import landing_assets
from mdm_pipeline.orchestration.assets.rooms import room_assets
from mdm_pipeline.orchestration.jobs import full_refresh, nightly_sync
from mdm_pipeline.orchestration.resource import stages_resource
from mdm_pipeline.orchestration.schedules import nightly_schedule, upkeep_schedule
from mdm_pipeline.orchestration.sensors import inbox_sensor
from mdm_pipeline.orchestration.stage_run import Listener
from mdm_pipeline.orchestration.upkeep import upkeep_job


def build_defs(home: Home, config: CompanyConfig, *, listener: Listener | None = None) -> dg.Definitions:
    """Everything Dagster needs to know of one company.

    Args:
        home: where hub and published file are.
        config: the company's configuration.
        listener: told before and after each stage; the command line shows progress through it.
    """
    monthly_upkeep = upkeep_job(home, config)
    return dg.Definitions(
        assets=[*landing_assets(config), *room_assets(config)],
        jobs=[nightly_sync, full_refresh, monthly_upkeep],
        schedules=[nightly_schedule(config.schedule), upkeep_schedule(config, monthly_upkeep)],
        sensors=[inbox_sensor(home), *alert_sensors(config)],
        resources={"stages": stages_resource(home, config, listener)},
        executor=dg.in_process_executor,
    )
