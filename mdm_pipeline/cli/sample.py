"""`mdm sample`: write the demo company of any size, with its truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sample(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    customers: Annotated[int | None, typer.Option(min=1, help="Number of customers.")] = None,
    records: Annotated[int | None, typer.Option(min=1, help="Number of party records over all systems.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same company.")] = 1,
    crm_url: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of the CRM's database; by default SQLite.")
    ] = None,
    next_day: Annotated[
        bool, typer.Option("--next-day", help="Change the company in OUT as a day of business would.")
    ] = False,
) -> None:
    """Write the demo company: a CRM, an ERP and a finance system, and the truth about who is who.

    Run on it with: MDM_DEMO_DATA=OUT mdm run --home HOME
    """
    from mdm_pipeline import demo

    if next_day:
        if not (out / "generated.json").is_file():
            raise typer.BadParameter(f"{out}: no demo company here; write one first with --customers or --records")
        report = demo.next_day(out, out, seed=seed, crm_url=crm_url)
    else:
        if (customers is None) == (records is None):
            raise typer.BadParameter("give exactly one of --customers and --records")
        report = demo.generate(out, customers=customers, records=records, seed=seed, crm_url=crm_url)
    typer.echo(str(report))
