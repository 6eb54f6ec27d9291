"""`mdm decide`: decisions of stewards."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mdm_pipeline.cli.options import DEFAULT_CONFIG, DEFAULT_HOME, ConfigOption, HomeOption

if TYPE_CHECKING:
    from pathlib import Path

    from mdm_pipeline.stewardship.store import Decision, DecisionStore

JudgementWord = Literal["match", "no_match", "unsure", "related"]
app = typer.Typer(
    help="Decide once: which records are the same customer, and which quarantined records may pass.\n\n"
    "Records are written source.table:key, for instance crm.account:A000001. Decisions take effect in the next run.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Left = Annotated[str, typer.Argument(help="A record, source.table:key.")]
Right = Annotated[str, typer.Argument(help="Another record, source.table:key.")]
Who = Annotated[str | None, typer.Option(help="Who decides; by default the user's name.")]
Why = Annotated[str | None, typer.Option(help="Reason, for those who come after.")]


_JUDGEMENTS: dict[JudgementWord, str] = {
    "match": "Both records are the same customer.",
    "no_match": "The records are different customers, whatever they look like.",
    "unsure": "Nobody can tell; do not ask again until the records change.",
    "related": "Not the same customer, but connected.",
}


def _register_judgement(word: JudgementWord, meaning: str) -> None:
    @app.command(word, help=meaning)
    def judge(
        left: Left,
        right: Right,
        home: HomeOption = DEFAULT_HOME,
        config: ConfigOption = DEFAULT_CONFIG,
        who: Who = None,
        why: Why = None,
    ) -> None:
        from mdm_pipeline.stewardship.store import Decision

        _store_and_say(home, config, Decision("judgement", left, _name(who), right, word, why=why))


for _word, _meaning in _JUDGEMENTS.items():
    _register_judgement(_word, _meaning)


@app.command("release")
def release(
    record: Left,
    rule: Annotated[str, typer.Option(help="The rule to let pass; all of them by default.")] = "*",
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    who: Who = None,
    why: Why = None,
) -> None:
    """Let a quarantined record pass although it breaks a rule."""
    from mdm_pipeline.stewardship.store import Decision

    _store_and_say(home, config, Decision("release", record, _name(who), rule=rule, why=why))


@app.command("undo")
def undo(
    decision_id: Annotated[str, typer.Argument(help="Id of the decision, from `mdm decide list`.")],
    home: HomeOption = DEFAULT_HOME,
    config: ConfigOption = DEFAULT_CONFIG,
    who: Who = None,
    why: Why = None,
) -> None:
    """Take a decision back."""
    store = _open(home, config)
    try:
        store.undo(decision_id, who=_name(who), why=why)
    finally:
        store.close()
    typer.echo(f"undone: {decision_id}; in force with the next run")


@app.command("list")
def list_decisions(home: HomeOption = DEFAULT_HOME, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show the decisions in force."""
    store = _open(home, config)
    try:
        decisions = store.in_force()
    finally:
        store.close()
    for d in decisions:
        what = d.judgement or f"release {d.rule}"
        typer.echo(
            f"{d.decision_id}  {d.decided_at:%Y-%m-%d %H:%M}  {d.who}  {what}  "
            f"{d.ref_l}  {d.ref_r or ''}  {d.why or ''}"
        )
    if not decisions:
        typer.echo("no decisions in force")


def _store_and_say(home: Path, config: str, decision: Decision) -> None:
    store = _open(home, config)
    try:
        stored = store.add(decision)
    finally:
        store.close()
    typer.echo(f"stored: {stored.decision_id}; in force with the next run")


def _open(home: Path, config: str) -> DecisionStore:
    from mdm_pipeline.config.loader import load_company
    from mdm_pipeline.hub.connection import Home
    from mdm_pipeline.stewardship.store import DecisionStore

    company = load_company(config)
    place = Home(home.resolve())
    place.create()
    url = company.decision_store.get_secret_value() if company.decision_store else place.decision_store_url
    return DecisionStore(url)


def _name(who: str | None) -> str:
    return who or getpass.getuser()
