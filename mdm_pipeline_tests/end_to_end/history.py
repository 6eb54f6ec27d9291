"""Lets the small company live through nights, and tells whether its hub is what a rebuild would give.

In: systems, settings and decisions at each night; which stages ran and which were killed. Out: differences, none if the
work lists are right. `rebuilt` drops all derived tables and makes them anew; `replayed` lives the same nights once more
in another home, every stage doing all keys. Does not belong here: what happens (`test_any_history`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection
from pydantic import SecretStr

from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.hub.contract import TABLES, Kind
from mdm_pipeline.hub.ddl import quoted_name
from mdm_pipeline.hub.diff import TableDiff, diff
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.stage_run import run_stage
from mdm_pipeline.stewardship.store import DecisionStore
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


class Killed(BaseException):
    """The process is no more."""


@dataclass(frozen=True)
class Kill:
    """A stage dies before its so-and-so-manieth statement, at the latest when its work is done but not committed."""

    stage: str
    statements: int = 1_000_000


@dataclass(frozen=True)
class Night:
    """What a run found, and how far it came."""

    systems: Systems
    settings: Settings
    as_of: datetime
    stages: tuple[str, ...]


class _Mortal:
    """A connection that dies before its n-th statement."""

    def __init__(self, con: DuckDBPyConnection, statements: int) -> None:
        self._con = con
        self._left = statements

    def execute(self, *args: Any, **named: Any) -> DuckDBPyConnection:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return self._con.execute(*args, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


class History:
    """One home and what it has seen since the founding night.

    Args:
        folder: where it lives.
        founded: the folder that `found` filled; copied.
        editing: what a test does to every stage of this home (never to those of a rebuild or replay).
    """

    def __init__(self, folder: Path, founded: Path, *, editing: Editing = lambda stage: stage) -> None:
        shutil.copytree(founded, folder)
        self.folder = folder
        self.founded = founded
        self.editing = editing
        self.home = Home(folder / "home")
        self.systems = founding()
        self.settings = Settings()
        self.now = FOUNDED
        self.nights: list[Night] = []
        self.hub = _opened(self.home)

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

    def night(self, *, until: str = "publish", kill: Kill | None = None) -> None:
        """Run all stages in order, up to one, or until one is killed."""
        self.later()
        self.systems.write(self.folder / "data")
        stages = _stages(self.folder / "data", self.settings, self.home, self.home)
        done = []
        for name in STAGES[: STAGES.index(until) + 1]:
            stage = self.editing(stages[name])
            if kill is not None and kill.stage == name:
                self._die_in(stage, kill.statements)
                break
            run_stage(self.hub, stage, run_id=f"n{len(self.nights)}", as_of=self.now)
            done.append(name)
        self.nights.append(Night(self.systems.copy(), self.settings, self.now, tuple(done)))

    def _die_in(self, stage: Stage, statements: int) -> None:
        def mortal(con: DuckDBPyConnection, section: Any, work: Work, as_of: datetime) -> Report:
            stage.function(_Mortal(con, statements), section, work, as_of)  # type: ignore[arg-type]
            raise Killed

        try:
            run_stage(self.hub, replace(stage, function=mortal), run_id="killed", as_of=self.now)
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
                stages = _stages(data, night.settings, other, self.home)
                for name in night.stages:
                    run_stage(hub, stages[name], run_id=f"r{number}", as_of=night.as_of, is_full=True)
        return self._compared(other, self.nights[-1])

    def _compared(self, other: Home, last: Night) -> list[TableDiff]:
        found = diff(other.hub_file, self.home.hub_file)
        if "publish" in last.stages:
            found += diff(other.published_file, self.home.published_file)
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


def told(differences: list[TableDiff]) -> str:
    """Differences in lines, for the message of a failing test."""
    return "\n".join(
        f"{d.table}: +{d.added} -{d.removed} ~{d.changed}\n  " + "\n  ".join(d.examples) for d in differences
    )


def _opened(home: Home) -> Hub:
    hub = open_hub(home.hub_file, memory_limit="1GB")
    hub.con.execute("set threads = 1")  # a dozen rows are not worth a thread
    return hub


def _stages(data: Path, settings: Settings, home: Home, decisions: Home) -> dict[str, Stage]:
    config = company(data, settings)
    config = config.model_copy(update={"decision_store": SecretStr(decisions.decision_store_url)})
    return company_stages(config, home)
