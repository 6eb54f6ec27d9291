"""Runs a stage: transaction, work list, ledger, checkpoint; the same for Dagster and for tests.

In: an open hub and a `Stage`. Out: an `Outcome`. Invariant: a stage's rows, its change log and its offset are committed
together or not at all; a source that is held back leaves its last good state in force. Does not belong here: Dagster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.connection import Hub
from mdm_pipeline.hub.space import disk_full_told
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, commit_work, log_commit, plan_work
from mdm_pipeline.landing.ledger import record_held_back


@dataclass(frozen=True)
class Outcome:
    """How one stage ended.

    Args:
        stage: its name.
        report: its counts; all zero where there was nothing to do.
        is_skipped: nothing had changed upstream, so it did nothing.
        is_full: it did every key.
        held_back: reasons why a source or suite holds the run back.
        seconds: wall time, checkpoint included.
    """

    stage: str
    report: Report
    is_skipped: bool = False
    is_full: bool = False
    held_back: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def word(self) -> str:
        """How it ended, as people read it."""
        if self.held_back:
            return "HELD BACK"
        if self.is_skipped:
            return "nothing to do"
        return "all keys" if self.is_full else "changed keys"


Listener = Callable[[str, "Outcome | None"], None]


@dataclass
class StageRunner:
    """Runs the stages of one run on one open hub.

    Args:
        hub: the open hub.
        stages: the stages by name.
        run_id: the run.
        as_of: the run's time, aware UTC; the only time that stages see.
        is_full: do every key.
        listener: called with (stage, None) before and (stage, outcome) after each stage.
    """

    hub: Hub
    stages: dict[str, Stage]
    run_id: str
    as_of: datetime
    is_full: bool = False
    listener: Listener | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def run(self, name: str) -> Outcome:
        """Run one stage by name.

        Raises:
            PermanentError: somebody has to fix something; nothing of the stage was committed.
            TransientError: another try may succeed; nothing of the stage was committed.
        """
        if self.listener:
            self.listener(name, None)
        try:
            outcome = run_stage(self.hub, self.stages[name], run_id=self.run_id, as_of=self.as_of, is_full=self.is_full)
        except BaseException:
            self.failed.append(name)
            raise
        if name in self.failed:  # a retry succeeded
            self.failed.remove(name)
        self.outcomes.append(outcome)
        if self.listener:
            self.listener(name, outcome)
        return outcome

    def hold_back(self, name: str, held: SourceHeldBack) -> Outcome:
        """Note that a source cannot be taken in this run; its last good state stays in force."""
        _note_held_back(self.hub, held, self.run_id, self.as_of)
        outcome = Outcome(name, Report(), held_back=(str(held),))
        if name in self.failed:
            self.failed.remove(name)
        self.outcomes.append(outcome)
        if self.listener:
            self.listener(name, outcome)
        return outcome

    @property
    def held_back(self) -> list[str]:
        """Every reason that holds this run back."""
        return [reason for outcome in self.outcomes for reason in outcome.held_back]


@disk_full_told()
def run_stage(hub: Hub, stage: Stage, *, run_id: str, as_of: datetime, is_full: bool = False) -> Outcome:
    """Run one stage in one transaction and checkpoint.

    Args:
        hub: the open hub, outside any transaction.
        stage: what to run.
        run_id: the run, for ledgers.
        as_of: the run's time, aware UTC.
        is_full: do every key whatever changed.

    Returns:
        The outcome; a held-back source is an outcome, not an exception.

    Raises:
        DiskFull: the disk is full; what was committed before stands.
    """
    con = hub.con
    started = time.monotonic()
    con.execute("begin")
    try:
        work = plan_work(
            con,
            stage=stage.name,
            upstreams=stage.upstreams,
            fingerprint=_fingerprint(stage, as_of),
            run_id=run_id,
            force_full=is_full or (stage.is_lost is not None and stage.is_lost()),
        )
        if stage.upstreams and work.is_empty:
            con.execute("rollback")
            return Outcome(stage.name, Report(), is_skipped=True, seconds=time.monotonic() - started)
        report = stage.function(con, stage.section, work, as_of)
        if not report.held_back:  # otherwise the next run looks at the same keys again
            commit_work(con, work)
        if _did_something(work, report):
            log_commit(con, work, report, run_id=run_id, as_of=as_of, duration_s=time.monotonic() - started)
        con.execute("commit")
    except SourceHeldBack as held:
        _roll_back(hub)
        _note_held_back(hub, held, run_id, as_of)
        return Outcome(stage.name, Report(), held_back=(str(held),), seconds=time.monotonic() - started)
    except BaseException:
        _roll_back(hub)
        raise
    hub.checkpoint()
    return Outcome(
        stage.name,
        report,
        is_full=work.is_full,
        held_back=tuple(report.held_back),
        seconds=time.monotonic() - started,
    )


def _roll_back(hub: Hub) -> None:
    # a failed commit has ended the transaction already, a fatal error the connection: the first error goes up
    with suppress(duckdb.TransactionException, duckdb.FatalException):
        hub.con.execute("rollback")


def _fingerprint(stage: Stage, as_of: datetime) -> str:
    return f"{stage.fingerprint} {as_of:%Y-%m-%d}" if stage.depends_on_day else stage.fingerprint


def _did_something(work: Work, report: Report) -> bool:
    return bool(work.upstreams) or report.written > 0 or any(c.written for c in report.tables.values())


def _note_held_back(hub: Hub, held: SourceHeldBack, run_id: str, as_of: datetime) -> None:
    hub.con.execute("begin")
    record_held_back(hub.con, held.source, held.reason, run_id, as_of)
    hub.con.execute("commit")
    hub.checkpoint()
