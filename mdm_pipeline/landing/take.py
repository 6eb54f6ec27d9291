"""Takes one delivery of one source table: reads it, judges it, compares it with what is landed, writes the difference.

In: an open `SourceReader`, a table's configuration. Out: its landed rows, register, versions, ledger, progress, issues.
Invariant: read = inserted + updated + unchanged + rejected, and live rows after = live rows before + inserted -
deleted; a delivery that is refused leaves nothing behind. Does not belong here: the order of tables, other sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.connections import FilesConnection
from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.hub.issues import create_found, find_again, report_issues
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.worklist import Work, fingerprint_of
from mdm_pipeline.hub.writing import log_changes
from mdm_pipeline.landing.columns import mapped_columns, missing_columns, require_columns
from mdm_pipeline.landing.deleted_keys import find_flagged, load_keys
from mdm_pipeline.landing.form import (
    FORM_RULES,
    Finding,
    create_discarded,
    ignored_columns,
    judge_new_columns,
    judge_types,
    keep_profiles,
    new_columns,
)
from mdm_pipeline.landing.guards import Effect, has_go_ahead, refuse_if_shrunk, use_go_ahead
from mdm_pipeline.landing.ledger import Taken, last_content_hash, next_batch_id, record_taken
from mdm_pipeline.landing.loading import hash_rows, load_delivery
from mdm_pipeline.landing.moving import take_earlier_keys
from mdm_pipeline.landing.progress import (
    Mode,
    Progress,
    Reach,
    hash_anew,
    mode_of,
    moved,
    reach,
    read_progress,
    write_progress,
)
from mdm_pipeline.landing.provenance import (
    compare_files,
    files_taken,
    files_to_read_again,
    no_files,
    rank_rows,
    record_files,
    stamps_taken,
)
from mdm_pipeline.landing.tables import evolve, is_landed, read_stored, write_rows
from mdm_pipeline.sources.delivery import Delivery, ReadProblem, Since, SourceReader

_HERE = Path(__file__).parent
_CHANGED_KEYS = "select record_id from landing_taken where is_written union all select record_id from landing_absent"


@dataclass(frozen=True)
class TableVisit:
    """One source table in one run.

    Args:
        con: the hub, inside the stage's transaction.
        reader: the source, open.
        source: its configuration.
        table_name: the table.
        work: the stage's work.
        as_of: the run's time.
        version: the room's STAGE_VERSION.
    """

    con: DuckDBPyConnection
    reader: SourceReader
    source: SourceConfig
    table_name: str
    work: Work
    as_of: datetime
    version: int

    @property
    def table(self) -> TableConfig:
        """The table's configuration."""
        return self.source.tables[self.table_name]

    @property
    def names(self) -> tuple[str, str]:
        """Source and table."""
        return self.source.name, self.table_name

    def taken_hash(self, content_hash: str) -> str:
        """Content and all of the configuration that decides what landing makes of it."""
        table = self.table
        flag = table.deleted_flag.model_dump(mode="json") if table.deleted_flag else None
        contract = self.source.contract_of(self.table_name).model_dump(mode="json")
        return fingerprint_of(
            [content_hash, table.key, table.deletes, table.delivers, flag, contract, sorted(mapped_columns(table))],
            self.version,
        )


@dataclass(frozen=True)
class Loaded:
    """A delivery in the temporary tables, judged."""

    delivery: Delivery
    rows: int
    ignored: tuple[str, ...]
    findings: tuple[Finding, ...]


def take_table(visit: TableVisit) -> Taken:
    """Take one delivery of one table.

    Raises:
        SourceHeldBack: it cannot be taken.
        TransientError: the source does not answer now.
    """
    con, source, table_name = visit.con, visit.source, visit.table_name
    progress = read_progress(con, *visit.names)
    last_hash = last_content_hash(con, *visit.names)
    is_known = is_landed(con, *visit.names)
    mode = mode_of(source, table_name, progress, is_full=visit.work.is_full or not is_known, as_of=visit.as_of)
    raw_hash = visit.reader.peek(table_name, _files_landed(visit))
    if raw_hash and is_known and not visit.work.is_full and visit.taken_hash(raw_hash) == last_hash:
        return Taken(table_name, is_read=False, watermark=progress.watermark)

    progress = hash_anew(con, *visit.names, progress)
    loaded = _load(visit, mode, progress)
    delivery = loaded.delivery
    renumbered = take_earlier_keys(con, source, table_name, visit.as_of)
    taken = _compare(visit, loaded)
    found = _reach(visit, delivery, mode, progress)
    taken = replace(taken, mode=mode, watermark=found.watermark, notes=tuple(delivery.notes))
    # the hash of what was read, not of what was peeked at: a file may have come in between
    new_hash = visit.taken_hash(delivery.content_hash) if delivery.content_hash else None
    _report_found(visit, loaded, found.ahead, is_seen_before=new_hash is not None and new_hash == last_hash)

    if taken.changed or renumbered or new_hash != last_hash or not is_known:
        _write(visit, loaded, taken, new_hash)
    is_new_delivery = not isinstance(source.connection, FilesConnection) or new_hash != last_hash
    after = moved(progress, source, table_name, mode, found.watermark, visit.as_of)
    write_progress(con, *visit.names, after if is_new_delivery else replace(after, taken_at=progress.taken_at))
    return taken


def _reach(visit: TableVisit, delivery: Delivery, mode: Mode, progress: Progress) -> Reach:
    """How far the delivery goes: as its reader says, or by its rows."""
    if delivery.watermark is not None:
        return Reach(delivery.watermark)
    # a full read is the truth: after the source was restored from a backup its cursor may well be lower than before
    old = progress.watermark if mode == "changes" else None
    return reach(visit.con, visit.source, visit.table_name, old, visit.as_of)


def _load(visit: TableVisit, mode: Mode, progress: Progress) -> Loaded:
    """Read the delivery; once more, if a corrected file brings the content of other files back into force."""
    since = Since(is_full=visit.work.is_full)
    landed = _files_landed(visit)
    if mode == "changes":
        since = replace(landed, watermark=progress.watermark)
    loaded = _load_once(visit, since)
    again = files_to_read_again(visit.con, *visit.names) if mode == "changes" and since.files else frozenset()
    if again:
        left = {name: sha for name, sha in since.files.items() if name not in again}
        loaded = _load_once(visit, Since(files=left, stamps=since.stamps))
    return loaded


def _files_landed(visit: TableVisit) -> Since:
    """The files taken before, for tables that are delivered as changes; a run of everything looks at all files anew."""
    if visit.table.delivers != "changes":
        return Since(is_full=visit.work.is_full)
    return Since(
        files=files_taken(visit.con, *visit.names),
        is_full=visit.work.is_full,
        stamps=stamps_taken(visit.con, *visit.names),
    )


def _load_once(visit: TableVisit, since: Since) -> Loaded:
    con, source, table_name, table = visit.con, visit.source, visit.table_name, visit.table
    delivery = _with_columns(visit.reader.read(table_name, since), table)
    require_columns(source, table_name, delivery.columns)
    new = new_columns(con, source, table_name, delivery.columns)
    ignored = ignored_columns(source, table_name, new)
    rows = load_delivery(con, delivery, table.key, ignored)
    load_keys(con, delivery, table.key)
    create_discarded(con)
    findings = judge_new_columns(con, source, table_name, new, ignored)
    of_types, is_emptied = judge_types(
        con, source, table_name, delivery.columns, has_go_ahead=has_go_ahead(con, *visit.names)
    )
    if is_emptied:
        hash_rows(con, delivery.columns, table.key, ignored)
    find_flagged(con, table.deleted_flag)
    rank_rows(con, *visit.names, delivery.files if table.delivers == "changes" else ())
    return Loaded(delivery, rows, ignored, (*findings, *of_types))


def _with_columns(delivery: Delivery, table: TableConfig) -> Delivery:
    """A list of changes without a row need not say which columns its rows would have."""
    missing = missing_columns(table, delivery.columns)
    if delivery.is_complete or not missing:
        return delivery
    batches = (batch for batch in delivery.batches if batch.num_rows)
    first = next(batches, None)
    if first is None:
        return replace(delivery, columns=(*delivery.columns, *missing), batches=iter(()), scan=None)
    return replace(delivery, batches=chain([first], batches))


def _compare(visit: TableVisit, loaded: Loaded) -> Taken:
    """Fill `landing_taken` and `landing_absent`, and refuse a delivery that cannot be whole."""
    con, table, delivery = visit.con, visit.table, loaded.delivery
    run_sql(con, _HERE / "deliver_rank.sql")
    has_lost_rows = _has_lost_rows(con, delivery)
    if table.delivers == "changes":
        compare_files(con, *visit.names, has_lost_rows=has_lost_rows)
    else:
        no_files(con)
    is_whole = delivery.is_complete and table.delivers == "everything"
    names = {"source": visit.source.name, "source_table": visit.table_name}
    needs_all = is_whole or delivery.present_keys is not None
    run_sql(con, _HERE / ("registered_all.sql" if needs_all else "registered_named.sql"), names)
    live = read_stored(con, evolve(con, *visit.names, _landed_columns(loaded)), is_whole=needs_all)
    row = run_sql(
        con,
        _HERE / "compare.sql",
        {
            "as_of": visit.as_of.astimezone(UTC).replace(tzinfo=None),
            "deletes_by_absence": is_whole and table.deletes != "never" and not has_lost_rows,
            "has_present_keys": delivery.present_keys is not None and table.deletes != "never",
        },
    ).fetchone()
    inserted, updated, absent = row or (0, 0, 0)
    keys = _count(con, "select count(*) from landing_winner")
    if not has_go_ahead(con, *visit.names):
        effect = Effect(loaded.rows, keys, absent, live, is_whole and table.deletes != "never")
        refuse_if_shrunk(visit.source, visit.table_name, effect)
    rejected = _count(con, "select count(*) from landing_delivered_key where source_key is null")
    rejected += _count(con, "select count(*) from landing_contradicted")
    rejected += _count(
        con,
        "select count(*) from landing_discarded as d join landing_delivered_key as k on d._row = k._row "
        "where k.source_key is not null",
    )
    lost = sum(problem.is_row_lost for problem in delivery.problems)
    return Taken(
        table=visit.table_name,
        read=loaded.rows + lost,
        inserted=inserted,
        updated=updated,
        deleted=absent,
        unchanged=loaded.rows - rejected - inserted - updated,
        rejected=rejected + lost,
        files=delivery.files,
        live=live + inserted - absent,
    )


def _landed_columns(loaded: Loaded) -> tuple[str, ...]:
    return tuple(name for name in loaded.delivery.columns if name not in loaded.ignored)


def _has_lost_rows(con: DuckDBPyConnection, delivery: Delivery) -> bool:
    """A row that could not be read may be any of those that seem absent: then absence proves nothing."""
    if any(problem.is_row_lost for problem in delivery.problems):
        return True
    return _count(con, "select count(*) from landing_delivered_key where source_key is null") > 0


def _write(visit: TableVisit, loaded: Loaded, taken: Taken, content_hash: str | None) -> None:
    con, as_of = visit.con, visit.as_of
    batch_id = next_batch_id(con)
    run_sql(
        con,
        _HERE / "register.sql",
        {
            "source": visit.source.name,
            "source_table": visit.table_name,
            "as_of": as_of.astimezone(UTC).replace(tzinfo=None),
        },
    )
    write_rows(con, evolve(con, *visit.names, _landed_columns(loaded)), batch_id=batch_id, as_of=as_of)
    log_changes(con, "landing", ".".join(visit.names), _CHANGED_KEYS, visit.work.seq)
    keep_profiles(con, visit.source, visit.table_name, loaded.delivery.columns, loaded.findings)
    if visit.table.delivers == "changes":
        record_files(
            con,
            *visit.names,
            batch_id=batch_id,
            as_of=as_of,
            has_lost_rows=_has_lost_rows(con, loaded.delivery),
        )
    use_go_ahead(con, *visit.names, batch_id)
    record_taken(
        con,
        visit.source.name,
        taken,
        batch_id=batch_id,
        run_id=visit.work.run_id,
        as_of=as_of,
        content_hash=content_hash,
    )


def _report_found(visit: TableVisit, loaded: Loaded, ahead: str | None, *, is_seen_before: bool) -> None:
    """All that is wrong with this delivery into quality.issue; what only an earlier one had is closed.

    A delivery that is looked at once more is no longer new in its form, but nobody has delivered otherwise since: what
    was found of its form when it came stays open.
    """
    con, source = visit.con, visit.source
    full_name = ".".join(visit.names)
    stage = f"{visit.work.stage}.{visit.table_name}"
    create_found(con)
    if is_seen_before:
        find_again(con, stage=stage, rules=FORM_RULES)
    run_sql(
        con,
        _HERE / "issues_found.sql",
        {"source": source.name, "table_name": full_name, "key_columns": ", ".join(visit.table.key)},
    )
    found = [_of_problem(full_name, problem) for problem in loaded.delivery.problems]
    found += [(None, f.column, f.rule, "warn", f.value, f"{full_name}, {f.message}") for f in loaded.findings]
    if ahead is not None and visit.table.cursor is not None:
        found.append(
            (
                None,
                visit.table.cursor.column,
                "cursor_is_past",
                "warn",
                ahead,
                f"{full_name}, column {visit.table.cursor.column}: {ahead} is in the future; expected the time of the "
                "last change; the row is taken but does not move the watermark; correct the source's clock",
            )
        )
    _insert_found(con, source.name, full_name, found)
    # per table, so that the issues of a table that was not read tonight stay open
    report_issues(con, stage=stage, as_of=visit.as_of, scope=None)


Found = tuple[str | None, str | None, str, str, str | None, str]


def _of_problem(full_name: str, problem: ReadProblem) -> Found:
    return (
        problem.location,
        problem.column,
        "row_is_readable",
        "reject" if problem.is_row_lost else "warn",
        problem.value,
        f"{full_name}, {problem.location}: {problem.reason}",
    )


def _insert_found(con: DuckDBPyConnection, source: str, full_name: str, found: Sequence[Found]) -> None:
    if found:
        con.executemany(
            "insert into found_issue values (?, ?, null, ?, ?, ?, ?, ?, ?)",
            [(source, full_name, *row) for row in found],
        )


def _count(con: DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
