"""All stages of one company, in the order in which they run."""

from __future__ import annotations

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.landing.stage import make_stages as landing_stages
from mdm_pipeline.mart.stage import make_stage as mart_stage
from mdm_pipeline.master.stage import make_stage as master_stage
from mdm_pipeline.matching.stage import make_stage as matching_stage
from mdm_pipeline.publish.stage import make_stage as publish_stage
from mdm_pipeline.quality.stage import make_stage as quality_stage
from mdm_pipeline.staging.stage import make_stage as staging_stage
from mdm_pipeline.stewardship.stage import make_stage as steward_stage


def company_stages(config: CompanyConfig, home: Home) -> dict[str, Stage]:
    """The stages by name, from the snapshot of decisions to the published file."""
    stages = [
        steward_stage(config.decision_store.get_secret_value() if config.decision_store else home.decision_store_url),
        *landing_stages(config, home.inbox),
        staging_stage(config, home.cache),
        quality_stage(config),
        matching_stage(config),
        master_stage(config),
        mart_stage(config),
        publish_stage(config, home),
    ]
    return {stage.name: stage for stage in stages}
