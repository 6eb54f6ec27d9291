"""Whatever lies in the folder: it is read, or refused in our own words, and no line goes missing without a word."""

from __future__ import annotations

import gzip
import io
import re
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdm_pipeline.errors import SourceHeldBack, TransientError
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, write


def _workbook() -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "name"])
        for row in range(1, 20):
            sheet.write_row(row, 0, [row, f"名称{row}"])
    return sink.getvalue()


def _parquet() -> bytes:
    sink = io.BytesIO()
    table = pa.table({"id": [1, 2, 3], "name": ["a", "甲", None], "money": [Decimal("1.50"), None, Decimal("2.00")]})
    pq.write_table(table, sink)
    return sink.getvalue()


def _zip() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("c.csv", CSV)
    return sink.getvalue()


CSV = ("id,name\r\n" + "".join(f'{number},"名称 {number}"\r\n' for number in range(30))).encode()
LINES = "".join(f'{{"id": {number}, "name": "名称"}}\n' for number in range(30)).encode()
VALID = {
    "c.csv": CSV,
    "c.tsv": CSV.replace(b",", b"\t"),
    "c.csv.gz": gzip.compress(CSV, mtime=0),
    "c.zip": _zip(),
    "c.jsonl": LINES,
    "c.json": b"[" + b",".join(LINES.splitlines()) + b"]",
    "c.xlsx": _workbook(),
    "c.parquet": _parquet(),
}


def read_or_refused(name: str, content: bytes) -> None:
    """Any other exception fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), name, content)
        try:
            delivered(files_source("*"), Path(folder))
        except (SourceHeldBack, TransientError) as error:
            assert re.search(rf"file {re.escape(name)}: (cannot be read \(|ending )", str(error))
            assert "\n" not in str(error)


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=40)
@given(data=st.data())
def test_a_file_of_random_bytes_is_read_or_refused(name: str, data: st.DataObject) -> None:
    read_or_refused(name, data.draw(st.binary(max_size=300)))


@pytest.mark.parametrize("name", VALID)
@settings(max_examples=60)
@given(data=st.data())
def test_a_cut_or_changed_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = VALID[name]
    place = data.draw(st.integers(0, len(content)))
    inserted = data.draw(st.binary(max_size=4))
    dropped = data.draw(st.sampled_from([0, 1, 4, len(content)]))
    read_or_refused(name, content[:place] + inserted + content[place + dropped :])


any_text = st.text(st.sampled_from('ab1,;\t |\n\r"上é\0\ufeff\u2028'), max_size=80)


@settings(max_examples=150)
@given(st.one_of(any_text.map(str.encode), st.binary(max_size=80)), st.sampled_from(["utf-8", "gb18030", "utf-16-le"]))
@example(b"\n\r\n\r1\r", "utf-8")
def test_without_quotes_every_line_is_a_row_or_rejected(content: bytes, encoding: str) -> None:
    text = content.decode(encoding, errors="replace")
    lines = [line for line in re.split("\r\n|\r|\n", text.removeprefix("\ufeff")) if line]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "c.csv", content)
        file_format = {"encoding": encoding, "delimiter": ",", "quote": "", "columns": ["id", "name"]}
        delivery, rows = delivered(files_source("*", format=file_format), Path(folder))
    rejected = [problem for problem in delivery.problems if problem.is_row_lost]
    assert len(rows) + len(rejected) == len(lines)
    places = [row["_location"] for row in rows] + [problem.location for problem in rejected]
    assert len(set(places)) == len(lines)


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(['{"id": 1}', '{"id": "x", "a": {"b": 2}}', "{", "null", '{"id": 1}}', "", "上"]), max_size=9
    )
)
def test_every_line_of_json_is_a_row_or_rejected(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "c.jsonl", "\n".join(lines))
        delivery, rows = delivered(files_source("*"), Path(folder))
    rejected = [problem for problem in delivery.problems if problem.is_row_lost]
    assert len(rows) + len(rejected) == sum(bool(line) for line in lines)
