"""`mdm sql`: ask the published file, read-only."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from mdm_pipeline.cli.options import BAD_USE, DEFAULT_HOME, FAILED, HomeOption


def sql(
    query: Annotated[str | None, typer.Argument(help="SQL; read from standard input when left out.")] = None,
    home: HomeOption = DEFAULT_HOME,
    output: Annotated[
        Literal["table", "csv", "json"], typer.Option("--output", "-o", help="Form of the answer.")
    ] = "table",
) -> None:
    """Ask the published file, read-only.

    Start with: mdm sql "from a_read_me"   and   mdm sql "from find_customer('huawei')"
    """
    import duckdb

    from mdm_pipeline.cli.tables import print_csv, print_json, print_result
    from mdm_pipeline.hub.connection import Home, open_read_only

    text = query if query is not None else sys.stdin.read()
    if not text.strip():
        typer.echo('no SQL given; for instance: mdm sql "from a_read_me"', err=True)
        raise typer.Exit(BAD_USE)
    published = Home(home.resolve()).published_file
    if not published.exists():
        typer.echo(f"{published} does not exist yet; start with: mdm run --home {home}", err=True)
        raise typer.Exit(FAILED)
    con = open_read_only(published)
    try:
        for statement in con.extract_statements(text):
            result = con.execute(statement)
            {"table": print_result, "csv": print_csv, "json": print_json}[output](result)
    except duckdb.Error as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    finally:
        con.close()
