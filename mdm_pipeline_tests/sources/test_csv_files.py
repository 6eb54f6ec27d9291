"""CSV files as they really come."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.csv_files import open_csv
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, read_table, write


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


def test_a_tab_separated_file_has_tabs_whatever_its_cells_hold(tmp_path: Path) -> None:
    write(tmp_path, "c.tsv", "id\tname\n1\ta,b,c\n")
    assert delivered(files_source("*.tsv"), tmp_path)[1] == [{"id": "1", "name": "a,b,c", "_location": "c.tsv:2"}]


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
        ("c.csv:5", '4,"d"e', True),
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


def test_blank_lines_above_the_header_are_not_the_header(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "\n\nid,name\n1,a\n")
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert (delivery.columns, rows) == (("id", "name"), [{"id": "1", "name": "a", "_location": "c.csv:4"}])


def test_packed_files_and_old_line_ends_are_read(tmp_path: Path) -> None:
    write(tmp_path, "c.csv.gz", gzip.compress(b"id,name\r1,a\r2,b"))
    assert [r["name"] for r in delivered(files_source("*.gz"), tmp_path)[1]] == ["a", "b"]


def test_a_long_file_comes_in_batches(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id\n" + "".join(f"{i}\n" for i in range(ROWS_PER_BATCH + 1)))
    source = files_source("*.csv", format={"delimiter": ","})
    assert [b.num_rows for b in read_table(source, "customers", tmp_path).batches] == [ROWS_PER_BATCH, 1]


def rows_of(content: str | bytes, tmp_path: Path, **file_format: Any) -> list[tuple[str | None, ...]]:
    """The rows of one file without their locations, its problems asserted away."""
    write(tmp_path, "c.csv", content)
    delivery, rows = delivered(files_source("*.csv", format={"delimiter": ",", **file_format}), tmp_path)
    assert delivery.problems == []
    return [tuple(row.values())[:-1] for row in rows]


def test_a_file_without_a_header_takes_its_columns_from_the_configuration(tmp_path: Path) -> None:
    assert rows_of("export\n1,a\n2,b\n", tmp_path, columns=["id", "name"], header_row=1) == [("1", "a"), ("2", "b")]


def test_comments_and_a_footer_are_no_rows(tmp_path: Path) -> None:
    content = "# made by ERP\nid,name\n1,a\n# page 2\n2,b\nTotal: 2\nend\n\n"
    assert rows_of(content, tmp_path, comment="#", skip_footer=2) == [("1", "a"), ("2", "b")]


def test_an_escaped_delimiter_or_quote_is_text(tmp_path: Path) -> None:
    content = 'id,name\n1,a\\,b\n2,"a \\"b\\""\n'
    assert rows_of(content, tmp_path, escape="\\", doubled_quotes=False) == [("1", "a,b"), ("2", 'a "b"')]


def test_without_quoting_a_quote_is_text(tmp_path: Path) -> None:
    assert rows_of('id,name\n1,"a\n2,b"\n', tmp_path, quote="") == [("1", '"a'), ("2", 'b"')]


def test_line_ends_of_all_kinds_may_be_mixed(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,name\r\n1,a\r2,b\n3,c\r\r\n4,d")
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert [(r["id"], r["_location"]) for r in rows] == [
        ("1", "c.csv:2"),
        ("2", "c.csv:3"),
        ("3", "c.csv:4"),
        ("4", "c.csv:6"),
    ]
    assert delivery.problems == []


def test_a_quote_that_never_closes_costs_one_line_and_not_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", 'id,name\n1,a\n2,"b\n3,c\n4,d\n5,"e\n')
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert [r["id"] for r in rows] == ["1", "3", "4"]
    assert [(p.location, p.value, p.is_row_lost) for p in delivery.problems] == [
        ("c.csv:3", '2,"b', True),
        ("c.csv:6", '5,"e', True),
    ]


def test_a_header_may_have_300_columns_and_chinese_blank_and_repeated_names(tmp_path: Path) -> None:
    header = ["编号", "名称", "", "名称", *(f"列{number}" for number in range(296))]
    cells = [str(number) for number in range(300)]
    write(tmp_path, "c.csv", ",".join(header) + "\n" + ",".join(cells) + "\n")
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert delivery.columns == ("编号", "名称", "column_3", "名称_1", *header[4:])
    assert list(rows[0].values()) == [*cells, "c.csv:2"]


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_kr", "cp1251", "big5", "utf-16", "gbk", "latin-1"])
def test_any_encoding_can_be_declared(tmp_path: Path, encoding: str) -> None:
    names = {
        "shift_jis": "東京商事",
        "euc_kr": "서울상사",
        "cp1251": "Торговый дом",
        "big5": "遠景貿易",
        "gbk": "远景贸易",
    }
    name = names.get(encoding, "Müller")
    content = f"id,name\n1,{name}\n".encode(encoding)
    assert rows_of(content, tmp_path, encoding=encoding) == [("1", name)]


def test_an_encoding_that_does_not_exist_is_refused_with_the_configuration() -> None:
    with pytest.raises(ValueError, match="encoding 'utf-88' is unknown; expected auto or a name such as utf-8"):
        FileFormat(encoding="utf-88")


def test_a_line_beyond_the_limit_is_rejected_and_the_next_one_is_read(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,name\n1,a\n2," + "x" * 3_000_000 + "\n3,c\n" + '4,"' + "y\n" * 600 + '"\n5,e\n')
    source = files_source("*.csv", format={"delimiter": ",", "longest_row": 1000})
    delivery, rows = delivered(source, tmp_path)
    assert [(r["id"], r["_location"]) for r in rows] == [("1", "c.csv:2"), ("3", "c.csv:4"), ("5", "c.csv:606")]
    assert [p.location for p in delivery.problems[:2]] == ["c.csv:3", "c.csv:5"]
    assert delivery.problems[0].reason == (
        "the row has 3000003 bytes or more where 1000 are taken; raise `longest_row` if it is one row"
    )
    assert len(delivery.problems) == 602  # the overlong line, and every line of the cell that does not end in time


class OneLongLine(io.RawIOBase):
    """A file of three rows, the second of which has 200 MB, that never lies in memory as a whole."""

    def __init__(self) -> None:
        self._parts = iter([b"id,name\n1,a\n2,", *[b"x" * 1_000_000] * 200, b"\n3,c\n"])
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, None)) is not None:
            self._rest += part
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


@pytest.mark.long
def test_a_line_of_200_mb_is_rejected_in_bounded_memory() -> None:
    file_format = FileFormat(delimiter=",", encoding="utf-8")
    file = open_csv("c.csv", lambda: cast(BinaryIO, OneLongLine()), file_format)
    problems: list[ReadProblem] = []
    tracemalloc.start()
    rows = [row for batch in file.batches(problems) for row in batch.to_pylist()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(r["id"], r["_location"]) for r in rows] == [("1", "c.csv:2"), ("3", "c.csv:4")]
    assert [(p.location, p.value) for p in problems] == [("c.csv:3", "2," + "x" * 198)]
    assert peak < 40_000_000


def test_a_broken_header_is_no_table(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", 'id,"name\n1,a\n')
    with pytest.raises(SourceHeldBack, match=r"file c\.csv: cannot be read \(the header in line 1 is broken: the row"):
        read_table(files_source("*.csv", format={"delimiter": ","}), "customers", tmp_path)


def test_a_file_in_which_hardly_a_row_can_be_read_is_refused_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,name\n" + "1,a,b\n" * 100_001)
    with pytest.raises(SourceHeldBack, match=r"100000 rows cannot be read, the last one at c\.csv:100001: 3 fields"):
        read_table(files_source("*.csv", format={"delimiter": ","}), "customers", tmp_path)


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
