"""`mdm status`: what the last runs did and what needs a person."""

from __future__ import annotations

from pathlib import Path

import typer

from mdm_pipeline.cli.options import DEFAULT_HOME, FAILED, HomeOption

_HERE = Path(__file__).parent


def status(home: HomeOption = DEFAULT_HOME) -> None:
    """Show the last runs, what they changed, open issues and what waits in quarantine."""
    import duckdb

    from mdm_pipeline.cli.tables import print_result
    from mdm_pipeline.hub.connection import Home, open_read_only
    from mdm_pipeline.hub.sql import run_sql

    place = Home(home.resolve())
    if not place.hub_file.exists():
        typer.echo(f"no hub below {home}; start with: mdm run --home {home}", err=True)
        raise typer.Exit(FAILED)
    try:
        con = open_read_only(place.hub_file)
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise
        typer.echo(f"a run is in progress: {str(error).splitlines()[0]}")
        raise typer.Exit(0) from None
    try:
        for title, file in (
            ("Last runs", "status_runs.sql"),
            ("Last delivery per source table", "status_deliveries.sql"),
            ("Open issues", "status_issues.sql"),
        ):
            print_result(run_sql(con, _HERE / file), title)
    finally:
        con.close()
