"""The home's own Dagster instance: its settings are written once and can be edited afterwards."""

from __future__ import annotations

from mdm_pipeline.hub.connection import Home

# the pool keeps runs that Dagster queues from opening the hub together; DuckDB's lock is the truth for all others
_SETTINGS = """\
# Written on first use; edit as you like. With PostgreSQL: deploy/dagster.yaml and
# docs/guides/production.md.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 4
  pools:
    default_limit: 1
    granularity: run
run_launcher:
  module: mdm_pipeline.orchestration.run_launcher
  class: LocalRunLauncher
run_queue:
  max_user_code_failure_retries: 5
  user_code_failure_retry_delay: 10
run_monitoring:
  enabled: true
  poll_interval_seconds: 5
  start_timeout_seconds: 60
  cancel_timeout_seconds: 60
  max_runtime_seconds: 14400
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false
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
