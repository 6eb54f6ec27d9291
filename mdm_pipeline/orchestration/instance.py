"""The home's own Dagster instance: its settings are written once and can be edited afterwards."""

from __future__ import annotations

from mdm_pipeline.hub.connection import Home

# the pool keeps runs that Dagster queues from opening the hub together; DuckDB's lock is the truth for all others
_SETTINGS = """\
# Written on first use; edit as you like. For PostgreSQL storage see docs.
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 4
  pools:
    default_limit: 1
    granularity: run
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 120
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 90
      success: 90
"""


def prepare_instance(home: Home) -> None:
    """Create DAGSTER_HOME with our settings where there is none yet."""
    home.create()
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_SETTINGS, encoding="utf-8")
