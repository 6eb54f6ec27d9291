"""The staging stage: standardizes the landed rows that changed and writes what came out different.

In: `landing.*` and `work_landing`. Out: `staging.*` and issues. Invariant: for the same landed rows and
mappings the tables are the same whether keys come one by one or all at once. Does not belong here: reading
sources.
"""

# ruff: noqa: S608  statements are built from contract identifiers, quoted; values never enter the text

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.hub.ddl import literal, quoted, quoted_name
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.staging.code_tables import report_unmapped, write_code_tables
from mdm_pipeline.staging.codes import Codes, codes_of, shipped_fingerprint
from mdm_pipeline.staging.events import event_table, stage_events
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows, MappedColumnMissing, read_landed
from mdm_pipeline.staging.name_links import write_links
from mdm_pipeline.staging.parties import stage_parties
from mdm_pipeline.staging.profiles import note_values, profile_fingerprint, write_profiles
from mdm_pipeline.staging.redirects import write_redirects
from mdm_pipeline.staging.registrations import log_registry_events, note_registrations
from mdm_pipeline.staging.remembered import Memory, remembering
from mdm_pipeline.staging.translation import check_mappings
from mdm_pipeline.staging.unconfigured import no_longer_configured, note_configured, out_of_scope
from mdm_pipeline.standardize import registry
from mdm_pipeline.standardize.identifiers import SCHEMES

STAGE_VERSION = 3
_ROWS_AT_ONCE = 100_000
_SCOPE = "staging_scope"
# Tables whose rows follow from one landed row each.
_BY_RECORD = (*contract.PARTY_TABLES, *contract.EVENT_TABLES, *contract.REFERENCE_TABLES)
_COLLECTED = (*_BY_RECORD, contract.PARTY_LINK, contract.PARTY_REDIRECT, contract.UNCODED)


@dataclass(frozen=True)
class StagingSection:
    """What staging has to know of a company.

    Args:
        sources: sources with their mappings.
        codes: the code lists.
        remembered: folder for answers of standardizers, which full runs share; None: nothing is remembered.
    """

    sources: tuple[SourceConfig, ...]
    codes: Codes
    remembered: Path | None = None


def make_stage(config: CompanyConfig, cache: Path | None = None) -> Stage:
    """The stage for one company.

    Args:
        config: the company.
        cache: folder whose content may be deleted at any time.

    Raises:
        MappingInvalid: a mapping gives values or columns that the canonical model does not know.
        CodeUnknown: a code list leads to a code that does not exist.
    """
    sources = tuple(config.sources)
    check_mappings(sources)
    codes = codes_of(config.codes, sources)
    section = [
        source.model_dump(mode="json", include={"name", "default_country", "time_zone", "codes"})
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
        section=StagingSection(sources, codes, cache / "standardized" if cache else None),
        fingerprint=fingerprint_of(
            [section, config.codes.model_dump(mode="json")],
            STAGE_VERSION,
            registry.fingerprint(),
            shipped_fingerprint(),
            profile_fingerprint(),
        ),
        upstreams=("landing",),
    )


def stage_records(con: DuckDBPyConnection, section: StagingSection, work: Work, as_of: datetime) -> Report:
    """Standardize the landed rows whose keys are in `work_landing`.

    Args:
        con: the hub, inside the stage's transaction.
        section: sources with their mappings, and code lists.
        work: what changed in landing.
        as_of: the run's time, for the issue log.

    Returns:
        Counts in landed rows (deleted ones included).
    """
    create_found(con)
    for table in _COLLECTED:
        con.execute(f"create or replace temp table {_wanted(table)} as from {quoted_name(table)} limit 0")
    # A night's few values are sooner computed than looked up.
    memory = Memory(section.remembered, str(STAGE_VERSION)) if section.remembered and work.is_full else None
    with remembering(memory):
        sources = [*section.sources, *no_longer_configured(con, section.sources)]
        rows, held = _stage_all(con, sources, section.codes)
    note_configured(con, section.sources)
    _scope(con, [*held, *out_of_scope(con, sources)])
    in_use = _in_use(con)
    note_values(con)
    note_registrations(con)
    counts = {
        table.full_name: _write(con, table, work.seq) if table.name in in_use else Counts() for table in _BY_RECORD
    }
    counts[contract.PARTY_LINK.full_name] = write_links(con, work.seq)
    if contract.PARTY_REDIRECT.name in in_use:
        counts[contract.PARTY_REDIRECT.full_name] = write_redirects(con, work.seq)
    counts[contract.VALUE_PROFILE.full_name] = write_profiles(con, work)
    log_registry_events(con, as_of)
    counts[contract.IDENTIFIER_SCHEME.full_name] = _write_schemes(con, work)
    counts |= write_code_tables(con, section.codes, work, scope=_SCOPE)
    issues = report_issues(con, stage="staging", as_of=as_of, scope=_SCOPE)
    report = _report(con, work, counts, rows, issues, list(held.values()))
    if work.is_full or counts[contract.UNCODED.full_name].written:
        report_unmapped(con, as_of)
    return report


def _stage_all(
    con: DuckDBPyConnection, sources: Sequence[SourceConfig], codes: Codes
) -> tuple[dict[str, int], dict[str, str]]:
    """Collect the staged rows of all tables.

    Returns:
        Live rows per landed table, and why tables could not be read.
    """
    rows: dict[str, int] = {}
    held: dict[str, str] = {}
    for source in sources:
        for name, table_config in source.tables.items():
            try:
                landed = read_landed(con, source, name, table_config, codes)
            except MappedColumnMissing as missing:
                held[missing.entity] = str(missing)
                continue
            if landed is None:
                continue
            rows[landed.entity] = landed.frame.height
            for part in landed.slices(_ROWS_AT_ONCE):
                _stage_part(con, part)
    return rows, held


def _in_use(con: DuckDBPyConnection) -> frozenset[str]:
    """Tables that have rows, or are to have some; a company fills few of the model's tables in a night."""
    asked = " union all ".join(
        f"select {literal(table.name)} where exists (from {_wanted(table)}) or exists (from {quoted_name(table)})"
        for table in _COLLECTED
    )
    return frozenset(name for (name,) in con.execute(asked).fetchall())


def _scope(con: DuckDBPyConnection, held: list[str]) -> None:
    """The keys whose staged rows are made anew; tables that cannot be read now keep their last good rows."""
    con.execute(
        f"create or replace temp table {_SCOPE} as select distinct key from work_landing "
        "where entity not in (select unnest($held::varchar[]))",
        {"held": held},
    )


def _stage_part(con: DuckDBPyConnection, part: LandedRows) -> None:
    findings = Findings(part)
    staged: dict[Table, pl.DataFrame] = {}
    if part.table.party is not None:
        staged |= stage_parties(part, part.table.party, findings)
    if part.table.event is not None:
        staged[event_table(part.table.event)] = stage_events(part, part.table.event, findings)
    for table, frame in staged.items():
        con.register("staged_rows", frame)
        con.execute(f"insert into {_wanted(table)} by name select * from staged_rows")
        con.unregister("staged_rows")
    findings.write(con)


def _write(con: DuckDBPyConnection, table: Table, seq: int) -> Counts:
    counts = write_changes(con, table, f"wanted_{table.name}", seq=seq, scope=_SCOPE)
    con.execute(f"drop table {_wanted(table)}")  # memory for the tables that follow
    return counts


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
        "changed as (select distinct key from staging.change where seq = $seq and entity <> 'value_profile') "
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
