"""`mdm doctor`: what is missing, and how to fix it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, FAILED, ConfigOption, HomeOption


def doctor(
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    is_repairing: Annotated[
        bool, typer.Option("--repair", help="First put right what a kill, a full disk or a damaged file has left.")
    ] = False,
) -> None:
    """Look at the machine, the home, the configuration and every source; say what is missing and how to fix it."""
    from mdm_pipeline.operations.examination import examine

    if is_repairing:
        _repair(home, config)
    findings = examine(home.resolve(), config)
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.is_fine else 'FAIL'}  {finding.subject}: {finding.detail}")
        if not finding.is_fine:
            typer.echo(f"      fix: {finding.fix}")
    if any(not finding.is_fine for finding in findings):
        raise typer.Exit(FAILED)


def _repair(home: Path, config: str) -> None:
    from mdm_pipeline.config.loader import ConfigInvalid, load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.hub.space import RESERVE_BYTES
    from mdm_pipeline.operations.repair import repair

    try:
        reserve = int(load_company(config).operations.free_space_gb * 2**30)
    except ConfigInvalid:  # the examination reports it; the home can be repaired all the same
        reserve = RESERVE_BYTES
    found = repair(Home(home.resolve()), reserve_bytes=reserve)
    for one in found:
        typer.echo(f"{'done' if one.is_done else 'left'}  {one.subject}: {one.detail}")
    if not found:
        typer.echo("nothing to repair")
