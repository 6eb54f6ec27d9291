"""`mdm diff`: what is different between two published files or two hubs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdm_pipeline.cli.options import DONE, FAILED


def diff(
    a: Annotated[Path, typer.Argument(help="A published file, a hub, or a home.")],
    b: Annotated[Path, typer.Argument(help="Another of the same kind.")],
    examples: Annotated[int, typer.Option(help="Examples to show per table.")] = 3,
) -> None:
    """Compare two published files or hubs, table by table: rows added, removed, changed by key.

    Log tables and columns that depend on when a run happened are left out. Exit 0 when equal, 1 when not.
    """
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.hub.diff import diff as compare

    paths = [Home(p.resolve()).published_file if p.is_dir() else p.resolve() for p in (a, b)]
    for given, path in zip((a, b), paths, strict=True):
        if not path.is_file():
            raise typer.BadParameter(f"{given}: no such file (a folder is taken for a home with a published file)")
    found = compare(paths[0], paths[1])
    for table in found:
        typer.echo(f"{table.table}: {table.added:,} added, {table.removed:,} removed, {table.changed:,} changed")
        for example in table.examples[:examples]:
            typer.echo(f"    {example}")
    if not found:
        typer.echo("equal")
    raise typer.Exit(FAILED if found else DONE)
