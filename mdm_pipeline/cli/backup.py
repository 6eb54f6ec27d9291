"""`mdm backup` and `mdm restore`: hub, decisions and configuration in one archive, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, ConfigOption, HomeOption


def backup(
    out: Annotated[Path, typer.Argument(help="Archive to write, for instance monday.tar.gz; .tar: uncompressed.")],
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a run to end, without a spare copy.")] = 900.0,
) -> None:
    """Write hub, decisions, configuration and published file to one archive; also while a run is going on.

    While a run holds the hub, the spare copy is taken: the state after the last good run. The copy is opened and the
    archive read back before it gets its name. Secrets stand in the environment and are not in it.
    """
    from datetime import UTC, datetime

    from mdm_pipeline.config.loader import load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.operations.backup import back_up

    manifest = back_up(Home(home.resolve()), load_company(config), out.resolve(), at=datetime.now(UTC), wait_s=wait)
    origin = "" if manifest.origin == "hub" else " (a run is going on: state after the last good run)"
    typer.echo(f"{out}: {manifest.company}, generation {manifest.generation}{origin}, {out.stat().st_size:,} bytes")


def restore(
    archive: Annotated[Path, typer.Argument(help="What mdm backup wrote.")],
    home: Annotated[Path, typer.Option("--home", envvar="MDM_HOME", help="New home; must not have a hub.")],
) -> None:
    """Unpack a backup into a new home; its configuration comes to HOME/configuration."""
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.operations.backup import restore as unpack

    place = Home(home.resolve())
    manifest = unpack(archive.resolve(), place)
    typer.echo(f"{home}: {manifest.company}, generation {manifest.generation}, taken {manifest.taken_at}")
    if manifest.decisions_from == "server":
        typer.echo(f"decisions were on a server; as of the backup they are in {place.decisions_file}")
    if not place.published_file.exists():
        typer.echo("the archive has no published file of this generation; the next run publishes")
    typer.echo(f"next: mdm run --home {home} --config {home / 'configuration'}   (relative data_dir: check it first)")
