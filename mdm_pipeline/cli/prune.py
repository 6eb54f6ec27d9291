"""`mdm prune`: what the monthly upkeep does, now."""

from __future__ import annotations

from typing import Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, ConfigOption, HomeOption


def prune(
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a run to end.")] = 30.0,
) -> None:
    """Take out history that is older than `operations.retention` keeps; the job monthly_upkeep does it by itself."""
    from datetime import UTC, datetime

    from mdm_pipeline.config.loader import load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.orchestration.upkeep import keep_up_here

    done = keep_up_here(Home(home.resolve()), load_company(config), as_of=datetime.now(UTC), wait_s=wait)
    typer.echo(str(done))
