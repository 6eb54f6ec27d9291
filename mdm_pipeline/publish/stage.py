"""The publish stage: the file that analysts open, built beside and swapped in.

In: the hub's committed state. Out: the published file; nothing in the hub. Invariant: the generation in the file is the
hub's number of the commit that records it, so a run killed between the two publishes the same again. Does not belong
here: what is in the file (`content`) and how it is swapped (`swap`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.publish.content import Edition, fill
from mdm_pipeline.publish.swap import STORAGE_VERSION, swap_in

STAGE_VERSION = 3


@dataclass(frozen=True)
class PublishSection:
    """Section of the publish stage.

    Args:
        target: the file to replace.
        company: name for people.
        group_currency: ISO 4217 code of group figures.
    """

    target: Path
    company: str
    group_currency: str


def make_stage(config: CompanyConfig, home: Home) -> Stage:
    """The publish stage of a company.

    Args:
        config: the company.
        home: where its files lie; no part of the fingerprint, so a home may move.
    """
    section = PublishSection(home.published_file, config.title or config.name, config.group_currency)
    return Stage(
        name="publish",
        function=publish,
        section=section,
        fingerprint=fingerprint_of([section.company, section.group_currency], STAGE_VERSION),
        upstreams=("landing", "staging", "quality", "issue", "steward", "matching", "master", "mart"),
        is_lost=lambda: not home.published_file.exists(),
    )


def publish(con: DuckDBPyConnection, section: PublishSection, work: Work, as_of: datetime) -> Report:
    """Build the published file anew and swap it in.

    Args:
        con: the hub; what is published is its committed state, not what this transaction has written.
        section: where to and for whom.
        work: supplies generation and run.
        as_of: the run's time (UTC).

    Returns:
        Counts in rows of the file.
    """
    edition = Edition(work.seq, as_of, work.run_id, section.company, section.group_currency)
    rows: dict[str, int] = {}
    section.target.parent.mkdir(parents=True, exist_ok=True)
    swap_in(con, section.target, lambda cursor: rows.update(fill(cursor, edition)))
    total = sum(rows.values())
    return Report(
        read=total,
        written=total,
        metadata={
            "generation": edition.generation,
            "bytes": section.target.stat().st_size,
            "storage_version": STORAGE_VERSION,
            "rows": [{"table": name, "rows": count} for name, count in rows.items()],
        },
    )
