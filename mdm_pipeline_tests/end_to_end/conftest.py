"""One small demo company, generated and run once; every end-to-end test looks at the same result."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mdm_pipeline import demo
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.orchestration.launcher import RunResult, launch

CUSTOMERS = 250


@dataclass(frozen=True)
class Company:
    """A generated company and a home on which its pipeline has run."""

    data: Path
    home: Home
    first_run: RunResult

    def run(self, *, is_full: bool = False, as_of: str = "2026-11-24") -> RunResult:
        """Run the real job on it."""
        return run_on(self.data, self.home, is_full=is_full, as_of=as_of)

    def copy_to(self, folder: Path) -> Company:
        """The same company elsewhere, to be changed freely."""
        shutil.copytree(self.data, folder / "data")
        shutil.copytree(self.home.root, folder / "home")
        return Company(folder / "data", Home(folder / "home"), self.first_run)


def run_on(data: Path, home: Home, *, is_full: bool = False, as_of: str = "2026-11-23") -> RunResult:
    """Run the demo configuration on one data folder."""
    before = os.environ.get("MDM_DEMO_DATA")
    os.environ["MDM_DEMO_DATA"] = str(data)
    try:
        return launch(home.root, "demo", is_full=is_full, as_of=as_of)
    finally:
        if before is None:
            del os.environ["MDM_DEMO_DATA"]
        else:
            os.environ["MDM_DEMO_DATA"] = before


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Generated, run once; do not change it, take a copy."""
    root = tmp_path_factory.mktemp("company")
    demo.generate(root / "data", customers=CUSTOMERS, seed=7)
    home = Home(root / "home")
    yield Company(root / "data", home, run_on(root / "data", home))


@dataclass(frozen=True)
class SecondDay:
    """A tiny company on its second day: a home on the eve, and the undisturbed twin that has run."""

    data: Path
    eve: Home
    twin: Home
    seconds: dict[str, float]

    def home(self, folder: Path) -> Home:
        """A home on the eve, to be disturbed."""
        return Home(Path(shutil.copytree(self.eve.root, folder)))

    def args(self, home: Home) -> list[str]:
        """Arguments of `mdm` for the run of the second day."""
        return ["run", "--home", str(home.root), "--as-of", "2026-11-24"]

    @property
    def environment(self) -> dict[str, str]:
        """For a process that runs on it."""
        return {"MDM_DEMO_DATA": str(self.data), "DAGSTER_DISABLE_TELEMETRY": "1"}


@pytest.fixture(scope="session")
def second_day(tmp_path_factory: pytest.TempPathFactory) -> SecondDay:
    """Generated, run, a day of business, run again; do not change it, take a `home`."""
    root = tmp_path_factory.mktemp("second_day")
    data, eve = root / "data", Home(root / "eve")
    demo.generate(data, customers=40, seed=7)
    assert run_on(data, eve).success
    demo.next_day(data, data, seed=3)
    twin = Home(Path(shutil.copytree(eve.root, root / "twin")))
    done = run_on(data, twin, as_of="2026-11-24")
    assert done.success
    return SecondDay(data, eve, twin, {outcome.stage: outcome.seconds for outcome in done.outcomes})
