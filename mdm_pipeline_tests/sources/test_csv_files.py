"""CSV files as they really come."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.config.sources import FileFormat
from mdm_pipeline.sources.csv_files import open_csv
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem
from mdm_pipeline.sources.read import read_table
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, write


def test_a_gb18030_file_is_read_as_text_with_the_line_of_every_row(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,名称\n0012,上海公司\n0013,张伟\n".encode("gb18030"))
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert rows == [
        {"id": "0012", "名称": "上海公司", "_location": "c.csv:2"},
        {"id": "0013", "名称": "张伟", "_location": "c.csv:3"},
    ]
    assert [(f.name, f.encoding) for f in delivery.files] == [("c.csv", "gb18030")]
    assert delivery.problems == []


def test_a_mark_at_the_start_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", b"\xef\xbb\xbfid;name\n1;a\n")
    assert delivered(files_source("*.csv"), tmp_path)[0].columns == ("id", "name")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    write(tmp_path, "c.csv", f"id{delimiter}name\n1{delimiter}a\n2{delimiter}b\n")
    assert delivered(files_source("*.csv"), tmp_path)[0].columns == ("id", "name")


def test_what_is_declared_wins_over_what_is_detected(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,x;name\n1,2;é\n".encode("cp1252"))
    table = {"format": {"encoding": "cp1252", "delimiter": ";"}}
    assert delivered(files_source("*.csv", **table), tmp_path)[1] == [
        {"id,x": "1,2", "name": "é", "_location": "c.csv:2"}
    ]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", 'id,name\r\n1,"a, ""b""\r\nc"\r\n2,d\r\n')
    assert delivered(files_source("*.csv"), tmp_path)[1] == [
        {"id": "1", "name": 'a, "b"\r\nc', "_location": "c.csv:2"},
        {"id": "2", "name": "d", "_location": "c.csv:4"},
    ]


def test_an_empty_cell_is_null_and_a_blank_line_is_no_row(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,name\n1,\n\n2,b")
    assert [(r["id"], r["name"]) for r in delivered(files_source("*.csv"), tmp_path)[1]] == [
        ("1", None),
        ("2", "b"),
    ]


def test_rows_that_cannot_be_read_are_problems_and_the_others_come(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", 'id,name\n1,a\n2,b,c\n3\n4,"d"e\n5,f\n6,g,,\n7,\0h\n')
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert [(r["id"], r["name"]) for r in rows] == [("1", "a"), ("5", "f"), ("6", "g"), ("7", "h")]
    assert [(p.location, p.value, p.is_row_lost) for p in delivery.problems] == [
        ("c.csv:3", "2,b,c", True),
        ("c.csv:4", "3", True),
        ("c.csv:5", "", True),
        ("c.csv:8", None, False),
    ]
    assert delivery.problems[0].reason == ("3 fields where the header has 2; quote fields that hold the delimiter")


def test_bad_bytes_are_a_problem_of_their_line_and_the_row_is_taken(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,name\n1,上海公司\n2,北".encode() + b"\xff\n")
    delivery, rows = delivered(files_source("*.csv", format={"encoding": "utf-8"}), tmp_path)
    assert rows[1] == {"id": "2", "name": "北\ufffd", "_location": "c.csv:3"}
    assert [(p.location, p.value, p.is_row_lost) for p in delivery.problems] == [("c.csv:3", "ff", False)]


def test_column_names_are_made_unique_whatever_their_case(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,Name,, name ,NAME\n1,a,b,c,d\n")
    assert delivered(files_source("*.csv"), tmp_path)[0].columns == (
        "id",
        "Name",
        "column_3",
        "name_1",
        "NAME_2",
    )


def test_the_header_may_stand_below_a_title(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "Export of 2026\nid,name\n1,a\n")
    delivery, rows = delivered(files_source("*.csv", format={"header_row": 1, "delimiter": ","}), tmp_path)
    assert (delivery.columns, rows) == (("id", "name"), [{"id": "1", "name": "a", "_location": "c.csv:3"}])


def test_packed_files_and_old_line_ends_are_read(tmp_path: Path) -> None:
    write(tmp_path, "c.csv.gz", gzip.compress(b"id,name\r1,a\r2,b"))
    assert [r["name"] for r in delivered(files_source("*.gz"), tmp_path)[1]] == ["a", "b"]


def test_a_long_file_comes_in_batches(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id\n" + "".join(f"{i}\n" for i in range(ROWS_PER_BATCH + 1)))
    source = files_source("*.csv", format={"delimiter": ","})
    assert [b.num_rows for b in read_table(source, "customers", tmp_path).batches] == [ROWS_PER_BATCH, 1]


cells = st.text(st.sampled_from('ab,";\n\r 上é'), max_size=6)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
def test_what_a_csv_writer_wrote_comes_back(rows: list[tuple[str, str]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "name"), *rows])
    content = buffer.getvalue().encode()
    problems: list[ReadProblem] = []
    file = open_csv("c.csv", lambda: io.BytesIO(content), FileFormat(delimiter=",", encoding="utf-8"))
    found = [tuple(r.values())[:2] for batch in file.batches(problems) for r in batch.to_pylist()]
    assert found == [(a or None, b or None) for a, b in rows]
    assert problems == []
