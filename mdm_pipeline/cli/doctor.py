"""`mdm doctor`: what is missing, and how to fix it."""

from __future__ import annotations

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, FAILED, ConfigOption, HomeOption


def doctor(home: HomeOption = DEFAULT_HOME, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Look at the machine, the home, the configuration and every source; say what is missing and how to fix it."""
    from mdm_pipeline.operations.examination import examine

    findings = examine(home.resolve(), config)
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.is_fine else 'FAIL'}  {finding.subject}: {finding.detail}")
        if not finding.is_fine:
            typer.echo(f"      fix: {finding.fix}")
    if any(not finding.is_fine for finding in findings):
        raise typer.Exit(FAILED)
