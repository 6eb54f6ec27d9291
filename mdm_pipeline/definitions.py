"""What Dagster loads: the definitions of the company named by MDM_CONFIG, with its home at MDM_HOME."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.build import build_defs


@dg.definitions
def defs() -> dg.Definitions:
    """Built when Dagster asks, so that a mistake in the configuration is the first line it shows."""
    home = Home(Path(os.environ.get("MDM_HOME", "data")).resolve())
    return build_defs(home, load_company(os.environ.get("MDM_CONFIG", "demo")))
