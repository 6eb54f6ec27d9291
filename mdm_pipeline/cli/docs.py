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
    """Write docs/reference from the contract, the configuration models and the demo company."""
    from mdm_pipeline.operations.reference import stale_pages

    pages = generated_pages()
    stale = stale_pages(folder, pages)
    if check:
        for name in stale:
            typer.echo(f"{folder / name} is out of date; run: mdm docs", err=True)
        raise typer.Exit(FAILED if stale else 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).write_text(pages[name], encoding="utf-8")
    typer.echo(f"{len(stale)} pages written, the rest was current")


def generated_pages() -> dict[str, str]:
    """Every generated page by file name below docs/reference."""
    from mdm_pipeline.demo import documentation
    from mdm_pipeline.operations import reference

    return {**reference.pages(), "demo-company.md": documentation.page()}
