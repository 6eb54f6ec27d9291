"""The staging stage: standardizes the landed rows that changed and writes what came out different.

In: `landing.*` and `work_landing`. Out: `staging.*` and issues. Invariant: for the same landed rows and
mappings the tables are the same whether keys come one by one or all at once. Does not belong here: reading
sources.
"""

# ruff: noqa: S608  statements are built from contract identifiers, quoted; values never enter the text

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.hub.ddl import quoted, quoted_name
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.staging.events import event_table, stage_events
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows, MappedColumnMissing, read_landed
from mdm_pipeline.staging.parties import stage_parties
from mdm_pipeline.staging.translation import check_mappings
from mdm_pipeline.standardize import registry
from mdm_pipeline.standardize.identifiers import SCHEMES

STAGE_VERSION = 1
_ROWS_AT_ONCE = 200_000
_SCOPE = "staging_scope"
_BY_RECORD = tuple(table for table in contract.TABLES if table is not contract.IDENTIFIER_SCHEME)


def make_stage(config: CompanyConfig) -> Stage:
    """The stage for one company.

    Raises:
        MappingInvalid: a mapping gives values or columns that the canonical model does not know.
    """
    sources = tuple(config.sources)
    check_mappings(sources)
    section = [
        source.model_dump(mode="json", include={"name", "default_country", "time_zone"})
        | {
            "tables": {
                n: t.model_dump(mode="json", include={"party", "event", "updated_at"}) for n, t in source.tables.items()
            }
        }
        for source in sources
    ]
    return Stage(
        name="staging",
        function=stage_records,
        section=sources,
        fingerprint=fingerprint_of(section, STAGE_VERSION, registry.fingerprint()),
        upstreams=("landing",),
    )


def stage_records(con: DuckDBPyConnection, sources: Sequence[SourceConfig], work: Work, as_of: datetime) -> Report:
    """Standardize the landed rows whose keys are in `work_landing`.

    Args:
        con: the hub, inside the stage's transaction.
        sources: sources with their mappings.
        work: what changed in landing.
        as_of: the run's time, for the issue log.

    Returns:
        Counts in landed rows (deleted ones included).
    """
    create_found(con)
    for table in _BY_RECORD:
        con.execute(f"create or replace temp table {_wanted(table)} as select * from {quoted_name(table)} limit 0")
    rows: dict[str, int] = {}
    held: dict[str, str] = {}
    for source in sources:
        for name, table_config in source.tables.items():
            try:
                landed = read_landed(con, source, name, table_config)
            except MappedColumnMissing as missing:
                held[missing.entity] = str(missing)
                continue
            if landed is None:
                continue
            rows[landed.entity] = landed.frame.height
            for part in landed.slices(_ROWS_AT_ONCE):
                _stage_part(con, part)
    _scope(con, list(held))
    counts = {
        table.full_name: write_changes(con, table, f"wanted_{table.name}", seq=work.seq, scope=_SCOPE)
        for table in _BY_RECORD
    }
    counts[contract.IDENTIFIER_SCHEME.full_name] = _write_schemes(con, work)
    issues = report_issues(con, stage="staging", as_of=as_of, scope=_SCOPE)
    return _report(con, work, counts, rows, issues, list(held.values()))


def _scope(con: DuckDBPyConnection, held: list[str]) -> None:
    """The keys whose staged rows are made anew; tables that cannot be read now keep their last good rows."""
    con.execute(
        f"create or replace temp table {_SCOPE} as select distinct key from work_landing "
        "where entity not in (select unnest($held::varchar[]))",
        {"held": held},
    )


def _stage_part(con: DuckDBPyConnection, part: LandedRows) -> None:
    findings = Findings(part)
    if part.table.party is not None:
        staged = stage_parties(part, part.table.party, findings)
    elif part.table.event is not None:
        staged = {event_table(part.table.event): stage_events(part, part.table.event, findings)}
    for table, frame in staged.items():
        con.register("staged_rows", frame)
        con.execute(f"insert into {_wanted(table)} by name select * from staged_rows")
        con.unregister("staged_rows")
    findings.write(con)


def _wanted(table: Table) -> str:
    return quoted(f"wanted_{table.name}")


def _write_schemes(con: DuckDBPyConnection, work: Work) -> Counts:
    schemes = [{"scheme": name, "identifies": info.identifies, "doc": info.doc} for name, info in SCHEMES.items()]
    con.register("wanted_schemes", pl.DataFrame(schemes))
    counts = write_changes(con, contract.IDENTIFIER_SCHEME, "wanted_schemes", seq=work.seq)
    con.unregister("wanted_schemes")
    return counts


def _report(
    con: DuckDBPyConnection,
    work: Work,
    counts: dict[str, Counts],
    rows: dict[str, int],
    issues: int,
    held_back: list[str],
) -> Report:
    read, rejected, changed = con.execute(
        "with scope as (select key from staging_scope), "
        "rejected as (select distinct record_id as key from found_issue where severity = 'reject'), "
        "changed as (select distinct key from staging.change where seq = $seq) "
        "select (select count(*) from scope), (select count(*) from rejected), "
        "(select count(*) from changed "
        "where key in (select key from scope) and key not in (select key from rejected))",
        {"seq": work.seq},
    ).fetchone() or (0, 0, 0)
    by_rule = con.execute(
        "select table_name, column_name, rule, severity, count(*) as rows from found_issue "
        "group by all order by rows desc, table_name, column_name, rule, severity limit 50"
    ).pl()
    return Report(
        read=read,
        written=changed,
        unchanged=read - changed - rejected,
        rejected=rejected,
        tables=counts,
        metadata={
            "live_rows": [{"table": entity, "rows": number} for entity, number in rows.items()],
            "issues": issues,
            "issues_by_rule": by_rule.to_dicts(),
        },
        held_back=held_back,
    )
