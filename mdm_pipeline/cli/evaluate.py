"""`mdm evaluate`: the customers held against a truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mdm_pipeline.cli.options import DEFAULT_HOME, FAILED, HomeOption

if TYPE_CHECKING:
    from mdm_pipeline.evaluation import Agreement


def evaluate(
    truth: Annotated[Path, typer.Option(help="CSV with source, table, source_key, truth_id, party_type.")],
    home: HomeOption = DEFAULT_HOME,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Measure the published customers against known truth: pairwise, B-cubed and exact clusters, per party type."""
    import json

    from mdm_pipeline.evaluation import evaluate as measure
    from mdm_pipeline.evaluation import read_truth
    from mdm_pipeline.hub.connection import Home, open_read_only

    published = Home(home.resolve()).published_file
    if not published.exists():
        typer.echo(f"{published} does not exist yet; start with: mdm run --home {home}", err=True)
        raise typer.Exit(FAILED)
    known = read_truth(truth)
    con = open_read_only(published)
    predicted = con.execute(
        'select source, source_table as "table", source_key, master_id as cluster_id from crosswalk'
    ).pl()
    con.close()
    result = measure(predicted, known)
    figures = {kind: _figures(part) for kind, part in {**result.by_party_type, "overall": result.overall}.items()}
    if json_output:
        typer.echo(json.dumps(figures))
        return
    _print(figures)
    if result.records_without_truth:
        typer.echo(f"{result.records_without_truth:,} published records are not in the truth and were left out")


def _figures(part: Agreement) -> dict[str, float]:
    return {
        "records": part.records,
        "customers": part.true_customers,
        "published": part.predicted_customers,
        "precision": round(part.pairwise.precision, 4),
        "recall": round(part.pairwise.recall, 4),
        "f1": round(part.pairwise.f1, 4),
        "b_cubed_f1": round(part.b_cubed.f1, 4),
        "exact_clusters": round(part.exact_clusters, 4),
        "wrongly_merged": round(part.wrongly_merged_customers, 4),
    }


def _print(figures: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(figures.values())))
    typer.echo(" ".join([f"{'':<13}", *(f"{name:>14}" for name in names)]))
    for kind, row in figures.items():
        shown = (f"{v:>14,}" if isinstance(v, int) else f"{v:>14.4f}" for v in row.values())
        typer.echo(" ".join([f"{kind:<13}", *shown]))
