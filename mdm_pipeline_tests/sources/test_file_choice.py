"""Which files are read: dated folders, files that are not yet whole, changes taken once."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.delivery import Delivery, Since
from mdm_pipeline.sources.file_choice import find_files
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, peek, read_table, write

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def names(delivery: Delivery) -> list[str]:
    return [file.name for file in delivery.files]


def day(data_path: Path, name: str, *ids: str) -> Path:
    return write(data_path, name, "id,name\n" + "".join(f"{i},x\n" for i in ids))


def taken(*deliveries: Delivery) -> Since:
    return Since(files={file.name: file.sha256 for delivery in deliveries for file in delivery.files})


# --- dates -----------------------------------------------------------------------------------------------------------


def test_of_dated_folders_the_newest_is_the_delivery(tmp_path: Path) -> None:
    day(tmp_path, "2026/05/30/orders_9.csv", "1")
    day(tmp_path, "2026/05/31/orders_1.csv", "2")
    day(tmp_path, "2026/05/31/orders_2.csv", "3")
    day(tmp_path, "2026/05/31/other.csv", "4")
    pattern = "{date:%Y/%m/%d}/orders_*.csv"
    assert names(read_table(files_source(pattern), "customers", tmp_path)) == [
        "2026/05/31/orders_1.csv",
        "2026/05/31/orders_2.csv",
    ]
    everything = files_source(pattern, format={"dated": "all"})
    assert len(names(read_table(everything, "customers", tmp_path))) == 3


def test_changes_are_read_in_the_order_of_their_dates_not_of_their_names(tmp_path: Path) -> None:
    day(tmp_path, "orders_31-05-2026.csv", "1")
    day(tmp_path, "orders_01-06-2026.csv", "2")
    day(tmp_path, "orders_31-12-2025.csv", "3")
    source = files_source("orders_{date:%d-%m-%Y}.csv", delivers="changes")
    assert [r["id"] for r in delivered(source, tmp_path)[1]] == ["3", "1", "2"]


def test_a_date_that_lies_ahead_or_does_not_exist_is_left_out_and_reported(tmp_path: Path) -> None:
    for name in ("20260531.csv", "20260601.csv", "20620531.csv", "20261341.csv"):
        day(tmp_path, name, "1")
    delivery = read_table(files_source("{date:%Y%m%d}.csv"), "customers", tmp_path)
    assert names(delivery) == ["20260601.csv"]
    assert [(p.location, p.reason.partition(";")[0]) for p in delivery.problems] == [
        ("20261341.csv", "there is no such date as the one in its name"),
        ("20620531.csv", "the date in its name lies ahead"),
    ]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**/{date:%Y-%m}/[ab]?.csv", ["x/y/2026-05/a1.csv"]),
        ("x/**/{date:%Y-%m}/*.csv", ["x/y/2026-05/a1.csv", "x/y/2026-05/c1.csv"]),
        ("**/*.csv", ["x/y/2026-04/a1.csv", "x/y/2026-05/a1.csv", "x/y/2026-05/c1.csv"]),
        ("x/y/*{date:%m}/[!c]*.csv", ["x/y/2026-05/a1.csv"]),
    ],
)
def test_patterns_with_a_date_match_what_globs_match(tmp_path: Path, pattern: str, found: list[str]) -> None:
    for name in ("x/y/2026-04/a1.csv", "x/y/2026-05/a1.csv", "x/y/2026-05/c1.csv"):
        day(tmp_path, name, "1")
    files, problems = find_files([pattern], [tmp_path / "in"], NOON, newest_only=True)
    assert ([file.name for file in files], problems) == (found, [])


@pytest.mark.parametrize("pattern", ["{date:%Q}.csv", "{date:%Y}/{date:%m}.csv", "/abs/*.csv"])
def test_a_pattern_that_is_none_is_refused(tmp_path: Path, pattern: str) -> None:
    day(tmp_path, "a.csv", "1")
    with pytest.raises(SourceHeldBack, match="customers: `files`: .*; correct the pattern"):
        peek(files_source(pattern), "customers", tmp_path)


# --- whole files -----------------------------------------------------------------------------------------------------


def test_a_file_that_changed_just_now_holds_a_full_delivery_back(tmp_path: Path) -> None:
    source = files_source("*.csv", connection={"stable_for": 60})
    path = day(tmp_path, "a.csv", "1")
    with pytest.raises(SourceHeldBack, match=r"file a\.csv: it is not taken, for it changed less than 60 s ago"):
        peek(source, "customers", tmp_path)
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    started = time.monotonic()
    assert names(read_table(source, "customers", tmp_path)) == ["a.csv"]
    assert time.monotonic() - started < 30


def test_a_short_time_is_waited_for(tmp_path: Path) -> None:
    day(tmp_path, "a.csv", "1")
    started = time.monotonic()
    source = files_source("*.csv", connection={"stable_for": 0.3})
    assert names(read_table(source, "customers", tmp_path)) == ["a.csv"]
    assert time.monotonic() - started > 0.1


def test_changes_that_are_not_yet_whole_are_left_for_the_next_run(tmp_path: Path) -> None:
    source = files_source("*.csv", connection={"stable_for": 60}, delivers="changes")
    old, young = day(tmp_path, "a.csv", "1"), day(tmp_path, "b.csv", "2")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    before = peek(source, "customers", tmp_path)
    first = read_table(source, "customers", tmp_path)
    assert (names(first), first.content_hash) == (["a.csv"], before)
    assert [(p.location, p.is_row_lost) for p in first.problems] == [("b.csv", False)]
    os.utime(young, (1_700_000_000, 1_700_000_000))
    assert peek(source, "customers", tmp_path) != before
    assert names(read_table(source, "customers", tmp_path, since=taken(first))) == ["b.csv"]


@pytest.mark.parametrize("marker", ["a.csv.done", "a.done"])
def test_a_file_is_read_when_its_marker_is_there_and_no_older(tmp_path: Path, marker: str) -> None:
    source = files_source("*.csv", connection={"ready": "marker"})
    path = day(tmp_path, "a.csv", "1")
    with pytest.raises(SourceHeldBack, match=r"its marker a\.csv\.done is not there"):
        peek(source, "customers", tmp_path)
    write(tmp_path, marker, "")
    assert names(read_table(source, "customers", tmp_path)) == ["a.csv"]
    later = time.time() + 10
    os.utime(path, (later, later))
    with pytest.raises(SourceHeldBack, match=rf"it is younger than its marker {marker}; expected a new marker"):
        peek(source, "customers", tmp_path)


def test_one_marker_may_stand_for_a_folder(tmp_path: Path) -> None:
    source = files_source("*/*.csv", connection={"ready": "marker", "marker": "_SUCCESS"}, delivers="changes")
    day(tmp_path, "1/a.csv", "1")
    day(tmp_path, "2/b.csv", "2")
    write(tmp_path, "2/_SUCCESS", "")
    assert names(read_table(source, "customers", tmp_path)) == ["2/b.csv"]


def test_what_an_upload_or_an_office_program_leaves_beside_is_never_read(tmp_path: Path) -> None:
    day(tmp_path, "a.csv", "1")
    for name in (".a.csv", "~$a.csv", "a.csv.part", "b.csv.filepart", "c.csv.tmp", "d.csv.crdownload"):
        write(tmp_path, name, "half")
    assert names(read_table(files_source("*"), "customers", tmp_path)) == ["a.csv"]


# --- changes, each taken once ----------------------------------------------------------------------------------------


def test_each_file_of_changes_is_taken_once_and_a_corrected_one_replaces_itself(tmp_path: Path) -> None:
    source = files_source("*.csv", delivers="changes")
    day(tmp_path, "1.csv", "1")
    day(tmp_path, "2.csv", "2")
    first = read_table(source, "customers", tmp_path)
    assert (names(first), first.replaced_files, first.is_complete) == (["1.csv", "2.csv"], (), False)

    again = read_table(source, "customers", tmp_path, since=taken(first))
    assert (names(again), list(again.batches), again.columns) == ([], [], ("id",))
    assert again.content_hash == first.content_hash

    day(tmp_path, "1.csv", "1", "9")
    day(tmp_path, "3.csv", "3")
    second = read_table(source, "customers", tmp_path, since=taken(first))
    assert (names(second), second.replaced_files) == (["1.csv", "3.csv"], ("1.csv",))
    assert names(read_table(source, "customers", tmp_path, since=Since(is_full=True))) == ["1.csv", "2.csv", "3.csv"]


def test_a_copy_under_another_name_is_not_taken_twice_and_said_so(tmp_path: Path) -> None:
    source = files_source("*.csv", delivers="changes")
    day(tmp_path, "a.csv", "1")
    day(tmp_path, "b.csv", "1")
    first = read_table(source, "customers", tmp_path)
    assert names(first) == ["a.csv"]
    assert [(p.location, p.reason.partition(",")[0]) for p in first.problems] == [("b.csv", "it is a copy of a.csv")]
    (tmp_path / "in" / "a.csv").rename(tmp_path / "in" / "c.csv")
    assert names(read_table(source, "customers", tmp_path, since=taken(first))) == []
    twice = files_source("*.csv", delivers="changes", format={"repeats": "take"})
    assert names(read_table(twice, "customers", tmp_path)) == ["b.csv", "c.csv"]


def test_files_that_were_archived_after_they_were_taken_are_no_fault(tmp_path: Path) -> None:
    source = files_source("*.csv", delivers="changes", event={"entity": "product", "columns": {"product_code": "name"}})
    path = day(tmp_path, "a.csv", "1")
    first = read_table(source, "customers", tmp_path)
    path.unlink()
    later = read_table(source, "customers", tmp_path, since=taken(first))
    assert (later.columns, names(later), later.problems) == (("id", "name"), [], [])
    with pytest.raises(SourceHeldBack, match=r"no file \*\.csv in folder in"):
        read_table(source, "customers", tmp_path)


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = day(tmp_path, "a.csv", "1")
    delivery = read_table(files_source("*.csv"), "customers", tmp_path)
    assert [(f.sha256, f.bytes) for f in delivery.files] == [
        (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    ]
