"""`mdm source`: bring a new source in, check it before it goes live, and what a person tells landing between runs."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from mdm_pipeline.cli.options import (
    BAD_USE,
    DEFAULT_CONFIG,
    DEFAULT_HOME,
    DONE,
    HELD_BACK,
    ConfigOption,
    HomeOption,
)

app = typer.Typer(
    help="Sources: add one, check it before it goes live, allow a delivery that was held back, let one go.",
    no_args_is_help=True,
)
WaitOption = Annotated[float, typer.Option("--wait", help="Seconds to wait for a run to end.")]
WhoOption = Annotated[str, typer.Option("--by", help="Who decides; noted in the audit log.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the new source, for instance web_shop.")],
    config: ConfigOption = DEFAULT_CONFIG,
    url: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of a database; a password in it is not written down.")
    ] = None,
    folder: Annotated[str | None, typer.Option(help="Folder of files, absolute or below the data folder.")] = None,
    pattern: Annotated[list[str] | None, typer.Option(help="Only files that match (glob); may be repeated.")] = None,
    template: Annotated[str | None, typer.Option(help="A shipped configuration, for instance zoho_crm.")] = None,
    table: Annotated[list[str] | None, typer.Option(help="Only this table of the database; may be repeated.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Country of phones and tax numbers (two letters); else it is guessed.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows to look at in each table.")] = 1000,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the source's file if it is there.")] = False,
) -> None:
    """Look at a database or a folder, and write a source file that proposes tables, keys and mappings.

    Exit codes: 0 written, 1 nothing written (the reason is told), 2 the configuration has mistakes.
    """
    from mdm_pipeline.cli.source_report import print_added
    from mdm_pipeline.onboarding.add import AddRequest, add_source

    request = AddRequest(
        name,
        config,
        url=url,
        folder=folder,
        patterns=tuple(pattern or ()),
        template=template,
        tables=tuple(table or ()),
        country=country.upper() if country else None,
        rows=rows,
        is_forced=force,
    )
    print_added(add_source(request), name)


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The source, as its file names it.")],
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    rows: Annotated[int, typer.Option(min=1, help="Rows to look at in each table.")] = 1000,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Try a source on a sample before it goes live: what would be held back, what it would add.

    Nothing is written to the hub. Exit codes: 0 nothing would hold it back, 1 it cannot be checked, 2 bad use or
    configuration, 3 findings that would hold it back.
    """
    from mdm_pipeline.cli.source_report import print_checked
    from mdm_pipeline.config.loader import load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.onboarding.check import check_source
    from mdm_pipeline.orchestration.company_stages import company_stages

    place = Home(home.resolve())
    checked = check_source(
        name,
        load_company(config),
        rows=rows,
        stages_of=company_stages,
        inbox=place.inbox,
        published=place.published_file,
        as_of=datetime.now(UTC),
    )
    if json_output:
        sys.stdout.write(json.dumps(checked.to_dict(), ensure_ascii=False, default=str) + "\n")
    else:
        print_checked(checked)
    raise typer.Exit(DONE if checked.is_good else HELD_BACK)


@app.command("accept")
def accept(
    table: Annotated[str, typer.Argument(help="source.table, as `mdm status` shows it.")],
    home: HomeOption = DEFAULT_HOME,
    by: WhoOption = "",
    wait: WaitOption = 30.0,
) -> None:
    """Take the next delivery of a table although rows vanish or a type changed: this once."""
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.landing.commands import accept as give

    source, point, name = table.partition(".")
    if not point or not name:
        typer.echo(f"{table}: expected source.table, for instance crm.account", err=True)
        raise typer.Exit(BAD_USE)
    who = by or getpass.getuser()
    give(Home(home.resolve()), source, name, who=who, as_of=datetime.now(UTC), wait_s=wait)
    typer.echo(f"{table}: its next delivery is taken as it is; run `mdm run`")


@app.command("drop")
def drop(
    name: Annotated[str, typer.Argument(help="The source.")],
    home: HomeOption = DEFAULT_HOME,
    by: WhoOption = "",
    wait: WaitOption = 30.0,
) -> None:
    """Let every row of a source go that is gone for good; its customers lose what only it said."""
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.landing.commands import drop as let_go

    who = by or getpass.getuser()
    rows = let_go(Home(home.resolve()), name, who=who, as_of=datetime.now(UTC), wait_s=wait)
    told = ", ".join(f"{table} {count:,}" for table, count in rows.items())
    typer.echo(f"{name}: rows no longer in force: {told}; run `mdm run`")
