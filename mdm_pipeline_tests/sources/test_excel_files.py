"""Workbooks as people really make them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.excel_files import date_text
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, read_table, write

Fill = Callable[[xlsxwriter.Workbook], None]


def workbook(tmp_path: Path, fill: Fill, name: str = "book.xlsx") -> Path:
    path = write(tmp_path, name, b"")
    with xlsxwriter.Workbook(path) as book:
        fill(book)
    return path


def test_rows_keep_the_numbers_that_people_see_under_titles_and_blank_rows(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        grey = book.add_format({"bg_color": "gray"})
        sheet.merge_range(1, 0, 1, 2, "Customers 2026")
        sheet.write_row(3, 0, ["id", "name", "name"])
        sheet.write_row(4, 0, ["001", "a", "b"])
        sheet.write_row(6, 0, ["002", "c"])
        sheet.write_row(7, 0, ["Total", "2"])
        for row in range(8, 60):
            sheet.write_blank(row, 0, None, grey)

    workbook(tmp_path, fill)
    delivery, rows = delivered(files_source("*.xlsx", format={"header_row": 2, "skip_footer": 1}), tmp_path)
    assert rows == [
        {"id": "001", "name": "a", "name_1": "b", "_location": "book.xlsx:5"},
        {"id": "002", "name": "c", "name_1": None, "_location": "book.xlsx:7"},
    ]
    assert delivery.problems == []


def test_a_formula_is_its_value_and_an_error_cell_is_null_and_reported(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "sum", "text"])
        sheet.write_string(1, 0, "1")
        sheet.write_formula(1, 1, "=1+1", None, 2)
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
        sheet.write_row(2, 0, ["2", None, "#N/A"])

    workbook(tmp_path, fill)
    delivery, rows = delivered(files_source("*.xlsx"), tmp_path)
    assert [tuple(row.values())[:3] for row in rows] == [("1", "2", None), ("2", None, "#N/A")]
    assert [(p.location, p.column, p.value, p.is_row_lost) for p in delivery.problems] == [
        ("book.xlsx:2", "text", "#NA", False)
    ]


def test_all_sheets_that_match_a_pattern_are_one_table(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        for name, header in (("2026-01", ["id", "a"]), ("notes", ["x"]), ("2026-02", ["ID", "b"])):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            sheet.write_row(1, 0, [f"{name}/1"] * len(header))

    workbook(tmp_path, fill)
    assert delivered(files_source("*.xlsx", format={"sheet": "2026-*"}), tmp_path)[1] == [
        {"id": "2026-01/1", "a": "2026-01/1", "b": None, "_location": "book.xlsx:2026-01:2"},
        {"id": "2026-02/1", "a": None, "b": "2026-02/1", "_location": "book.xlsx:2026-02:2"},
    ]


@pytest.mark.parametrize(("system", "number"), [(1900, 45296), (1904, 43834)])
def test_bare_numbers_are_dates_in_the_columns_that_say_so(tmp_path: Path, system: int, number: int) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "born", "count"])
        sheet.write_row(1, 0, ["1", number, number])
        sheet.write_row(2, 0, ["2", number + 0.5, 0])
        sheet.write_row(3, 0, ["3", "unknown", 0])

    workbook(tmp_path, fill)
    file_format = {"serial_dates": ["born"], "date_system": system}
    assert [(r["born"], r["count"]) for r in delivered(files_source("*.xlsx", format=file_format), tmp_path)[1]] == [
        ("2024-01-05", str(number)),
        ("2024-01-05 12:00:00", "0"),
        ("unknown", "0"),
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [("1", "1900-01-01"), ("59", "1900-02-28"), ("60", "60"), ("61", "1900-03-01"), ("0", "0"), ("9999999", "9999999")],
)
def test_the_day_that_never_was_is_no_date(number: str, text: str) -> None:
    assert date_text(number, 1900) == text


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)))  # noqa: DTZ001
def test_every_date_number_is_the_day_it_counts(moment: datetime) -> None:
    days = (moment - datetime(1899, 12, 30)) // timedelta(days=1)  # noqa: DTZ001
    assert date_text(str(days), 1900) == f"{moment:%Y}".rjust(4, "0") + f"-{moment:%m-%d}"


def test_a_sheet_without_the_declared_number_of_columns_is_refused(tmp_path: Path) -> None:
    workbook(tmp_path, lambda book: book.add_worksheet().write_row(0, 0, ["1", "a", "b"]) and None)
    source = files_source("*.xlsx", format={"columns": ["id", "name"]})
    with pytest.raises(SourceHeldBack, match="3 columns where `columns` names 2"):
        read_table(source, "customers", tmp_path)


def test_an_empty_sheet_has_no_columns(tmp_path: Path) -> None:
    workbook(tmp_path, lambda book: book.add_worksheet() and None)
    delivery, rows = delivered(files_source("*.xlsx"), tmp_path)
    assert (delivery.columns, rows) == ((), [])
