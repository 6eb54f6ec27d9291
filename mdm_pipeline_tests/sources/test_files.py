"""Folders of files: which are taken, workbooks and Parquet as text, and what makes a delivery the same."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from mdm_pipeline.errors import PermanentError, SourceHeldBack
from mdm_pipeline.sources.delivery import Place, Since
from mdm_pipeline.sources.files import FileStillWritten
from mdm_pipeline.sources.read import open_source
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, peek, read_table, write


def test_files_come_in_the_order_of_their_names_over_all_their_columns(tmp_path: Path) -> None:
    write(tmp_path, "b.csv", "NAME,id\nb,2\n")
    write(tmp_path, "a.csv", "id,name\n1,a\n")
    write(tmp_path, "c.csv", "id,city\n3,x\n")
    delivery, rows = delivered(files_source("*.csv"), tmp_path)
    assert rows == [
        {"id": "1", "name": "a", "city": None, "_location": "a.csv:2"},
        {"id": "2", "name": "b", "city": None, "_location": "b.csv:2"},
        {"id": "3", "name": None, "city": "x", "_location": "c.csv:2"},
    ]
    assert [(p.location, p.column) for p in delivery.problems] == [
        ("a.csv", "city"),
        ("b.csv", "city"),
        ("c.csv", "name"),
    ]


def test_a_workbook_keeps_zeros_long_ids_and_dates(tmp_path: Path) -> None:
    path = write(tmp_path, "book.xlsx", b"")
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        book.add_worksheet("notes")
        sheet = book.add_worksheet("Kunden")
        sheet.write_row(0, 0, ["id", "tax", "day", "amount", "id", ""])
        sheet.write_string(1, 0, "00123")
        sheet.write_string(1, 1, "110105199001011234")
        sheet.write_datetime(1, 2, datetime(2024, 1, 5), day)  # noqa: DTZ001
        sheet.write_number(1, 3, 1234.5)
        sheet.write_string(3, 0, "007")
        sheet.write_number(3, 1, 440300708461136)
        sheet.write_string(3, 5, "x")
    _, rows = delivered(files_source("*.xlsx", format={"sheet": "Kunden"}), tmp_path)
    assert rows == [
        {
            "id": "00123",
            "tax": "110105199001011234",
            "day": "2024-01-05 00:00:00",
            "amount": "1234.5",
            "id_1": None,
            "column_6": None,
            "_location": "book.xlsx:2",
        },
        {
            "id": "007",
            "tax": "440300708461136",
            "day": None,
            "amount": None,
            "id_1": None,
            "column_6": "x",
            "_location": "book.xlsx:4",
        },
    ]


def test_a_missing_sheet_is_named_with_what_is_meant(tmp_path: Path) -> None:
    path = write(tmp_path, "book.xlsx", b"")
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Kunden")
    with pytest.raises(SourceHeldBack, match=r"no sheet 'kunde' \(did you mean 'Kunden'\?\)"):
        read_table(files_source("*.xlsx", format={"sheet": "kunde"}), "customers", tmp_path)


def test_parquet_values_are_written_out_exactly(tmp_path: Path) -> None:
    path = write(tmp_path, "c.parquet", b"")
    table = pa.table(
        {
            "id": pa.array([1, 2]),
            "small": pa.array([Decimal("0.0000000001"), None], pa.decimal128(20, 10)),
            "money": pa.array([Decimal("-1234567890123456.50"), Decimal("0.00")], pa.decimal128(18, 2)),
            "day": pa.array([date(2024, 2, 29), None]),
            "at": pa.array([datetime(2024, 1, 1, 2, 3, 4, tzinfo=UTC)] * 2, pa.timestamp("us", "Asia/Shanghai")),
            "local": pa.array([datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 500)], pa.timestamp("us")),  # noqa: DTZ001
            "flag": pa.array([True, False]),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "tags": pa.array([["甲"], None]),
        }
    )
    pq.write_table(table, path)
    assert delivered(files_source("*.parquet"), tmp_path)[1] == [
        {
            "id": "1",
            "small": "0.0000000001",
            "money": "-1234567890123456.50",
            "day": "2024-02-29",
            "at": "2024-01-01 10:03:04+0800",
            "local": "2024-01-01 00:00:00",
            "flag": "true",
            "kind": "x",
            "tags": '["甲"]',
            "_location": "c.parquet:1",
        },
        {
            "id": "2",
            "small": None,
            "money": "0.00",
            "day": None,
            "at": "2024-01-01 10:03:04+0800",
            "local": "2024-01-01 00:00:00.000500",
            "flag": "false",
            "kind": "y",
            "tags": None,
            "_location": "c.parquet:2",
        },
    ]


def test_the_content_hash_follows_content_names_and_format_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, "c.csv", "id\n1\n")
    source = files_source("*.csv")
    first = peek(source, "customers", tmp_path)
    write(tmp_path, "c.csv", "id\n1\n")
    assert peek(source, "customers", tmp_path) == first
    assert read_table(source, "customers", tmp_path).content_hash == first
    assert peek(files_source("*.csv", format={"delimiter": ";"}), "customers", tmp_path) != first
    path.write_text("id\n2\n")
    assert peek(source, "customers", tmp_path) != first


def test_a_file_that_grows_while_it_is_read_is_tried_again(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", "id,name\n1,a\n")
    with open_source(files_source("*.csv"), Place(tmp_path, None, datetime(2026, 6, 1, tzinfo=UTC))) as reader:
        delivery = reader.read("customers", Since())
        write(tmp_path, "c.csv", "id,name\n1,a\n2,b\n")
        with pytest.raises(FileStillWritten):
            list(delivery.batches)


@pytest.mark.parametrize(
    ("pattern", "name", "content", "message"),
    [
        ("*.csv", "other.txt", b"x", r"no file \*\.csv in folder in; expected at least one"),
        ("*.parquet", "c.parquet", b"no parquet", r"file c\.parquet: cannot be read"),
        ("*.xlsx", "c.xlsx", b"no workbook", r"file c\.xlsx: cannot be read"),
        ("*.gz", "c.csv.gz", b"not packed", r"file c\.csv\.gz: cannot be read"),
        ("*.dat", "c.dat", b"x", r"file c\.dat: ending \.dat is unknown"),
    ],
)
def test_what_cannot_be_a_delivery_is_one_clear_line(
    tmp_path: Path, pattern: str, name: str, content: bytes, message: str
) -> None:
    write(tmp_path, name, content)
    with pytest.raises(SourceHeldBack, match=message):
        read_table(files_source(pattern), "customers", tmp_path)


def test_a_packed_file_that_was_cut_is_refused_while_it_is_read(tmp_path: Path) -> None:
    lines = "".join(f"{number},{number * 7919 % 104729}\n" for number in range(200_000))
    write(tmp_path, "c.csv.gz", gzip.compress(("id,name\n" + lines).encode())[:-2000])
    source = files_source("*.gz", format={"encoding": "utf-8", "delimiter": ","})
    with open_source(source, Place(tmp_path, None, datetime(2026, 6, 1, tzinfo=UTC))) as reader:
        delivery = reader.read("customers", Since())
        with pytest.raises(SourceHeldBack, match=r"file c\.csv\.gz: cannot be read \(Compressed file ended"):
            list(delivery.batches)


def test_a_missing_folder_and_a_missing_variable_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceHeldBack, match="folder in does not exist"):
        peek(files_source("*.csv"), "customers", tmp_path)
    source = files_source("*.csv")
    elsewhere = source.model_copy(
        update={"connection": source.connection.model_copy(update={"folder": "${NO_SUCH_FOLDER_VARIABLE}/in"})}
    )
    with pytest.raises(PermanentError, match="environment variable NO_SUCH_FOLDER_VARIABLE is not set"):
        peek(elsewhere, "customers", tmp_path)


def test_a_file_in_the_inbox_takes_the_place_of_its_older_namesake(tmp_path: Path) -> None:
    source = files_source("*.csv")
    inbox = tmp_path / "inbox"
    write(tmp_path, "a.csv", "id,name\n1,old\n")
    write(tmp_path, "b.csv", "id,name\n2,other\n")
    before = peek(source, "customers", tmp_path, inbox)
    (inbox / source.name).mkdir(parents=True)
    (inbox / source.name / "a.csv").write_text("id,name\n1,new\n", encoding="utf-8")
    assert peek(source, "customers", tmp_path, inbox) != before
    delivery = read_table(source, "customers", tmp_path, inbox)
    names = [value for batch in delivery.batches for value in batch.column("name").to_pylist()]
    assert names == ["new", "other"]
