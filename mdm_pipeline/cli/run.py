"""`mdm run`: the same Dagster job that the schedule starts, with progress on the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mdm_pipeline.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_HOME,
    DONE,
    FAILED,
    HELD_BACK,
    ConfigOption,
    HomeOption,
)

if TYPE_CHECKING:
    from rich.table import Table

    from mdm_pipeline.orchestration.launcher import RunResult
    from mdm_pipeline.orchestration.stage_run import Outcome


def run(
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    full: Annotated[bool, typer.Option("--full", help="Do every key of every stage again.")] = False,
    as_of: Annotated[
        str | None, typer.Option(help="The run's time, e.g. 2026-11-23; by default now. Stages see no other clock.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end instead.")] = False,
) -> None:
    """Take the sources through to the published file.

    Runs the Dagster job `nightly_sync` (with --full: `full_refresh`) in this process; the run is visible in `mdm ui`.
    Work is in proportion to what changed; a run that finds nothing new changes nothing.

    Exit codes: 0 done, 1 failed, 2 bad use or configuration, 3 somebody has to look: held back by quality or by a
    source, or the self-proof failed.
    """
    from mdm_pipeline.orchestration.launcher import launch

    progress = _progress(json_output)
    with progress:
        result = launch(home.resolve(), config, is_full=full, as_of=as_of, listener=progress.tell)
    if json_output:
        typer.echo(result.to_json())
    else:
        _closing_words(result, home)
    needs_a_person = result.held_back or not result.is_proved
    raise typer.Exit(FAILED if not result.success else HELD_BACK if needs_a_person else DONE)


def _progress(is_quiet: bool) -> Progress:
    if is_quiet:
        return Progress()
    return LiveTable() if sys.stdout.isatty() else Lines()


class Progress:
    """Progress that says nothing."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def tell(self, stage: str, outcome: Outcome | None) -> None:
        """A stage starts (no outcome) or has ended."""


class Lines(Progress):
    """One line per finished stage, for logs and pipes."""

    def tell(self, stage: str, outcome: Outcome | None) -> None:
        """Print a stage's line when it has ended."""
        if outcome is not None:
            typer.echo(f"{stage:<18} {outcome.word:<16} {_numbers(outcome):<44} {outcome.seconds:7.2f} s")


class LiveTable(Progress):
    """One table that grows, for terminals."""

    def __init__(self) -> None:
        from rich.live import Live

        self._rows: dict[str, Outcome | None] = {}
        self._live = Live(self._table(), refresh_per_second=4)

    def __enter__(self) -> Progress:
        self._live.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._live.update(self._table())
        self._live.__exit__(None, None, None)

    def tell(self, stage: str, outcome: Outcome | None) -> None:
        """Show a stage as running, or how it ended."""
        self._rows[stage] = outcome
        self._live.update(self._table())

    def _table(self) -> Table:
        from rich.table import Table

        table = Table("stage", "outcome", "rows", "seconds", title="mdm run")
        for stage, outcome in self._rows.items():
            if outcome is None:
                table.add_row(stage, "running ...", "", "")
            else:
                table.add_row(stage, outcome.word, _numbers(outcome), f"{outcome.seconds:.2f}")
        return table


def _numbers(outcome: Outcome) -> str:
    report = outcome.report
    if outcome.is_skipped or outcome.held_back and not report.read:
        return ""
    text = f"{report.read:,} read -> {report.written:,} changed"
    return text + (f", {report.rejected:,} rejected" if report.rejected else "")


def _closing_words(result: RunResult, home: Path) -> None:
    for reason in result.held_back:
        typer.echo(f"held back: {reason}", err=True)
    for error in result.errors:
        typer.echo(f"failed: {error}", err=True)
    if result.summary:
        typer.echo(result.summary)
    if result.proof:
        typer.echo(f"self-proof: {result.proof}", err=not result.is_proved)
    typer.echo(
        f"stages {result.stage_seconds:.1f} s, run {result.seconds:.1f} s in all, "
        f"published: {home / 'published' / 'customers.duckdb'}"
    )
    if result.success:
        typer.echo(
            'next: mdm sql "select master_id, display_name, order_amount from customer_360 order by 3 desc limit 5"'
        )
