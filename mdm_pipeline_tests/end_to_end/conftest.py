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
