"""The master stage: codes, golden records, relationships, in one transaction.

In: `matching.cluster`, `staging`, the steward's snapshot. Out: schema `master`. Invariant: every current record of the
crosswalk is in exactly one golden record's count. Does not belong here: the three parts themselves.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.contract.master import GOLDEN, RELATIONSHIP
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import write_changes
from mdm_pipeline.master.identity import lay_over
from mdm_pipeline.master.settings import MasterSection, section_of
from mdm_pipeline.master.survivorship import survive

STAGE_VERSION = 2
_HERE = Path(__file__).parent


def make_stage(config: CompanyConfig) -> Stage:
    """The master stage of a company.

    Raises:
        UnknownAttribute: a survivorship rule names an attribute that the contract lacks.
    """
    section = section_of(config)
    return Stage(
        name="master",
        function=build_masters,
        section=section,
        fingerprint=fingerprint_of([section.mastering.model_dump(), dict(section.priorities)], STAGE_VERSION),
        upstreams=("matching", "staging", "steward"),
    )


def build_masters(con: DuckDBPyConnection, section: MasterSection, work: Work, as_of: datetime) -> Report:
    """Bring codes, golden records and relationships up to date.

    Args:
        con: the hub, inside the caller's transaction; `work_matching` and `work_staging` hold the changed record ids.
        section: codes, survivorship, source priorities.
        work: what to do; with `is_full` every customer.
        as_of: the run's time (UTC).

    Returns:
        Counts in customers.
    """
    identity = lay_over(con, section.mastering, work, as_of)
    run_sql(con, _HERE / "scope.sql", {"seq": work.seq, "is_full": work.is_full})
    in_scope = _customers_in_scope(con)
    customers, attributes = survive(con, section, work)
    run_sql(con, _HERE / "relationships.sql")
    relationships = write_changes(con, RELATIONSHIP, "wanted_relationship", seq=work.seq)
    return Report(
        read=in_scope,
        written=customers.written,
        unchanged=customers.unchanged,
        tables={
            "xref": identity.xref,
            "id_event": identity.id_event,
            "customer": customers,
            "attribute_source": attributes,
            "relationship": relationships,
        },
        metadata={
            **_figures(con),
            "id_events": [{"event": event, "customers": count} for event, count in identity.events.items()],
            "merged_codes": [{"code": code, "now": ", ".join(now)} for code, now in identity.merged.items()],
        },
    )


def _customers_in_scope(con: DuckDBPyConnection) -> int:
    row = run_sql(con, _HERE / "scope_count.sql").fetchone()
    return int(row[0]) if row else 0


def _figures(con: DuckDBPyConnection) -> dict[str, object]:
    result = run_sql(con, _HERE / "figures.sql")
    names = [column[0] for column in result.description]
    totals = dict(zip(names, result.fetchone() or (), strict=True))
    sizes = run_sql(con, _HERE / "sizes.sql").fetchall()
    counts = ", ".join(f"count({quoted(column.name)})" for column in GOLDEN)
    filled = con.execute(f"select {counts} from master.customer").fetchone() or ()  # noqa: S608  contract names
    customers = int(totals["customers"]) or 1
    return {
        **totals,
        "customers_by_record_count": [{"records": records, "customers": count} for records, count in sizes],
        "fill_rates": [
            {"attribute": column.name, "share": round(count / customers, 4)}
            for column, count in zip(GOLDEN, filled, strict=True)
        ],
    }
