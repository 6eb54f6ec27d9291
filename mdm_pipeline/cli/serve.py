"""`mdm serve`: one service of a production installation in the foreground, for systemd and containers."""

from __future__ import annotations

import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mdm_pipeline.cli.options import BAD_USE, DEFAULT_CONFIG, DEFAULT_HOME, ConfigOption, HomeOption

if TYPE_CHECKING:
    from mdm_pipeline.hub.connection import Home


class Service(StrEnum):
    """The three services."""

    CODE = "code"
    WEB = "web"
    DAEMON = "daemon"


def serve(
    service: Annotated[Service, typer.Argument(help="code: this company's code server. web: UI. daemon: schedules.")],
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    host: Annotated[str, typer.Option(envvar="MDM_CODE_HOST", help="Address of the code server.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="MDM_CODE_PORT", help="Port of the code server.")] = 4266,
    web_host: Annotated[str, typer.Option(envvar="MDM_WEB_HOST", help="Address of the web server.")] = "127.0.0.1",
    web_port: Annotated[int, typer.Option(envvar="MDM_WEB_PORT", help="Port of the web server.")] = 3000,
) -> None:
    """Run one production service in the foreground; docs/guides/production.md has systemd units and a compose file.

    Reads dagster.yaml and workspace.yaml in the home's `dagster` folder (copies of those in deploy/). Refuses to start
    where another process serves the port already. SIGTERM ends it.
    """
    from mdm_pipeline.config.loader import config_folder, load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.operations.ports import refuse_taken_port

    place = Home(home.resolve())
    environment = dagster_environment(place) | {"MDM_CODE_HOST": host, "MDM_CODE_PORT": str(port)}
    if service is Service.CODE:
        load_company(config)  # mistakes are told here, not in the browser
        environment["MDM_CONFIG"] = str(config_folder(config))
    place.create()
    for name in ("dagster.yaml", "workspace.yaml"):
        if not (place.dagster / name).is_file():
            typer.echo(f"{place.dagster / name} is missing; copy deploy/{name} there", err=True)
            raise typer.Exit(BAD_USE)
    workspace = str(place.dagster / "workspace.yaml")
    match service:
        case Service.CODE:
            refuse_taken_port(host, port, "code server")
            module = ["-m", "mdm_pipeline.definitions", "--location-name", "mdm_pipeline"]
            run_dagster(["dagster", "api", "grpc", "-h", host, "-p", str(port), *module], environment)
        case Service.WEB:
            refuse_taken_port(web_host, web_port, "web server")
            run_dagster(["dagster-webserver", "-h", web_host, "-p", str(web_port), "-w", workspace], environment)
        case Service.DAEMON:
            run_dagster(["dagster-daemon", "run", "-w", workspace], environment)


def dagster_environment(place: Home) -> dict[str, str]:
    """This process's environment with what Dagster's processes need to find the home."""
    return {
        **os.environ,
        "MDM_HOME": str(place.root),
        "DAGSTER_HOME": str(place.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def run_dagster(command: list[str], environment: dict[str, str]) -> None:
    """Become one of Dagster's programs, the one beside this interpreter."""
    # Dagster maps SIGTERM to SIGINT, which a shell ignores for background jobs: without this it would not stop
    signal.signal(signal.SIGINT, signal.default_int_handler)
    program = str(Path(sys.executable).parent / command[0])
    os.execve(program, [program, *command[1:]], environment)  # noqa: S606  our own interpreter's, arguments are ours
