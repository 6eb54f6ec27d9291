"""Lets the small company live through nights, and tells whether its hub is what a rebuild would give.

In: systems, settings, models and decisions at each night; which stages ran and where they were killed. Out:
differences, none if the work lists are right. `rebuilt` drops all derived tables and makes them anew; `replayed` lives
the same nights once more in another home, every stage doing all keys. Does not belong here: what happens
(`test_any_history`), what a planted fault is (`faults`).
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from duckdb import DuckDBPyConnection
from pydantic import SecretStr

from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.errors import TransientError
from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.hub.contract import TABLES, Kind
from mdm_pipeline.hub.ddl import quoted_name
from mdm_pipeline.hub.diff import TableDiff, diff
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, next_seq
from mdm_pipeline.matching.model import Model, active_model
from mdm_pipeline.matching.stage import PARTY_TYPES, store_models
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.stage_run import run_stage
from mdm_pipeline.stewardship.store import DecisionStore
from mdm_pipeline_tests.end_to_end.forking import Forker
from mdm_pipeline_tests.end_to_end.small_company import Settings, Systems, company, founding

STAGES = (
    "steward",
    "landing.crm",
    "landing.erp",
    "landing.bank",
    "staging",
    "quality",
    "matching",
    "master",
    "mart",
    "publish",
)
FOUNDED = datetime(2026, 6, 1, 2, tzinfo=UTC)
Editing = Callable[[Stage], Stage]
Moment = Literal["statement", "in commit", "after commit", "in checkpoint", "after checkpoint"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)


class Killed(BaseException):
    """The process is no more."""


@dataclass(frozen=True)
class Kill:
    """A stage dies before its so-and-so-manieth statement, at the latest when its work is done; or later.

    At a `moment` other than "statement" it is a process of its own that dies by a real SIGKILL, `delay_us` after
    commit or checkpoint have begun.
    """

    stage: str
    statements: int = 1_000_000
    moment: Moment = "statement"
    delay_us: int = 0


@dataclass(frozen=True)
class Retraining:
    """Another version of a party type's model: other odds than the founding night's."""

    party_type: PartyType
    odds: float

    def of(self, model: Model) -> Model:
        """The other version."""
        return replace(model, origin="trained", prior=min(model.prior * self.odds, 0.5))


@dataclass(frozen=True)
class Night:
    """What a run found, and how far it came."""

    systems: Systems
    settings: Settings
    retrained: tuple[Retraining, ...]
    as_of: datetime
    stages: tuple[str, ...]


class _Mortal:
    """A connection that dies before its n-th statement, or soon after a word has been said."""

    def __init__(self, con: DuckDBPyConnection, kill: Kill) -> None:
        self._con = con
        self._kill = kill
        self._left = kill.statements

    def execute(self, *args: Any, **named: Any) -> DuckDBPyConnection:
        if self._left == 0:
            raise Killed
        self._left -= 1
        when, _, word = self._kill.moment.partition(" ")
        if args[0] == word and when == "in":
            threading.Thread(target=self._die_soon).start()
        done = self._con.execute(*args, **named)
        if args[0] == word:
            _die()  # for "in", when it was quicker than the delay
        return done

    def _die_soon(self) -> None:
        time.sleep(self._kill.delay_us / 1e6)
        _die()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class History:
    """One home and what it has seen since the founding night.

    Args:
        folder: where it lives.
        founded: the folder that `found` filled; copied.
        editing: what a test does to every stage of this home (never to those of a rebuild or replay).
        fault: entered while a night of this home goes on.
        forker: runs what is to be killed for good; without it only kills at a statement are possible.
    """

    def __init__(
        self,
        folder: Path,
        founded: Path,
        *,
        editing: Editing = lambda stage: stage,
        fault: Callable[[], AbstractContextManager[object]] = nullcontext,
        forker: Forker | None = None,
    ) -> None:
        shutil.copytree(founded, folder)
        self.folder = folder
        self.founded = founded
        self.editing = editing
        self.fault = fault
        self.forker = forker
        self.home = Home(folder / "home")
        self.systems = founding()
        self.settings = Settings()
        self.now = FOUNDED
        self.nights: list[Night] = []
        self.retrained: list[Retraining] = []
        self.kills = 0
        self.hub = _opened(self.home)
        self.models = {name: active_model(self.hub.con, name) for name in PARTY_TYPES}

    def close(self) -> None:
        """Let the hub go."""
        self.hub.close()

    def later(self, *, days: int = 0) -> datetime:
        """Time passes: a minute, or days."""
        self.now += timedelta(days=days) if days else timedelta(minutes=1)
        return self.now

    def store(self) -> DecisionStore:
        """The decision store; to be closed."""
        return DecisionStore(self.home.decision_store_url)

    def retrain(self, retraining: Retraining) -> None:
        """Another model version comes into force, as a training job would put it there."""
        _put_in_force(self.hub, self.models, retraining, self.later())
        self.retrained.append(retraining)

    def night(self, *, until: str = "publish", kill: Kill | None = None, is_full: bool = False) -> None:
        """Run all stages in order, up to one, or until one is killed."""
        self.later()
        data = self.folder / "data"
        self.systems.write(data)
        run_id = f"n{len(self.nights)}"
        stages = _stages(data, self.settings, self.home, self.home)
        done = []
        with self.fault():
            for name in STAGES[: STAGES.index(until) + 1]:
                if name not in stages:
                    continue
                stage = self.editing(stages[name])
                if kill is not None and kill.stage == name:
                    self.kills += 1
                    if self._killed(stage, kill, run_id):
                        done.append(name)
                    break
                _run(self.hub, stage, run_id, self.now, is_full=is_full)
                done.append(name)
        self.nights.append(Night(self.systems.copy(), self.settings, tuple(self.retrained), self.now, tuple(done)))
        self.retrained.clear()

    def _killed(self, stage: Stage, kill: Kill, run_id: str) -> bool:
        """Whether it had committed before it died."""
        if kill.moment == "statement":
            self._die_in(stage, kill, run_id)
            return False
        assert self.forker is not None, f"a kill {kill.moment} needs a process of its own"
        self.hub.close()
        given = pickle.dumps((self.folder, self.settings, stage.name, kill, run_id, self.now))
        code = self.forker.call(f"{__name__}:die_for_good", given.hex())
        self.hub = _opened(self.home)
        assert code in (0, -signal.SIGKILL), code  # 0: it found nothing to commit
        committed = self.hub.con.execute(
            "select (select count(*) from hub.stage_commit where run_id = $run_id and stage = $stage) "
            "+ (select count(*) from landing.batch where run_id = $run_id and 'landing.' || source = $stage)",
            {"run_id": run_id, "stage": stage.name},
        ).fetchone()
        return committed != (0,)

    def _die_in(self, stage: Stage, kill: Kill, run_id: str) -> None:
        def mortal(con: DuckDBPyConnection, section: Any, work: Work, as_of: datetime) -> Report:
            stage.function(_Mortal(con, kill), section, work, as_of)  # type: ignore[arg-type]
            raise Killed

        try:
            _run(self.hub, replace(stage, function=mortal), run_id, self.now)
        except Killed:
            self.hub.con.close()  # a process that died knows nothing of what it was doing
            self.hub = _opened(self.home)

    def rebuilt(self) -> list[TableDiff]:
        """How this hub differs from itself with all derived tables dropped and made anew from landing and state."""
        other = Home(self.folder / "rebuilt")
        other.create()
        self.hub.checkpoint()
        self.hub.con.close()
        shutil.copy(self.home.hub_file, other.hub_file)
        last = self.nights[-1]
        with _opened(other) as hub:
            for table in TABLES:
                if table.kind is Kind.DERIVED and table.schema != "steward":
                    hub.con.execute(f"delete from {quoted_name(table)}")
            hub.con.execute("delete from hub.stage_state")
            stages = _stages(self.folder / "data", last.settings, other, self.home)
            for name in last.stages:
                if name != "steward" and not name.startswith("landing."):
                    run_stage(hub, stages[name], run_id="rebuilt", as_of=last.as_of, is_full=True)
        return self._compared(other, last)

    def replayed(self) -> list[TableDiff]:
        """How this hub differs from one that saw the same nights, with every committed stage doing all keys."""
        self.hub.checkpoint()
        self.hub.con.close()
        data, other = self.folder / "data", Home(self.folder / "replayed")
        shutil.copytree(self.founded / "home", other.root)
        with _opened(other) as hub:
            for number, night in enumerate(self.nights):
                night.systems.write(data)
                for retraining in night.retrained:
                    _put_in_force(hub, self.models, retraining, night.as_of)
                stages = _stages(data, night.settings, other, self.home)
                for name in night.stages:
                    _run(hub, stages[name], f"r{number}", night.as_of, is_full=True)
        return self._compared(other, self.nights[-1])

    def _compared(self, other: Home, last: Night) -> list[TableDiff]:
        found = diff(other.hub_file, self.home.hub_file)
        if "publish" in last.stages:
            found += diff(other.published_file, self.home.published_file)
        shutil.rmtree(other.root)
        self.hub = _opened(self.home)
        return found


def found(folder: Path) -> None:
    """The first night: everything is new, and the models are made."""
    home = Home(folder / "home")
    home.create()
    founding().write(folder / "data")
    with _opened(home) as hub:
        for stage in _stages(folder / "data", Settings(), home, home).values():
            run_stage(hub, stage, run_id="founding", as_of=FOUNDED)


def die_for_good(given: str) -> None:
    """Run one stage in this process and be killed at the moment that is given."""
    # written by the test itself a moment ago
    folder, settings, name, kill, run_id, now = pickle.loads(bytes.fromhex(given))  # noqa: S301
    home = Home(folder / "home")
    hub = _opened(home)
    hub.con = _Mortal(hub.con, kill)  # type: ignore[assignment]
    _run(hub, _stages(folder / "data", settings, home, home)[name], run_id, now)


def told(differences: Sequence[TableDiff]) -> str:
    """Differences in lines, for the message of a failing test."""
    return "\n".join(
        f"{d.table}: +{d.added} -{d.removed} ~{d.changed}\n  " + "\n  ".join(d.examples) for d in differences
    )


def in_memory() -> Path | None:
    """A folder that costs no disk, where there is one: hundreds of homes are copied."""
    folder = Path("/dev/shm")  # noqa: S108
    return folder if folder.is_dir() and os.access(folder, os.W_OK) else None


def new_folder() -> Path:
    """A temporary folder for one history."""
    return Path(tempfile.mkdtemp(prefix="history", dir=in_memory()))


def _run(hub: Hub, stage: Stage, run_id: str, as_of: datetime, *, is_full: bool = False) -> None:
    """Run a stage; if its source does not answer, the run goes on without it (as after four tries)."""
    with suppress(TransientError):
        run_stage(hub, stage, run_id=run_id, as_of=as_of, is_full=is_full)


def _put_in_force(hub: Hub, models: Mapping[PartyType, Model | None], retraining: Retraining, at: datetime) -> None:
    model = models[retraining.party_type]
    assert model is not None
    stored = [active_model(hub.con, name) for name in models if name != retraining.party_type]
    hub.con.execute("begin")
    others = [other for other in stored if other is not None]
    store_models(hub.con, [retraining.of(model), *others], at, seq=next_seq(hub.con))
    hub.con.execute("commit")


def _opened(home: Home) -> Hub:
    hub = open_hub(home.hub_file, memory_limit="1GB")
    hub.con.execute("set threads = 1")  # a dozen rows are not worth a thread
    return hub


def _stages(data: Path, settings: Settings, home: Home, decisions: Home) -> dict[str, Stage]:
    config = company(data, settings)
    config = config.model_copy(update={"decision_store": SecretStr(decisions.decision_store_url)})
    return company_stages(config, home)
