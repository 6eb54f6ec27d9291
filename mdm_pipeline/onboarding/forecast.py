"""What a night would make of a sample: the stages themselves run on a hub in memory.

In: samples of a source's tables, the company, a way to make its stages. Out: `Forecast`. Invariant: it is the real
landing, staging and suites that judge, so the forecast cannot differ from the night; nothing outside a temporary folder
is written. Does not belong here: what a person should do about it (`check`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig, QualityConfig
from mdm_pipeline.config.connections import FileFormat, FilesConnection
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.connection import Home, open_in_memory
from mdm_pipeline.hub.contract.landing import source_table
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, commit_work, log_commit, plan_work
from mdm_pipeline.onboarding.overlap import Overlap, overlap

_HERE = Path(__file__).parent
_RUN = "forecast"
StagesOf = Callable[[CompanyConfig, Home], Mapping[str, Stage]]


@dataclass(frozen=True)
class ForecastIssue:
    """One rule that the sample breaks; `example` is a message of the issue log."""

    stage: str
    table: str
    column: str
    rule: str
    severity: str
    issues: int
    records: int
    example: str


@dataclass(frozen=True)
class Validity:
    """Values of one kind (phone, email, identifier cn_uscc ...) in one table."""

    table: str
    kind: str
    found: int
    valid: int


@dataclass(frozen=True)
class Forecast:
    """What the sample becomes.

    Args:
        parties: parties staged.
        quarantined: of these, how many would wait.
        issues: by rule, the gravest first.
        validity: of phones, e-mails and numbers.
        unmapped: (table, code list, code, rows) that no code list knows.
        held_back: blocking rules that would hold the suites back.
        overlap: with today's customers; None where nothing is published yet.
    """

    parties: int
    quarantined: int
    issues: tuple[ForecastIssue, ...]
    validity: tuple[Validity, ...]
    unmapped: tuple[tuple[str, str, str, int], ...]
    held_back: tuple[str, ...]
    overlap: tuple[Overlap, ...] | None


def forecast(
    source: SourceConfig,
    company: CompanyConfig,
    samples: Mapping[str, pl.DataFrame],
    *,
    stages_of: StagesOf,
    published: Path,
    as_of: datetime,
) -> Forecast:
    """Run the sample through landing, staging and the suites.

    Args:
        source: the source.
        company: its company.
        samples: rows per table; tables without are left out.
        stages_of: makes the stages of a company (they belong to other rooms).
        published: the published file, which may not be there yet.
        as_of: the time of the pretended run.
    """
    with tempfile.TemporaryDirectory(prefix="mdm-check-") as folder:
        place = Path(folder)
        alone = _alone(source, company, samples, place)
        stages = stages_of(alone, Home(place / "home"))
        con = open_in_memory()
        try:
            _run(con, stages[f"landing.{source.name}"], as_of)
            _run(con, stages["staging"], as_of)
            held_back = _run(con, stages["quality"], as_of).held_back
            return Forecast(
                parties=_count(con, "select count(*) from staging.party"),
                quarantined=_count(con, "select count(*) from quality.quarantined"),
                issues=tuple(ForecastIssue(*row) for row in run_sql(con, _HERE / "forecast_issues.sql").fetchall()),
                validity=tuple(Validity(*row) for row in run_sql(con, _HERE / "forecast_values.sql").fetchall()),
                unmapped=_unmapped(con),
                held_back=tuple(held_back),
                overlap=tuple(overlap(con, published, besides=source.name)) if published.is_file() else None,
            )
        finally:
            con.close()


def _alone(
    source: SourceConfig, company: CompanyConfig, samples: Mapping[str, pl.DataFrame], place: Path
) -> CompanyConfig:
    """The company with this source only, its tables being files of the sampled rows."""
    tables = {}
    for name, rows in samples.items():
        # Parquet keeps apart what is empty and what is not there
        rows.write_parquet(place / f"{name}.parquet")
        tables[name] = source.tables[name].model_copy(
            update={
                "files": [f"{name}.parquet"],
                "format": FileFormat(format="parquet"),
                "table": None,
                "query": None,
                "rest": None,
                "cursor": None,
                "delivers": "everything",
                "deletes": "by_absence",
                "formerly": [],
            }
        )
    files = FilesConnection(kind="files", folder=str(place), stable_for=0)
    alone = source.model_copy(
        update={"connection": files, "tables": tables, "enabled": True, "retired": False, "formerly": []}
    )
    suites = {
        name: suite
        for name, suite in company.quality.suites.items()
        if suite.source in (None, source.name) and _concerns(suite.table, source.name, tables)
    }
    return company.model_copy(
        update={
            "sources": [alone],
            "quality": QualityConfig(suites=suites),
            "data_dir": str(place),
            "folder": place,
            "decision_store": None,
        }
    )


def _concerns(table: str, source: str, tables: Mapping[str, object]) -> bool:
    """Whether a suite's table is there: the canonical ones are, landed ones only of this source."""
    landed = {source_table(source, name, ()).full_name for name in tables}
    return not (table.startswith("landing.") and "__" in table) or table in landed


def _run(con: DuckDBPyConnection, stage: Stage, as_of: datetime) -> Report:
    """One stage as a run does it, every key."""
    con.execute("begin")
    work = plan_work(con, stage=stage.name, upstreams=stage.upstreams, fingerprint=stage.fingerprint, run_id=_RUN)
    report = stage.function(con, stage.section, work, as_of)
    commit_work(con, work)
    log_commit(con, work, report, run_id=_RUN, as_of=as_of, duration_s=0.0)
    con.execute("commit")
    return report


def _count(con: DuckDBPyConnection, select: str) -> int:
    row = con.execute(select).fetchone()
    return int(row[0]) if row else 0


def _unmapped(con: DuckDBPyConnection) -> tuple[tuple[str, str, str, int], ...]:
    rows = con.execute(
        "select source_table, list, source_code, rows from staging.unmapped_code "
        "order by rows desc, source_table, list, source_code"
    ).fetchall()
    return tuple((table, name, code, int(number)) for table, name, code, number in rows)
