"""`mdm docs`: write the generated reference pages, or check that the committed ones are current."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdm_pipeline.cli.options import FAILED


def docs(
    folder: Annotated[Path, typer.Option(help="Where the pages are.")] = Path("docs/reference"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a page is out of date.")] = False,
) -> None:
    """Write docs/reference from the contract and the configuration models."""
    from mdm_pipeline.operations.reference import pages, stale_pages

    stale = stale_pages(folder)
    if check:
        for name in stale:
            typer.echo(f"{folder / name} is out of date; run: mdm docs", err=True)
        raise typer.Exit(FAILED if stale else 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    typer.echo(f"{len(stale)} pages written, the rest was current")
