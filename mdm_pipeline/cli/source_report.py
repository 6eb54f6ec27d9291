"""What `mdm source add` and `mdm source check` print for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from mdm_pipeline.onboarding.add import Added
    from mdm_pipeline.onboarding.check import Checked
    from mdm_pipeline.onboarding.forecast import Forecast


def print_added(added: Added, name: str) -> None:
    """What was written, and what to do next."""
    from rich.table import Table

    typer.echo(f"wrote {added.file}")
    if added.tables:
        table = Table("table", "taken for", "sure", "key", "columns mapped", title_justify="left")
        for one in added.tables:
            table.add_row(
                one.name,
                one.kind.replace("_", " "),
                f"{one.confidence:.0%}",
                ", ".join(one.key),
                f"{one.mapped} of {one.columns}",
            )
        _console().print(table)
    if added.left_out:
        typer.echo(f"left out, nothing known in them: {', '.join(added.left_out)}")
    for variable in added.exports:
        typer.echo(f"set before the run:  export {variable}=...")
    for text in added.look_at:
        typer.echo(f"look at  {text}")
    typer.echo(f"next: mdm source check {name}")


def print_checked(checked: Checked) -> None:
    """Tables, findings, forecast, verdict."""
    from rich.table import Table

    console = _console()
    table = Table("table", "rows sampled", "columns mapped", "key", "blank", "repeated", "encoding")
    for one in checked.tables:
        table.add_row(
            one.name,
            f"{one.rows:,}{'' if not one.is_whole else ' (all)'}",
            f"{one.mapped} of {one.columns}",
            ", ".join(one.key),
            f"{one.blank_keys:,}",
            f"{one.repeated_keys:,}",
            ", ".join(one.encodings),
        )
    console.print(table)
    if checked.forecast is not None:
        _print_forecast(console, checked.forecast)
    for finding in checked.findings:
        where = ", ".join(part for part in (finding.table, finding.column) if part)
        typer.echo(f"{'STOP' if finding.level == 'stop' else 'look'}  {f'{where}: ' if where else ''}{finding.text}")
    if checked.is_good:
        typer.echo(f"{checked.source}: nothing would hold it back; next: mdm run")
    else:
        typer.echo(f"{checked.source}: correct what is marked STOP, then check again")


def _print_forecast(console: Console, made: Forecast) -> None:
    from rich.table import Table

    values = Table("table", "values", "found", "valid")
    for one in made.validity:
        values.add_row(one.table, one.kind, f"{one.found:,}", f"{one.valid / one.found:.0%}")
    if made.validity:
        console.print(values)
    issues = Table("severity", "table", "column", "rule", "issues in the sample")
    for issue in made.issues:
        issues.add_row(issue.severity, issue.table, issue.column, issue.rule, f"{issue.issues:,}")
    if made.issues:
        console.print(issues)
    if made.parties:
        share = made.quarantined / made.parties
        typer.echo(f"forecast: {made.quarantined:,} of {made.parties:,} parties ({share:.1%}) would wait in quarantine")
    if made.overlap is None:
        typer.echo("overlap: nothing is published yet, so every party is new; run the other sources first to compare")
    for shared in made.overlap or ():
        typer.echo(f"overlap, {shared.table}: {shared.line}")
        for shares, records in sorted(shared.by.items(), key=lambda item: -item[1])[:6]:
            typer.echo(f"    {records:,} share {shares.replace('_', ' ')}")


def _console() -> Console:
    from rich.console import Console

    # a pipe has no width: cells are shortened only where a terminal would have to wrap them
    return Console(width=None if sys.stdout.isatty() else 100_000)
