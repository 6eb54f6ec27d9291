"""`mdm ui`: webserver and daemon on the home's own Dagster instance."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, ConfigOption, HomeOption


def ui(
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    port: Annotated[int, typer.Option(help="Port of the web server.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI: assets, runs, checks, schedule and sensor of this company.

    Starts the web server and the daemon (which runs the nightly schedule and the inbox sensor) until Ctrl-C.
    """
    from mdm_pipeline.config.loader import config_folder, load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.orchestration.instance import prepare_instance

    load_company(config)  # mistakes are told here, not in the browser
    place = Home(home.resolve())
    prepare_instance(place)
    environment = {
        **os.environ,
        "MDM_HOME": str(place.root),
        "MDM_CONFIG": str(config_folder(config)),
        "DAGSTER_HOME": str(place.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    typer.echo(f"Dagster UI: http://{host}:{port}   (Ctrl-C stops it)")
    # Dagster maps SIGTERM to SIGINT, which a shell ignores for background jobs: without this it would not stop
    signal.signal(signal.SIGINT, signal.default_int_handler)
    program = str(Path(sys.executable).parent / "dagster")
    os.execve(  # noqa: S606  our own interpreter's dagster, arguments are ours
        program,
        [program, "dev", "-m", "mdm_pipeline.definitions", "-h", host, "-p", str(port)],
        environment,
    )
