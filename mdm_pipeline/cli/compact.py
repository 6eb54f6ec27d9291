"""`mdm compact`: the hub without free blocks."""

from __future__ import annotations

from typing import Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_HOME, HomeOption


def compact(
    home: HomeOption = DEFAULT_HOME,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a run to end.")] = 30.0,
) -> None:
    """Write the hub anew without free blocks; growth is bounded without it, so now and then is enough."""
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.operations.compaction import compact as write_anew

    done = write_anew(Home(home.resolve()), wait_s=wait)
    typer.echo(f"hub: {done.before / 2**20:,.1f} MB before, {done.after / 2**20:,.1f} MB after")
