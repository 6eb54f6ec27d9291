"""Excel workbooks as text: ids with their zeros, formatted dates as ISO text, numbers without spare zeros.

In: a path, the sheet, the header's row. Out: column names and batches of text. Invariant: a cell that is
text in the workbook is that text; blank rows are left out. Does not belong here: which files there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from mdm_pipeline.config.sources import FileFormat
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem, did_you_mean, text_batch, unique_names


@dataclass(frozen=True)
class ExcelFile:
    """One sheet, read whole: a workbook cannot be read piece by piece, and holds a million rows at most."""

    name: str
    header_row: int
    columns: tuple[str, ...]
    cells: pa.RecordBatch
    encoding: str | None = None

    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]:
        """All rows that are not blank; locations carry the sheet's row numbers."""
        del problems
        first = self.header_row + 2
        for start in range(0, self.cells.num_rows, ROWS_PER_BATCH):
            part = self.cells.slice(start, ROWS_PER_BATCH)
            arrays = [pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in part.columns]
            places = pa.array(
                [f"{self.name}:{number}" for number in range(first + start, first + start + part.num_rows)]
            )
            batch = text_batch(self.columns, arrays, places)
            yield batch.filter(_is_filled(arrays, part.num_rows))


def open_excel(name: str, path: Path, file_format: FileFormat) -> ExcelFile:
    """Read one sheet.

    Raises:
        ValueError: the sheet does not exist; the message says which there are.
    """
    workbook = fastexcel.read_excel(path)
    sheet = file_format.sheet
    if isinstance(sheet, str) and sheet not in workbook.sheet_names:
        raise ValueError(f"no sheet {sheet!r}{did_you_mean(sheet, workbook.sheet_names)}")
    if isinstance(sheet, int) and sheet >= len(workbook.sheet_names):
        raise ValueError(f"no sheet at position {sheet}; it has {len(workbook.sheet_names)}")
    loaded = workbook.load_sheet(sheet, header_row=file_format.header_row, dtypes="string")
    cells = loaded.to_arrow()
    header = ["" if column.startswith("__UNNAMED__") else column for column in cells.schema.names]
    return ExcelFile(name, file_format.header_row, unique_names(header), cells)


def _is_filled(arrays: list[pa.Array], rows: int) -> pa.Array:
    filled = pa.array([False] * rows, pa.bool_())
    for array in arrays:
        filled = pc.or_(filled, array.is_valid())
    return filled
