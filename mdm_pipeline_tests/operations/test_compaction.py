"""Compaction gives free blocks back and changes nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mdm_pipeline.hub.connection import Home, HubLocked, open_hub
from mdm_pipeline.hub.diff import diff
from mdm_pipeline.operations.compaction import NoHub, compact
from mdm_pipeline_tests.rows import fetch

COMMENTS = "select schema_name, table_name, column_name, comment, data_type from duckdb_columns() order by all"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A hub in which most of the blocks are free."""
    home = Home(tmp_path)
    home.create()
    rows = "select i, 'staging', 'r' || hash(i), '2026-11-23', false, i, 1, 0, 0, 0.1 from range({}) as r(i)"
    with open_hub(home.hub_file) as hub:
        hub.con.execute(f"insert into hub.stage_commit {rows.format(600_000)}")
        hub.checkpoint()
        hub.con.execute("delete from hub.stage_commit where seq >= 1000")
    return home


def test_the_hub_is_smaller_and_the_same(home: Home, tmp_path: Path) -> None:
    before = Home(tmp_path / "before")
    before.create()
    before.hub_file.write_bytes(home.hub_file.read_bytes())
    with open_hub(before.hub_file) as hub:
        described = fetch(hub.con, COMMENTS)
    done = compact(home)
    assert done.after < done.before / 2
    assert home.hub_file.stat().st_size == done.after
    assert diff(before.hub_file, home.hub_file) == []
    with open_hub(home.hub_file) as hub:
        assert fetch(hub.con, COMMENTS) == described
        assert fetch(hub.con, "select count(*) n, sum(rows_read) s from hub.stage_commit") == [{"n": 1000, "s": 499500}]
    assert sorted(p.name for p in home.hub_file.parent.iterdir()) == ["mdm.duckdb"]


def test_a_run_that_is_going_on_is_not_disturbed(home: Home) -> None:
    program = f"import duckdb; c = duckdb.connect({str(home.hub_file)!r}); print('held', flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(HubLocked, match=str(process.pid)):
        compact(home, wait_s=0.2)
    process.communicate("\n")


def test_without_a_hub_there_is_nothing_to_compact(tmp_path: Path) -> None:
    with pytest.raises(NoHub, match="mdm run"):
        compact(Home(tmp_path))
