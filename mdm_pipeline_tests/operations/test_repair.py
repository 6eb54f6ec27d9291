"""`mdm doctor --repair`: what it finds, what it does, what it leaves to a person."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.recovery import damaged_files
from mdm_pipeline.hub.space import ballast_file, free_bytes, keep_ballast
from mdm_pipeline.hub.spare import keep_spare
from mdm_pipeline.operations.examination import examine
from mdm_pipeline.operations.repair import Repair, repair
from mdm_pipeline_tests.rows import fetch

RUN = "insert into hub.run by name select '{}' as run_id, '2026-11-23' as as_of, '{}' as outcome"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.create()
    with open_hub(home.hub_file) as hub:
        hub.con.execute(RUN.format("good", "done"))
        keep_spare(hub.con, home.hub_file)
    return home


def failing(home: Home) -> dict[str, str]:
    return {f.subject: f.detail for f in examine(home.root, "demo") if not f.is_fine}


def test_a_healthy_home_needs_nothing(home: Home) -> None:
    assert repair(home, reserve_bytes=0) == []
    assert repair(Home(home.root / "new"), reserve_bytes=0) == []
    assert failing(home) == {}


def test_what_a_killed_run_leaves_is_found_and_put_right(home: Home) -> None:
    with open_hub(home.hub_file) as hub:
        hub.con.execute(RUN.format("dead", "running"))
    spill = home.hub_file.with_name("mdm.duckdb.tmp")
    spill.mkdir()
    half_built = home.published_file.with_name(".customers.building")
    half_built.write_bytes(b"half")
    assert failing(home) == {
        "killed run": "left published/.customers.building, hub/mdm.duckdb.tmp, run dead, still marked as running"
    }
    assert repair(home, reserve_bytes=0) == [
        Repair("spill files", True, "mdm.duckdb.tmp of a killed run removed"),
        Repair("run", True, "dead of 2026-11-23 was killed; marked as failed"),
        Repair("half-made file", True, "published/.customers.building of a killed process removed"),
    ]
    assert not spill.exists()
    assert not half_built.exists()
    with open_hub(home.hub_file) as hub:
        assert fetch(hub.con, "select run_id, outcome from hub.run order by run_id") == [
            {"run_id": "dead", "outcome": "failed"},
            {"run_id": "good", "outcome": "done"},
        ]
    assert repair(home, reserve_bytes=0) == []


def test_a_damaged_hub_is_found_and_healed(home: Home) -> None:
    home.hub_file.write_bytes(b"")
    assert "not a valid DuckDB database file" in failing(home)["hub"]
    (done,) = repair(home, reserve_bytes=0)
    assert (done.subject, done.is_done) == ("hub", True)
    assert done.detail.startswith("spare copy brought back: mdm.duckdb.damaged-")
    assert failing(home) == {}


def test_an_unreadable_published_file_makes_way_for_a_new_one(home: Home) -> None:
    home.published_file.write_bytes(b"half a file")
    assert "published file" in failing(home)
    (done,) = repair(home, reserve_bytes=0)
    assert (done.subject, done.is_done) == ("published file", True)
    assert not home.published_file.exists()
    (aside,) = home.published_file.parent.iterdir()
    assert aside.read_bytes() == b"half a file"


def test_a_hub_of_a_newer_release_is_left_alone(home: Home) -> None:
    with open_hub(home.hub_file) as hub:
        hub.con.execute("insert into hub.version values (99, '9.0', '1.5.5', null)")
    assert failing(home) == {"hub": failing(home)["hub"]}
    (todo,) = repair(home, reserve_bytes=0)
    assert (todo.subject, todo.is_done) == ("hub", False)
    assert "install the release that wrote it" in todo.detail
    assert damaged_files(home.hub_file) == []


def test_a_living_run_is_not_touched(home: Home) -> None:
    half_built = home.published_file.with_name(".customers.building")
    half_built.write_bytes(b"half")
    program = f"import duckdb; c = duckdb.connect({str(home.hub_file)!r}); print('held', flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    (todo,) = repair(home, reserve_bytes=0, wait_s=0.2)
    process.communicate("\n")
    assert (todo.subject, todo.is_done) == ("hub", False)
    assert f"process {process.pid} is writing" in todo.detail
    assert half_built.exists()


def test_missing_space_drops_the_ballast_and_says_what_more_can_go(home: Home) -> None:
    keep_ballast(home, 1)
    aside = home.hub_file.with_name("mdm.duckdb.wal.damaged-20261123")
    aside.write_bytes(bytes(3 * 2**20))
    dropped, missing = repair(home, reserve_bytes=free_bytes(home.root) + 2**33)
    assert dropped == Repair("disk", True, "ballast dropped, 1 MB freed")
    assert not ballast_file(home).exists()
    assert not missing.is_done
    assert f"{aside} (3 MB)" in missing.detail
