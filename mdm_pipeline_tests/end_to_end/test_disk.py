"""A disk that fills up while landing, publishing or checkpointing: one clear line, nothing lost, the next run recovers.

The disk is simulated by RLIMIT_FSIZE: from a moment on no file can grow beyond a size; writing fails as on a full one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.diff import diff
from mdm_pipeline_tests.end_to_end.conftest import SecondDay, run_on
from mdm_pipeline_tests.end_to_end.test_demo_company import ask

PROGRAM = """
import json, resource, sys
from pathlib import Path
from mdm_pipeline.errors import MdmError
from mdm_pipeline.orchestration.launcher import launch

home, stage, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])

def fill_up(name, outcome):
    if name == stage and outcome is None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

try:
    result = launch(Path(home), "demo", as_of="2026-11-24", listener=fill_up)
    said = {"success": result.success, "errors": result.errors, "held_back": result.held_back}
except MdmError as error:
    said = {"success": False, "errors": [str(error)], "held_back": []}
print(json.dumps(said))
"""


# the run's event database grows to a megabyte and must stay below the limit, hub and published file are far above it
LIMIT = 3 * 2**20


@pytest.mark.parametrize("stage", ["landing.erp", pytest.param("staging", marks=pytest.mark.long), "publish"])
def test_a_full_disk_is_one_line_and_the_next_run_recovers(stage: str, second_day: SecondDay, tmp_path: Path) -> None:
    home = second_day.home(tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home.root), stage, str(LIMIT)],
        capture_output=True,
        text=True,
        env={**os.environ, **second_day.environment},
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert not said["success"]
    assert said["held_back"] == []
    assert [error.split(" while ")[0] for error in said["errors"]] == ["disk full"], said
    assert "\n" not in said["errors"][0]
    assert diff(second_day.eve.published_file, home.published_file) == []
    assert ask(home.hub_file, "select outcome from hub.run order by as_of limit 1") == [{"outcome": "done"}]

    assert run_on(second_day.data, home, as_of="2026-11-24").success
    assert diff(second_day.twin.hub_file, home.hub_file) == []
    assert diff(second_day.twin.published_file, home.published_file) == []
    assert [p.name for p in home.root.rglob("*.building*")] == []


CHECKPOINT = """
import os, resource, sys
from pathlib import Path
from mdm_pipeline.hub.connection import open_hub
from mdm_pipeline.hub.space import DiskFull, disk_full_told

path = Path(sys.argv[1])
try:
    with disk_full_told(), open_hub(path) as hub:
        hub.con.execute("insert into hub.stage_commit select i, 'x' || hash(i), 'r', '2026-11-23', false, 1, 1, 0, 0, 0"
                        " from range(50000) as r(i)")
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, resource.RLIM_INFINITY))
        hub.checkpoint()
except DiskFull as error:
    print(error)
"""


def test_a_disk_full_while_checkpointing_loses_no_commit(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    done = subprocess.run([sys.executable, "-c", CHECKPOINT, str(home.hub_file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith("disk full while writing mdm.duckdb")
    assert ask(home.hub_file, "select count(*) as n from hub.stage_commit") == [{"n": 50000}]


def test_a_run_without_room_is_refused_before_it_starts(second_day: SecondDay, tmp_path: Path) -> None:
    home = second_day.home(tmp_path / "home")
    from mdm_pipeline.config.loader import COMPANIES

    config = Path(shutil.copytree(COMPANIES / "demo", tmp_path / "config"))
    company = config / "company.yaml"
    company.write_text(company.read_text(encoding="utf-8") + "\noperations:\n  free_space_gb: 1000000\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mdm_pipeline", "run", "--home", str(home.root), "--config", str(config)],
        capture_output=True,
        text=True,
        env={**os.environ, **second_day.environment},
    )
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("failed:")]
    assert "a run wants 100000" in line
    assert diff(second_day.eve.hub_file, home.hub_file) == []
