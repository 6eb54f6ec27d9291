"""Excel workbooks as text: ids with their zeros, formatted dates as ISO text, numbers without spare zeros.

In: a workbook, its sheets, the header's row. Out: column names and batches of text. Invariant: a cell that is
text in the workbook is that text; blank rows are left out; an error cell (#N/A) is null and a problem. Does
not belong here: which files there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, aligned, did_you_mean, text_batch, unique_names

_SERIAL = re.compile(r"\d{1,7}(\.\d+)?")
# Excel counts a 29 February 1900 that never was, so its first two months stand a day nearer.
_FIRST_DAY = {1900: datetime(1899, 12, 30), 1904: datetime(1904, 1, 1)}  # noqa: DTZ001  wall-clock dates
_PHANTOM_DAY = 60
_LAST_DAY = 2_958_465
_ERROR = re.compile(r"Error\((\w+)\)")


@dataclass(frozen=True)
class _Sheet:
    """One sheet, read whole: a workbook cannot be read piece by piece, and a sheet holds a million rows at most."""

    place: str
    first_row: int
    columns: tuple[str, ...]
    cells: pa.RecordBatch
    problems: tuple[ReadProblem, ...]


@dataclass(frozen=True)
class ExcelFile:
    """One workbook: the rows of its sheets one after the other."""

    name: str
    format: FileFormat
    sheets: tuple[_Sheet, ...]
    columns: tuple[str, ...]
    encoding: str | None = None

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows that are not blank; locations carry the sheet's row numbers."""
        for sheet in self.sheets:
            problems.extend(sheet.problems)
            for batch in _rows(sheet, self.format):
                yield aligned(batch, self.columns)


def open_excel(name: str, content: Path | bytes, file_format: FileFormat) -> ExcelFile:
    """Read the sheets.

    Args:
        name: for locations.
        content: the workbook's path, or its bytes.
        file_format: which sheets, where their header is.

    Raises:
        ValueError: the sheet does not exist; the message says which there are.
    """
    workbook = fastexcel.read_excel(content)
    wanted = _wanted(workbook.sheet_names, file_format.sheet)
    is_pattern = isinstance(file_format.sheet, str) and file_format.sheet not in workbook.sheet_names
    sheets = tuple(_read(workbook, sheet, f"{name}:{sheet}" if is_pattern else name, file_format) for sheet in wanted)
    columns = {column.lower(): column for sheet in reversed(sheets) for column in reversed(sheet.columns)}
    return ExcelFile(name, file_format, sheets, tuple(columns.values())[::-1])


def _wanted(names: Sequence[str], sheet: str | int) -> list[str]:
    if isinstance(sheet, int):
        if sheet >= len(names):
            raise ValueError(f"no sheet at position {sheet}; it has {len(names)}")
        return [names[sheet]]
    if sheet in names:
        return [sheet]
    found = [name for name in names if fnmatchcase(name, sheet)]
    if not found:
        raise ValueError(f"no sheet {sheet!r}{did_you_mean(sheet, names)}")
    return found


def _read(workbook: fastexcel.ExcelReader, sheet: str, place: str, file_format: FileFormat) -> _Sheet:
    # all rows from the sheet's first, so that row numbers are those that people see
    loaded = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    cells, errors = loaded.to_arrow_with_errors()
    filled = _is_filled(list(cells.columns), cells.num_rows)
    first = file_format.header_row
    if file_format.columns:
        columns = unique_names(file_format.columns)
    else:
        # blank rows above the header do not count as the header
        below = pc.index(filled.slice(first), pa.scalar(True)).as_py() if first < cells.num_rows else -1
        first = first + max(below, 0)
        header = [column[first].as_py() or "" for column in cells.columns] if below >= 0 else []
        columns = unique_names(header)
        first += 1
    last = cells.num_rows
    for _ in range(file_format.skip_footer):
        last = max(_last_filled(filled, last) - 1, first)
    body = cells.slice(first, max(last - first, 0))
    if file_format.columns and len(columns) != cells.num_columns:
        raise ValueError(f"{cells.num_columns} columns where `columns` names {len(columns)}; expected as many")
    problems = [
        ReadProblem(
            f"{place}:{row + 1}",
            columns[column],
            _error_text(error.detail),
            "an error cell, which became null; correct its formula",
            is_row_lost=False,
        )
        for error in (errors.errors if errors else ())
        for row, column in [error.position]
        if first <= row < last
    ]
    return _Sheet(place, first + 1, columns, body, tuple(problems))


def _rows(sheet: _Sheet, file_format: FileFormat) -> Iterator[pa.RecordBatch]:
    serial = {column.lower() for column in file_format.serial_dates}
    for start in range(0, sheet.cells.num_rows, ROWS_PER_BATCH):
        part = sheet.cells.slice(start, ROWS_PER_BATCH)
        arrays = [pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in part.columns]
        arrays = [
            _dates(array, file_format.date_system) if column.lower() in serial else array
            for column, array in zip(sheet.columns, arrays, strict=True)
        ]
        first = sheet.first_row + start
        places = pa.array([f"{sheet.place}:{number}" for number in range(first, first + part.num_rows)], pa.string())
        batch = text_batch(sheet.columns, arrays, places)
        yield batch.filter(_is_filled(arrays, part.num_rows))


def _dates(texts: pa.Array, system: int) -> pa.Array:
    return pa.array([None if v is None else date_text(v, system) for v in texts.to_pylist()], pa.string())


def date_text(value: str, system: int) -> str:
    """A bare date number as ISO text; whatever is none stays as it is."""
    if not _SERIAL.fullmatch(value):
        return value
    days = float(value)
    if not 0 < days <= _LAST_DAY or (system == 1900 and int(days) == _PHANTOM_DAY):
        return value
    if system == 1900 and days < _PHANTOM_DAY:
        days += 1
    moment = _FIRST_DAY[system] + timedelta(seconds=round(days * 86_400))
    return moment.strftime("%Y-%m-%d" if days == int(days) else "%Y-%m-%d %H:%M:%S")


def _error_text(detail: str) -> str:
    """What the cell shows, as near as the reader tells: `#NA`."""
    found = _ERROR.search(detail)
    return f"#{found[1].upper()}" if found else detail


def _last_filled(filled: pa.Array, end: int) -> int:
    """Number of rows up to the last one, before `end`, that is not blank."""
    while end > 0 and not filled[end - 1].as_py():
        end -= 1
    return end


def _is_filled(arrays: list[pa.Array], rows: int) -> pa.Array:
    filled = pa.array([False] * rows, pa.bool_())
    for array in arrays:
        filled = pc.or_(filled, pc.fill_null(pc.not_equal(array, ""), fill_value=False))
    return filled
