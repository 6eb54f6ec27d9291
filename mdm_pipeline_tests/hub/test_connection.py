"""Opening the hub: one writer, newer hubs refused, a damaged log set aside, spill files removed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from mdm_pipeline.hub.connection import HubLocked, HubUnreadable, open_hub, open_read_only
from mdm_pipeline.hub.contract import TABLES
from mdm_pipeline.hub.ddl import drift
from mdm_pipeline.hub.migrations import MIGRATIONS, HubTooNew
from mdm_pipeline_tests.rows import fetch


def test_a_new_hub_has_exactly_the_contract(tmp_path: Path) -> None:
    with open_hub(tmp_path / "mdm.duckdb") as hub, open_hub(tmp_path / "other.duckdb") as fresh:
        assert drift(hub.con, fresh.con) == []
        assert fetch(hub.con, "select max(schema_version) v from hub.version") == [{"v": len(MIGRATIONS)}]
        hub.con.execute("alter table staging.party add column nickname varchar")
        hub.con.execute("drop table mart.customer_360")
        assert drift(hub.con, fresh.con) == [
            "staging.party.nickname: not in the contract",
            "mart.customer_360: missing",
        ]
    assert len(TABLES) > 40


def test_a_hub_held_by_another_process_names_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "mdm.duckdb"
    open_hub(path).close()
    program = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print('held', flush=True); time.sleep(30)"
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HubLocked, match=f"held by process {holder.pid}"):
            open_hub(path, wait_s=0.3)
    finally:
        holder.kill()
        holder.wait()
    open_hub(path).close()


def test_a_hub_newer_than_the_program_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mdm.duckdb"
    with open_hub(path) as hub:
        hub.con.execute("insert into hub.version values (99, '9.0', '1.5.5', null)")
    with pytest.raises(HubTooNew, match="schema version 99"):
        open_hub(path)


def test_a_file_that_is_no_hub_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mdm.duckdb"
    path.write_bytes(b"this is a letter to the tax office" * 500)
    with pytest.raises(HubUnreadable, match="expected a DuckDB file"):
        open_hub(path)


def test_spill_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "mdm.duckdb"
    open_hub(path).close()
    spill = tmp_path / "mdm.duckdb.tmp"
    spill.mkdir()
    (spill / "duckdb_temp_block-1.block").write_bytes(b"x" * 1000)
    open_hub(path).close()
    assert not spill.exists()


def test_a_read_only_connection_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "mdm.duckdb"
    open_hub(path).close()
    con = open_read_only(path)
    with pytest.raises(duckdb.Error, match="read-only"):
        con.execute("create table x (i int)")
    con.close()
