"""Files that grow chunk by chunk: CSV, Parquet, Excel or CSV by size, and the CRM's SQL database.

In: Polars frames of equal columns. Out: the files of the three systems.
Invariant: the same frames in the same order give the same bytes (Excel has a fixed date inside).
What does not belong here: which columns a system has (`crm`, `erp`, `finance`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow.parquet as pq
import sqlalchemy as sa
import xlsxwriter

EXCEL_LIMIT = 200_000
FILE_DATE = datetime(2026, 10, 31, 20, 0, tzinfo=UTC)


class CsvSink:
    """A CSV file in any encoding, optionally with a byte order mark."""

    def __init__(self, path: Path, *, encoding: str = "utf-8", bom: bool = False) -> None:
        self.path = path
        self.encoding = encoding
        self.rows = 0
        self._file = path.open("wb")
        if bom:
            self._file.write("\ufeff".encode())

    def write(self, frame: pl.DataFrame) -> None:
        """Append rows; the first frame writes the header."""
        text = frame.write_csv(include_header=self.rows == 0 and self._file.tell() <= len("\ufeff".encode()))
        self._file.write(text.encode(self.encoding))
        self.rows += frame.height

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class ParquetSink:
    """A Parquet file, one row group per frame."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, frame: pl.DataFrame) -> None:
        """Append rows."""
        arrow = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, arrow.schema, compression="zstd")
        self._writer.write_table(arrow)
        self.rows += frame.height

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


class SheetSink:
    """An Excel workbook up to 200,000 rows, a CSV file with byte order mark above."""

    def __init__(self, folder: Path, name: str, *, limit: int = EXCEL_LIMIT) -> None:
        self.folder = folder
        self.name = name
        self.limit = limit
        self.rows = 0
        self._held: list[pl.DataFrame] = []
        self._csv: CsvSink | None = None

    @property
    def path(self) -> Path:
        """Where the rows are, once closed."""
        return self.folder / f"{self.name}.{'xlsx' if self._csv is None else 'csv'}"

    def write(self, frame: pl.DataFrame) -> None:
        """Append rows; the file turns into CSV when an Excel sheet would grow too large."""
        self.rows += frame.height
        self._held.append(frame)
        if self.rows > self.limit:
            if self._csv is None:
                self._csv = CsvSink(self.folder / f"{self.name}.csv", bom=True)
            for part in self._held:
                self._csv.write(part)
            self._held.clear()

    def close(self) -> None:
        """Finish the file and remove one of the other kind that an earlier run left."""
        stale = self.folder / f"{self.name}.{'csv' if self._csv is None else 'xlsx'}"
        stale.unlink(missing_ok=True)
        if self._csv is not None:
            self._csv.close()
        elif self._held:
            write_sheet(self.path, pl.concat(self._held))


def write_sheet(path: Path, frame: pl.DataFrame) -> None:
    """One worksheet: text as text, numbers as numbers, dates as ISO text."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False, "in_memory": False})
    book.set_properties({"created": FILE_DATE.replace(tzinfo=None)})
    sheet = book.add_worksheet("Sheet1")
    sheet.write_row(0, 0, frame.columns)
    plain = frame.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Decimal).cast(pl.Float64))
    for number, row in enumerate(plain.iter_rows(), 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
    book.close()


class DatabaseSink:
    """Tables of a SQL database, filled in bulk."""

    def __init__(self, url: str, metadata: sa.MetaData) -> None:
        self.engine = sa.create_engine(url)
        self.metadata = metadata
        self.rows: dict[str, int] = dict.fromkeys(metadata.tables, 0)
        metadata.drop_all(self.engine)
        metadata.create_all(self.engine)
        self._connection = self.engine.connect()
        if self.engine.dialect.name == "sqlite":
            self._connection.exec_driver_sql("pragma synchronous = off")

    def __enter__(self) -> DatabaseSink:
        """Use the database until the end of a with block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def write(self, name: str, frame: pl.DataFrame) -> None:
        """Append rows to one table."""
        table = self.metadata.tables[name]
        plain = frame.select([column.name for column in table.columns]).with_columns(pl.col(pl.Date).cast(pl.String))
        if self.engine.dialect.name == "sqlite":
            if plain.height:
                statement = str(table.insert().compile(dialect=self.engine.dialect))
                self._connection.exec_driver_sql(statement, plain.rows())
        elif plain.height:
            self._connection.execute(table.insert(), plain.rows(named=True))
        self._connection.commit()
        self.rows[name] += frame.height

    def close(self) -> None:
        """Commit and let go of the database."""
        self._connection.commit()
        self._connection.close()
        self.engine.dispose()
