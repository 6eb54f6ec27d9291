"""`mdm ui`: webserver and daemon on the home's own Dagster instance."""

from __future__ import annotations

from typing import Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, ConfigOption, HomeOption
from mdm_pipeline.cli.serve import dagster_environment, run_dagster


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
    from mdm_pipeline.operations.ports import refuse_taken_port
    from mdm_pipeline.orchestration.instance import prepare_instance

    load_company(config)  # mistakes are told here, not in the browser
    place = Home(home.resolve())
    prepare_instance(place)
    refuse_taken_port(host, port, "web server")
    environment = dagster_environment(place) | {"MDM_CONFIG": str(config_folder(config))}
    typer.echo(f"Dagster UI: http://{host}:{port}   (Ctrl-C stops it)")
    run_dagster(["dagster", "dev", "-m", "mdm_pipeline.definitions", "-h", host, "-p", str(port)], environment)
