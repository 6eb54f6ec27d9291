"""`mdm notify`: a test message to every channel of the night watch."""

from __future__ import annotations

import typer

from mdm_pipeline.cli.options import BAD_USE, DEFAULT_CONFIG, FAILED, ConfigOption


def notify(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Send a test message to every channel in `notify` of company.yaml, and say which ones take it.

    Exit codes: 0 all took it, 1 some did not, 2 none is configured.
    """
    from mdm_pipeline.config.loader import load_company
    from mdm_pipeline.orchestration.delivery import Message, deliver

    company = load_company(config)
    channels = company.notify.channels
    if not channels:
        typer.echo(f"{company.name}: no channels; name them under notify.channels in company.yaml", err=True)
        raise typer.Exit(BAD_USE)
    name = company.title or company.name
    failed = deliver(
        Message(f"mdm {name}: test message", (("what to do", "nothing"),), company.notify.ui_url), channels
    )
    for line in failed:
        typer.echo(line, err=True)
    typer.echo(f"{len(channels) - len(failed)} of {len(channels)} channels took the message")
    raise typer.Exit(FAILED if failed else 0)
