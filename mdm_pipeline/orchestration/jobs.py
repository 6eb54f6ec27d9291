"""The two jobs: a night's work in proportion to what changed, and everything anew."""

from __future__ import annotations

import dagster as dg

from mdm_pipeline.orchestration.resource import FULL_TAG

nightly_sync = dg.define_asset_job(
    "nightly_sync",
    selection=dg.AssetSelection.all(),
    description="Take what changed at the sources through to the published file.",
    executor_def=dg.in_process_executor,
)
full_refresh = dg.define_asset_job(
    "full_refresh",
    selection=dg.AssetSelection.all(),
    description="Do every key of every stage again; customer codes and decisions stay.",
    tags={FULL_TAG: "true"},
    executor_def=dg.in_process_executor,
)
