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
from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, log_changes
from mdm_pipeline.landing.columns import mapped_columns, require_columns
from mdm_pipeline.landing.ledger import Taken, last_content_hash, next_batch_id, record_taken
from mdm_pipeline.landing.loading import load_delivery
from mdm_pipeline.landing.tables import evolve, highest, is_landed, read_stored, write_rows
from mdm_pipeline.sources.read import Delivery, ReadProblem, peek, read_table

STAGE_VERSION = 1
_HERE = Path(__file__).parent
_CHANGED_KEYS = (
    "select record_id from landing_taken where action <> 'same' union all select record_id from landing_absent"
)


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
        work: `is_full` reads files again even where their content hash says that nothing changed.
        as_of: the run's time, UTC.

    Raises:
        SourceHeldBack: a table's delivery cannot be taken; nothing of the source may be committed.
        TransientError: the source does not answer now.
    """
    source = section.source
    taken = [_land_table(con, section, name, work, as_of) for name in source.tables]
    read, unchanged, rejected = (sum(getattr(t, n) for t in taken) for n in ("read", "unchanged", "rejected"))
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
        },
    )


def _land_table(
    con: DuckDBPyConnection, section: LandingSection, table_name: str, work: Work, as_of: datetime
) -> Taken:
    source, table = section.source, section.source.tables[table_name]
    last_hash = last_content_hash(con, source.name, table_name)
    raw_hash = peek(source, table_name, section.data_path, section.inbox)
    is_known = is_landed(con, source.name, table_name)
    if raw_hash and is_known and not work.is_full and _taken_hash(raw_hash, table) == last_hash:
        return Taken(table_name, is_read=False)

    delivery = read_table(source, table_name, section.data_path, section.inbox)
    require_columns(source, table_name, delivery.columns)
    loaded = load_delivery(con, delivery, table.key)
    run_sql(con, _HERE / "deliver_rank.sql")
    landed = evolve(con, source.name, table_name, delivery.columns)
    read_stored(con, landed)
    taken = _compare(con, source, table_name, delivery, loaded, as_of)
    _report_found(con, source, table_name, delivery.problems, work, as_of)

    # the hash of what was read, not of what was peeked at: a file may have come in between
    new_hash = _taken_hash(delivery.content_hash, table) if delivery.content_hash else None
    if taken.changed or new_hash != last_hash or not is_known:
        batch_id = next_batch_id(con)
        _write(con, source, table_name, batch_id, work, as_of, landed)
        record_taken(
            con,
            source.name,
            taken,
            batch_id=batch_id,
            run_id=work.run_id,
            as_of=as_of,
            watermark=highest(con, table.updated_at) if table.updated_at else None,
            content_hash=new_hash,
        )
    return taken


def _compare(
    con: DuckDBPyConnection,
    source: SourceConfig,
    table_name: str,
    delivery: Delivery,
    loaded: int,
    as_of: datetime,
) -> Taken:
    """Fill `landing_taken` and `landing_absent`, and refuse a delivery that cannot be whole."""
    table = source.tables[table_name]
    row = run_sql(
        con,
        _HERE / "compare.sql",
        {
            "source": source.name,
            "source_table": table_name,
            "as_of": as_of.replace(tzinfo=None),
            "deletes_by_absence": table.deletes == "by_absence" and not _has_lost_rows(con, delivery),
        },
    ).fetchone()
    inserted, updated, absent, live = row or (0, 0, 0, 0)
    taken_keys = _count(con, "select count(*) from landing_winner")
    _refuse_if_shrunk(source, table_name, loaded, taken_keys, absent, live)
    rejected = _count(con, "select count(*) from landing_delivered_key where source_key is null")
    rejected += _count(con, "select count(*) from landing_contradicted")
    lost = sum(problem.is_row_lost for problem in delivery.problems)
    return Taken(
        table=table_name,
        read=loaded + lost,
        inserted=inserted,
        updated=updated,
        deleted=absent,
        unchanged=loaded - rejected - inserted - updated,
        rejected=rejected + lost,
        files=delivery.files,
    )


def _has_lost_rows(con: DuckDBPyConnection, delivery: Delivery) -> bool:
    """A row that could not be read may be any of those that seem absent: then absence proves nothing."""
    if any(problem.is_row_lost for problem in delivery.problems):
        return True
    return _count(con, "select count(*) from landing_delivered_key where source_key is null") > 0


def _refuse_if_shrunk(
    source: SourceConfig, table_name: str, loaded: int, taken_keys: int, absent: int, live: int
) -> None:
    table = source.tables[table_name]
    if table.deletes == "never" or live == 0:
        return
    if taken_keys == 0:
        what = f"{loaded} rows, but no row that can be taken (all keys are blank)" if loaded else "empty"
        raise SourceHeldBack(
            source.name,
            f"{table_name}: the delivery is {what}, {live} rows are landed; expected a full delivery; "
            "deliver it again, or set `deletes: never` if only changes are delivered",
        )
    if absent > table.shrink_limit * live:
        raise SourceHeldBack(
            source.name,
            f"{table_name}: {absent} of {live} landed rows are not in the delivery of {loaded} rows; "
            f"expected at most {table.shrink_limit:.0%} to vanish; deliver all of it, "
            "or raise `shrink_limit` for one run if it is right",
        )


def _report_found(
    con: DuckDBPyConnection,
    source: SourceConfig,
    table_name: str,
    problems: Sequence[ReadProblem],
    work: Work,
    as_of: datetime,
) -> None:
    """All that is wrong with this delivery into quality.issue; what only an earlier one had is closed."""
    full_name = f"{source.name}.{table_name}"
    create_found(con)
    run_sql(
        con,
        _HERE / "issues_found.sql",
        {
            "source": source.name,
            "table_name": full_name,
            "key_columns": ", ".join(source.tables[table_name].key),
        },
    )
    if problems:
        con.executemany(
            "insert into found_issue values (?, ?, null, ?, ?, 'row_is_readable', ?, ?, ?)",
            [
                (
                    source.name,
                    full_name,
                    problem.location,
                    problem.column,
                    "reject" if problem.is_row_lost else "warn",
                    problem.value,
                    f"{full_name}, {problem.location}: {problem.reason}",
                )
                for problem in problems
            ],
        )
    # per table, so that the issues of a table that was not read tonight stay open
    report_issues(con, stage=f"{work.stage}.{table_name}", as_of=as_of, scope=None)


def _write(
    con: DuckDBPyConnection,
    source: SourceConfig,
    table_name: str,
    batch_id: int,
    work: Work,
    as_of: datetime,
    landed: Table,
) -> None:
    run_sql(
        con,
        _HERE / "register.sql",
        {"source": source.name, "source_table": table_name, "as_of": as_of.replace(tzinfo=None)},
    )
    write_rows(con, landed, batch_id=batch_id, as_of=as_of)
    log_changes(con, "landing", f"{source.name}.{table_name}", _CHANGED_KEYS, work.seq)


def _taken_hash(content_hash: str, table: TableConfig) -> str:
    """Content and all of the configuration that decides what landing makes of it."""
    return fingerprint_of(
        [content_hash, table.key, table.deletes, table.updated_at, sorted(mapped_columns(table))],
        STAGE_VERSION,
    )


def _count(con: DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _figures(taken: Taken) -> dict[str, Any]:
    """One row of the table that people see on the run's page."""
    figures = asdict(taken)
    figures["files"] = ", ".join(file.name for file in taken.files)
    return figures
