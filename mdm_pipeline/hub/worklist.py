"""Work lists: what a stage has to do tonight, from sequence numbers and a fingerprint.

In: `<schema>.change` of the upstreams (of `issue`: `quality.issue_change`) and `hub.stage_state`. Out: `Work` and one
temporary table `work_<upstream>` each.
Invariant: the offset is written in the stage's own transaction, so a stage killed anywhere does its work again, once.
A different fingerprint (configuration, stage version, model) means every key; the same one only keys changed since.
Does not belong here: what a stage does with its keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.contract import CHANGE_KEY_TYPES
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.writing import Counts

# Every key that an upstream can name, for a stage that has to do all of them.
ALL_KEYS: Mapping[str, str] = {
    "landing": "select source || '.' || source_table, record_id from landing.record",
    "staging": (
        "select 'party', record_id from staging.party "
        "union all select 'sales_order', record_id from staging.sales_order "
        "union all select 'invoice', record_id from staging.invoice "
        "union all select 'payment', record_id from staging.payment "
        "union all select 'opportunity', record_id from staging.opportunity "
        "union all select 'activity', record_id from staging.activity "
        "union all select 'service_case', record_id from staging.service_case "
        "union all select 'party_link', record_id from staging.party_link "
        "union all select 'party_redirect', record_id from staging.party_redirect"
    ),
    "quality": "select 'quarantined', record_id from quality.quarantined",
    "issue": "select 'issue', issue_key from quality.issue",
    "steward": "select 'decision', decision_id from steward.decision",
    "matching": "select 'cluster', record_id from matching.cluster",
    "master": "select distinct 'customer', master_id from master.xref",
    "mart": "select 'customer_360', master_id from mart.customer_360",
}

# Upstreams that are no schema: table of their log, type of its keys.
_OTHER_LOGS: Mapping[str, tuple[str, str]] = {"issue": ("quality.issue_change", "VARCHAR")}


@dataclass(frozen=True)
class Work:
    """What one stage run has to do.

    Temporary tables `work_<upstream>(entity, key)` hold the keys; with `is_full` they hold every key of the upstream,
    so that one statement serves full and delta. `seq` is the number under which the stage logs its own changes.
    """

    stage: str
    seq: int
    is_full: bool
    upstreams: tuple[str, ...]
    keys: int
    offsets: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    run_id: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing changed upstream since the stage last committed, nor did its rules."""
        return not self.is_full and self.keys == 0


@dataclass(frozen=True)
class Report:
    """What a stage did, in rows (or keys) that must add up: read == written + unchanged + rejected.

    Args:
        read: rows or keys looked at.
        written: rows or keys whose result changed.
        unchanged: found as they were.
        rejected: refused; each has a row in quality.issue.
        tables: rows changed per table, for people.
        metadata: further figures for the run's page (name -> number, text, or a list of rows as dicts).
        held_back: reason, when the stage's source or suite was held back.

    Raises:
        ReportDoesNotAddUp: the counts contradict each other; the transaction must not commit.
    """

    read: int = 0
    written: int = 0
    unchanged: int = 0
    rejected: int = 0
    tables: Mapping[str, Counts] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    held_back: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.read != self.written + self.unchanged + self.rejected:
            raise ReportDoesNotAddUp(self)


class ReportDoesNotAddUp(PermanentError):
    """A stage lost or invented rows."""

    def __init__(self, report: Report) -> None:
        total = report.written + report.unchanged + report.rejected
        super().__init__(
            f"stage report: read {report.read} but written {report.written} + unchanged {report.unchanged} + "
            f"rejected {report.rejected} = {total}; the transaction is rolled back, please report this as a defect"
        )


def fingerprint_of(section: Any, version: int | str, *extra: str) -> str:
    """Hash of all that decides a stage's result besides its input rows.

    Args:
        section: the stage's own configuration section as JSON-able data.
        version: the room's STAGE_VERSION.
        extra: further parts: model id, fingerprint of the standardizers, ...
    """
    text = json.dumps([section, version, *extra], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def next_seq(con: DuckDBPyConnection) -> int:
    """The number of the next stage commit."""
    row = con.execute("select coalesce(max(seq), 0) + 1 from hub.stage_commit").fetchone()
    return int(row[0]) if row else 1


def plan_work(
    con: DuckDBPyConnection,
    *,
    stage: str,
    upstreams: Sequence[str],
    fingerprint: str,
    run_id: str = "",
    force_full: bool = False,
) -> Work:
    """Find what a stage has to do and put the keys into `work_<upstream>`.

    Args:
        con: the hub, inside the stage's transaction.
        stage: name of the stage.
        upstreams: schemas whose changes it consumes, or `issue`.
        fingerprint: of its present rules.
        run_id: the run, for ledgers.
        force_full: do every key even if nothing changed.
    """
    stored = {
        upstream: (seq, print_)
        for upstream, seq, print_ in con.execute(
            "select upstream, consumed_seq, fingerprint from hub.stage_state where stage = $stage", {"stage": stage}
        ).fetchall()
    }
    is_full = force_full or any(stored.get(u, (0, ""))[1] != fingerprint for u in upstreams)
    keys = 0
    offsets = {}
    for upstream in upstreams:
        since = 0 if is_full else stored[upstream][0]
        offsets[upstream] = _max_seq(con, upstream)
        keys += _fill(con, upstream, since, is_full)
    return Work(stage, next_seq(con), is_full, tuple(upstreams), keys, offsets, fingerprint, run_id)


def commit_work(con: DuckDBPyConnection, work: Work) -> None:
    """Store how far the stage has come, inside its transaction."""
    con.execute("delete from hub.stage_state where stage = $stage", {"stage": work.stage})
    for upstream, seq in work.offsets.items():
        con.execute(
            "insert into hub.stage_state values ($stage, $upstream, $seq, $fingerprint)",
            {"stage": work.stage, "upstream": upstream, "seq": seq, "fingerprint": work.fingerprint},
        )


def log_commit(
    con: DuckDBPyConnection, work: Work, report: Report, *, run_id: str, as_of: datetime, duration_s: float
) -> None:
    """One row in `hub.stage_commit` for a stage that did anything."""
    con.execute(
        "insert into hub.stage_commit values ($seq, $stage, $run_id, $as_of, $is_full, $read, $written, $unchanged, "
        "$rejected, $duration)",
        {
            "seq": work.seq,
            "stage": work.stage,
            "run_id": run_id,
            "as_of": as_of.replace(tzinfo=None),
            "is_full": work.is_full,
            "read": report.read,
            "written": report.written,
            "unchanged": report.unchanged,
            "rejected": report.rejected,
            "duration": duration_s,
        },
    )


def _log_of(upstream: str) -> tuple[str, str]:
    """Table of an upstream's change log, and the type of its keys."""
    return _OTHER_LOGS.get(upstream) or (f"{quoted(upstream)}.change", CHANGE_KEY_TYPES[upstream])


def _max_seq(con: DuckDBPyConnection, upstream: str) -> int:
    row = con.execute(f"select coalesce(max(seq), 0) from {_log_of(upstream)[0]}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _fill(con: DuckDBPyConnection, upstream: str, since: int, is_full: bool) -> int:
    target = quoted(f"work_{upstream}")
    log, key_type = _log_of(upstream)
    con.execute(f"create or replace temp table {target} (entity varchar, key {key_type})")
    changed = f"select distinct entity, key from {log} where seq > $since"  # noqa: S608
    if is_full:
        every = f"{ALL_KEYS[upstream]} union all {changed}"
        con.execute(f"insert into {target} select distinct * from ({every})", {"since": 0})  # noqa: S608
    else:
        con.execute(f"insert into {target} {changed}", {"since": since})
    row = con.execute(f"select count(*) from {target}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0
