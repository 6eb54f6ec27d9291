"""Runs a stage: transaction, work list, ledger, checkpoint; the same for Dagster and for tests.

In: an open hub and a `Stage`. Out: an `Outcome`. Invariant: a stage's rows, its change log and its offset are committed
together or not at all; a source that is held back leaves its last good state in force. Does not belong here: Dagster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.connection import Hub
from mdm_pipeline.hub.issued_codes import note_issued
from mdm_pipeline.hub.space import disk_full_told
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, commit_work, log_commit, plan_work
from mdm_pipeline.landing.ledger import record_held_back
from mdm_pipeline.operations.self_proof import Proof, prove

_ISSUES_CODES = "master"
_PROVED = ("staging", "matching", "master", "mart")


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
        self_proof_components: how many components the run rebuilds at its end; 0: none.
        proof: what came of it.
    """

    hub: Hub
    stages: dict[str, Stage]
    run_id: str
    as_of: datetime
    is_full: bool = False
    listener: Listener | None = None
    self_proof_components: int = 0
    proof: Proof | None = None
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

    def prove(self) -> Proof:
        """Rebuild some components and compare them with the hub; to be called after the last stage.

        Whatever goes wrong is told in the proof: what the run has committed and published is no worse for it.
        """
        reason = self._nothing_to_prove()
        if reason:
            self.proof = Proof(skipped=reason)
            return self.proof
        try:
            self.proof = prove(
                self.hub.con,
                self.stages,
                components=self.self_proof_components,
                run_id=self.run_id,
                as_of=self.as_of,
            )
        except Exception as error:  # it fails the run's check and alarms; it must not fail the run
            lines = str(error).splitlines() or [""]
            self.proof = Proof(trouble=f"{type(error).__name__}: {lines[0]}")
        return self.proof

    def _nothing_to_prove(self) -> str:
        """Why the hub cannot be expected to equal its sources now; empty when it can."""
        if not self.self_proof_components:
            return "operations.self_proof_components is 0"
        ended = {outcome.stage: outcome for outcome in self.outcomes}
        missing = [name for name in _PROVED if name not in ended]
        if missing:
            return f"stages {', '.join(missing)} took no part in this run"
        held = [name for name in _PROVED if ended[name].held_back]
        if held:
            return f"{', '.join(held)} held back"
        if (
            not self.is_full
            and not any(outcome.report.written for outcome in self.outcomes)
            and self._is_proved_today()
        ):
            return "nothing changed since today's proof"
        return ""

    def _is_proved_today(self) -> bool:
        row = self.hub.con.execute(
            "select count(*) from hub.run where run_id <> $run_id and as_of::date = $as_of::date "
            "and components_rebuilt > 0 and differences = 0",
            {"run_id": self.run_id, "as_of": self.as_of.replace(tzinfo=None)},
        ).fetchone()
        return bool(row and row[0])

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
            fingerprint=_fingerprint(con, stage, as_of),
            run_id=run_id,
            force_full=is_full or (stage.is_lost is not None and stage.is_lost()),
        )
        if stage.upstreams and work.is_empty:
            con.execute("rollback")
            return Outcome(stage.name, Report(), is_skipped=True, seconds=time.monotonic() - started)
        report = stage.function(con, stage.section, work, as_of)
        if not report.held_back:  # otherwise the next run looks at the same keys again
            # a stage may have put another model in force; its work was done with that one
            commit_work(con, replace(work, fingerprint=_fingerprint(con, stage, as_of)))
        if _did_something(con, work, report):
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
    if stage.name == _ISSUES_CODES:
        note_issued(con, hub.path)
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


def _fingerprint(con: duckdb.DuckDBPyConnection, stage: Stage, as_of: datetime) -> str:
    in_force = stage.in_force(con) if stage.in_force else ""
    return " ".join(filter(None, [stage.fingerprint, in_force, f"{as_of:%Y-%m-%d}" if stage.depends_on_day else ""]))


def _did_something(con: duckdb.DuckDBPyConnection, work: Work, report: Report) -> bool:
    if work.upstreams or report.written > 0 or any(c.written for c in report.tables.values()):
        return True
    return bool(con.execute("select 1 from quality.issue_change where seq = $seq", {"seq": work.seq}).fetchone())


def _note_held_back(hub: Hub, held: SourceHeldBack, run_id: str, as_of: datetime) -> None:
    hub.con.execute("begin")
    record_held_back(hub.con, held.source, held.reason, run_id, as_of)
    hub.con.execute("commit")
    hub.checkpoint()
