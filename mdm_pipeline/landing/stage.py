"""One stage per source: take what it delivers now, compare it with what is landed, write the difference.

In: a source's configuration. Out: its landed tables, the register, earlier versions, the ledger,
`landing.change`. Invariant: read = inserted + updated + unchanged + rejected in every table; a source with
one bad table is held back as a whole, so that its tables always belong together. Does not belong here: how
a source is read, what values mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts
from mdm_pipeline.landing.ledger import Taken, next_batch_id, record_taken
from mdm_pipeline.landing.moving import drop_source, take_earlier_names
from mdm_pipeline.landing.take import TableVisit, take_table
from mdm_pipeline.sources.delivery import Place
from mdm_pipeline.sources.read import open_source

STAGE_VERSION = 2


@dataclass(frozen=True)
class LandingSection:
    """What landing has to know about one source."""

    source: SourceConfig
    data_path: Path
    inbox: Path | None = None


def make_stages(config: CompanyConfig, inbox: Path | None = None) -> list[Stage]:
    """One stage per source, `landing.<source>`; files dropped into `inbox/<source>/` are taken before others."""
    return [
        Stage(
            name=f"landing.{source.name}",
            function=land,
            section=LandingSection(source, config.data_path, inbox),
            fingerprint=fingerprint_of(source.model_dump(mode="json"), STAGE_VERSION),
        )
        for source in config.sources
    ]


def land(con: DuckDBPyConnection, section: LandingSection, work: Work, as_of: datetime) -> Report:
    """Take one delivery of every table of a source.

    Args:
        con: the hub, inside the stage's transaction.
        section: the source and the folder its relative paths are below.
        work: `is_full` reads everything, even where hash, watermark or list of files say that nothing changed.
        as_of: the run's time, UTC.

    Raises:
        SourceHeldBack: a table's delivery cannot be taken; nothing of the source may be committed.
        TransientError: the source does not answer now.
    """
    source = section.source
    renamed = take_earlier_names(con, source, seq=work.seq, as_of=as_of)
    if source.retired:
        return _retire(con, source, work, as_of, renamed)
    if not source.enabled:
        return Report(metadata={"switched_off": "the source is not read; what it said last stays in force"})
    with open_source(source, Place(section.data_path, section.inbox, as_of)) as reader:
        taken = [
            take_table(TableVisit(con, reader, source, name, work, as_of, STAGE_VERSION)) for name in source.tables
        ]
    return _report(source, taken, renamed)


def _retire(
    con: DuckDBPyConnection, source: SourceConfig, work: Work, as_of: datetime, renamed: Sequence[str]
) -> Report:
    """A source that is gone for good: its rows are deleted, once."""
    dropped = drop_source(con, source.name, seq=work.seq, as_of=as_of)
    taken = [Taken(table, is_read=False, deleted=rows, live=0) for table, rows in dropped.items()]
    for each in taken:
        record_taken(
            con,
            source.name,
            each,
            batch_id=next_batch_id(con),
            run_id=work.run_id,
            as_of=as_of,
            content_hash=None,
            reason="the source is retired",
        )
    return _report(source, taken, renamed)


def _report(source: SourceConfig, taken: Sequence[Taken], renamed: Sequence[str]) -> Report:
    read, unchanged, rejected = (sum(getattr(t, n) for t in taken) for n in ("read", "unchanged", "rejected"))
    said = {"renamed": list(renamed)} if renamed else {}
    return Report(
        read=read,
        written=sum(t.inserted + t.updated for t in taken),
        unchanged=unchanged,
        rejected=rejected,
        tables={f"{source.name}.{t.table}": Counts(t.inserted, t.updated, t.deleted, t.unchanged) for t in taken},
        metadata={
            "rows_deleted": sum(t.deleted for t in taken),
            "tables_not_read": sum(not t.is_read for t in taken),
            "tables": [_figures(t) for t in taken],
            **said,
        },
    )


def _figures(taken: Taken) -> dict[str, Any]:
    """One row of the table that people see on the run's page."""
    figures = asdict(taken)
    figures["files"] = ", ".join(file.name for file in taken.files)
    figures["notes"] = "; ".join(taken.notes)
    return figures
