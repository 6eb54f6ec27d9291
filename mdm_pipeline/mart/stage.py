"""The mart stage: events with their customer, amounts in group currency, the 360° view.

In: `staging` events, `master`, `matching.pair`. Out: schema `mart`. Invariant: per event table, rows and amounts equal
those of staging. `customer_360.overdue_amount` depends on the as-of day, so a run of another day looks at all rows even
when nothing changed upstream. Does not belong here: anything that decides who a customer is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.contract.mart import TABLES
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, write_changes

STAGE_VERSION = 3
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class MartSection:
    """Section of the mart stage.

    Args:
        group_currency: ISO 4217 code of group figures.
    """

    group_currency: str


def make_stage(config: CompanyConfig) -> Stage:
    """The mart stage of a company."""
    section = MartSection(config.group_currency)
    return Stage(
        name="mart",
        function=build_marts,
        section=section,
        fingerprint=fingerprint_of([section.group_currency], STAGE_VERSION),
        upstreams=("master", "staging", "matching"),
        depends_on_day=True,
    )


def build_marts(con: DuckDBPyConnection, section: MartSection, work: Work, as_of: datetime) -> Report:
    """Bring all tables of the mart up to date; computed in whole, written where changed.

    Args:
        con: the hub, inside the caller's transaction.
        section: the group currency.
        work: supplies the sequence number.
        as_of: the run's time (UTC); its day decides what is overdue.

    Returns:
        Counts in rows over all tables of the mart.
    """
    currency = {"group_currency": section.group_currency}
    run_sql(con, _HERE / "owners.sql")
    run_sql(con, _HERE / "rates.sql", currency)
    run_sql(con, _HERE / "events.sql")
    run_sql(con, _HERE / "billing_check.sql")
    run_sql(con, _HERE / "customer_360.sql", {"as_of_day": as_of.date()})
    create_found(con)
    run_sql(con, _HERE / "unknown_rates.sql", currency)
    issues = report_issues(con, stage="mart", as_of=as_of, scope=None)
    tables = {table.name: write_changes(con, table, f"wanted_{table.name}", seq=work.seq) for table in TABLES}
    total = sum(tables.values(), Counts())
    return Report(
        read=total.written + total.unchanged,
        written=total.written,
        unchanged=total.unchanged,
        tables=tables,
        metadata={"events": _figures(con), "amounts_without_rate": issues, "overdue_as_of": f"{as_of:%Y-%m-%d}"},
    )


def _figures(con: DuckDBPyConnection) -> list[dict[str, object]]:
    result = run_sql(con, _HERE / "figures.sql")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
