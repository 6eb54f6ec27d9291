"""Files that hold only changes: each taken once, a corrected one in the place of its first version."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline_tests.landing.test_stage import balance, company, deliver, land, live
from mdm_pipeline_tests.rows import fetch

CHANGES = {"delivers": "changes", "shrink_limit": 1}


def files(con: DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Files taken: name, rows, the batch that took them last."""
    return con.execute("select name, rows_held, batch_id from landing.file order by position").fetchall()


def test_each_file_is_taken_once(con: DuckDBPyConnection, tmp_path: Path) -> None:
    config = company(tmp_path, **CHANGES)
    deliver(tmp_path, "id,name\n1,a\n2,b\n", "01.csv")
    land(con, config)
    deliver(tmp_path, "id,name\n2,B\n3,c\n", "02.csv")
    land(con, config, day=2)
    assert live(con) == [("1", "a"), ("2", "B"), ("3", "c")]
    assert files(con) == [("01.csv", 2, 1), ("02.csv", 2, 2)]
    assert balance(con) == [(2, 2, 0, 0, 0, 0), (2, 1, 1, 0, 0, 0)]
    land(con, config, day=3)
    assert len(balance(con)) == 2


def test_a_file_of_the_same_size_and_time_is_not_hashed_again_but_in_a_full_run(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    config = company(tmp_path, **CHANGES)
    deliver(tmp_path, "id,name\n1,a\n", "01.csv")
    path = tmp_path / "in" / "01.csv"
    before = path.stat()
    land(con, config)
    stamps = con.execute("select bytes, modified_ns from landing.file").fetchall()
    assert stamps == [(before.st_size, before.st_mtime_ns)]
    assert "modified_ns" not in fetch(con, "select files from landing.batch")[0]["files"]

    path.write_bytes(b"id,name\n1,b\n")  # nobody can see from outside that it is another one
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    deliver(tmp_path, "id,name\n2,c\n", "02.csv")
    land(con, config, day=2)
    assert live(con) == [("1", "a"), ("2", "c")]
    land(con, config, day=3, full=True)
    assert live(con) == [("1", "b"), ("2", "c")]

    path.write_bytes(b"id,name\n1,d\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    land(con, config, day=4)
    assert live(con) == [("1", "d"), ("2", "c")]


def test_a_corrected_file_replaces_its_rows_and_no_others(con: DuckDBPyConnection, tmp_path: Path) -> None:
    config = company(tmp_path, **CHANGES)
    deliver(tmp_path, "id,name\n1,a\n2,wrong\n3,c\n", "01.csv")
    land(con, config)
    deliver(tmp_path, "id,name\n3,newer\n4,d\n", "02.csv")
    land(con, config, day=2)
    deliver(tmp_path, "id,name\n1,a\n2,right\n3,late\n", "01.csv")
    land(con, config, day=3)
    assert live(con) == [("1", "a"), ("2", "right"), ("3", "newer"), ("4", "d")]
    deliver(tmp_path, "id,name\n2,right\n", "01.csv")
    land(con, config, day=4)
    assert live(con) == [("2", "right"), ("3", "newer"), ("4", "d")]
    assert files(con) == [("01.csv", 1, 4), ("02.csv", 2, 2)]


def test_what_a_corrected_file_drops_is_again_what_an_earlier_file_said(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    config = company(tmp_path, **CHANGES)
    deliver(tmp_path, "id,name\n1,first\n2,b\n", "01.csv")
    deliver(tmp_path, "id,name\n1,mistaken\n", "02.csv")
    land(con, config)
    assert live(con) == [("1", "mistaken"), ("2", "b")]
    deliver(tmp_path, "id,name\n3,c\n", "02.csv")
    land(con, config, day=2)
    assert live(con) == [("1", "first"), ("2", "b"), ("3", "c")]


def test_an_earlier_file_that_is_archived_takes_nothing_with_it(con: DuckDBPyConnection, tmp_path: Path) -> None:
    config = company(tmp_path, **CHANGES)
    deliver(tmp_path, "id,name\n1,a\n", "01.csv")
    land(con, config)
    (tmp_path / "in" / "01.csv").unlink()
    deliver(tmp_path, "id,name\n2,b\n", "02.csv")
    land(con, config, day=2)
    land(con, config, day=3, full=True)
    assert live(con) == [("1", "a"), ("2", "b")]


def test_a_row_that_cannot_be_read_in_a_corrected_file_is_not_dropped(con: DuckDBPyConnection, tmp_path: Path) -> None:
    config = company(tmp_path, **CHANGES)
    deliver(tmp_path, "id,name\n1,a\n2,b\n", "01.csv")
    land(con, config)
    deliver(tmp_path, "id,name\n1,a\n2,b,too,many\n", "01.csv")
    land(con, config, day=2)
    assert live(con) == [("1", "a"), ("2", "b")]
    deliver(tmp_path, "id,name\n1,a\n", "01.csv")
    land(con, config, day=3)
    assert live(con) == [("1", "a")]


def test_contradictions_are_of_one_file_not_of_two(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,x\n1,a\n", "01.csv")
    deliver(tmp_path, "id,name\n1,b\n", "02.csv")
    land(con, company(tmp_path, **CHANGES))
    assert live(con) == [("1", "b")]
    assert fetch(con, "select rule, location from quality.issue where is_open") == []
    assert balance(con) == [(3, 1, 0, 0, 2, 0)]


content = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"), max_size=4)
deliveries = st.lists(
    st.dictionaries(st.sampled_from(["01.csv", "02.csv", "03.csv"]), content, min_size=1, max_size=2),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("is_flagged", [False, True])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=deliveries)
def test_any_deliveries_and_corrections_leave_what_all_files_in_their_order_say(
    tmp_path: Path, nights: list[dict[str, dict[str, str]]], is_flagged: bool
) -> None:
    """Files keep the order in which they first came; `z` is a deletion where the table has a flag.

    Only keys that were delivered before are deleted: a deletion of an unknown key leaves no trace (see the guide).
    """
    shutil.rmtree(tmp_path / "in", ignore_errors=True)
    con = open_in_memory()
    flag = {"deleted_flag": {"column": "name", "values": ["z"]}} if is_flagged else {}
    config = company(tmp_path, **CHANGES, **flag)
    stands: dict[str, dict[str, str]] = {}
    known: set[str] = set()
    for day, night in enumerate(nights, start=1):
        for name in sorted(night):
            held = {name: "x", **night[name]}  # two files of the same content would be one file delivered twice
            held = {key: value for key, value in held.items() if not is_flagged or value != "z" or key in known}
            deliver(tmp_path, "id,name\n" + "".join(f"{k},{v}\n" for k, v in held.items()), name)
            stands[name] = held
        known |= {key for held in stands.values() for key in held}
        land(con, config, day=day)
        expected: dict[str, str] = {}
        for name in stands:
            expected |= stands[name]
        if is_flagged:
            expected = {key: value for key, value in expected.items() if value != "z"}
        assert live(con) == sorted(expected.items())
    con.close()
