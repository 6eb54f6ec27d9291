"""A folder of files as one table: which files, their hashes, one set of columns over all of them.

In: the source's folder and the table's patterns. Out: a `Delivery`. Invariant: files come in the order of
their names; a file that changes while it is read is a transient error, never half a table. Does not belong
here: how one kind of file is read.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa
from fastexcel import FastExcelError

from mdm_pipeline.config.sources import FilesConnection, SourceConfig, TableConfig
from mdm_pipeline.errors import SourceHeldBack, TransientError
from mdm_pipeline.sources.csv_files import open_csv
from mdm_pipeline.sources.delivery import Delivery, FileTaken, ReadProblem, aligned, expanded
from mdm_pipeline.sources.excel_files import open_excel
from mdm_pipeline.sources.parquet_files import open_parquet

_ENDINGS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
}


class _Readable(Protocol):
    """What every kind of file offers once it is open."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def encoding(self) -> str | None: ...
    def batches(self, problems: list[ReadProblem]) -> Iterator[pa.RecordBatch]: ...


class FileStillWritten(TransientError):
    """A file changed between its hash and the end of reading it."""


def peek_files(source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None = None) -> str:
    """Hash of the table's raw files and of how they are to be read.

    Raises:
        SourceHeldBack: no file is there.
    """
    table = source.tables[table_name]
    return _content_hash(table, _hashes(_files(source, table_name, data_path, inbox)))


def read_files(source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None = None) -> Delivery:
    """Open all files of one table.

    Args:
        source: the source.
        table_name: a key of `source.tables`.
        data_path: the folder that the source's folder is below.
        inbox: a file in `inbox/<source>/` takes the place of one of the same name in the source's folder.

    Raises:
        SourceHeldBack: no file is there, or one cannot be opened as what it should be.
    """
    table = source.tables[table_name]
    found = _files(source, table_name, data_path, inbox)
    paths = list(found.values())
    stamps = [_stamp(path) for path in paths]
    hashes = _hashes(found)
    opened = [_open(source, table_name, name, path) for (name, _), path in zip(hashes, paths, strict=True)]
    columns = tuple({name.lower(): name for file in reversed(opened) for name in reversed(file.columns)}.values())[::-1]
    problems: list[ReadProblem] = []
    taken = tuple(
        FileTaken(name, digest, path.stat().st_size, file.encoding)
        for (name, digest), path, file in zip(hashes, paths, opened, strict=True)
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for file, path, stamp, record in zip(opened, paths, stamps, taken, strict=True):
            problems.extend(_lacking(record.name, file.columns, columns))
            with _explained(source, table_name, record.name):
                for batch in file.batches(problems):
                    yield aligned(batch, columns)
            if _stamp(path) != stamp:
                raise FileStillWritten(
                    f"{source.name}.{table_name}, file {record.name}: changed while it was read; "
                    "expected a finished file; it is read again"
                )

    return Delivery(columns, batches(), _content_hash(table, hashes), taken, problems)


def _folder(source: SourceConfig, data_path: Path) -> Path:
    connection = cast(FilesConnection, source.connection)
    return data_path / expanded(connection.folder, where=f"{source.name}, connection.folder")


def _files(source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None) -> dict[str, Path]:
    """Files of one table by name, in order of name; a file dropped into the inbox hides its older namesake."""
    patterns = source.tables[table_name].files
    folder = _folder(source, data_path)
    dropped = inbox / source.name if inbox else None
    if not folder.is_dir() and not (dropped and dropped.is_dir()):
        raise SourceHeldBack(
            source.name,
            f"{table_name}: folder {folder.name} does not exist; mount or create it, or correct the path",
        )
    found = {
        path.relative_to(place).as_posix(): path
        for place in (folder, dropped)
        if place is not None
        for pattern in patterns
        for path in place.glob(pattern)
        if path.is_file()
    }
    if not found:
        wanted = " or ".join(patterns) or "(no pattern configured)"
        raise SourceHeldBack(
            source.name,
            f"{table_name}: no file {wanted} in folder {folder.name}; expected at least one; "
            "deliver it or correct `files`",
        )
    return dict(sorted(found.items()))


def _hashes(files: dict[str, Path]) -> list[tuple[str, str]]:
    hashes = []
    for name, path in files.items():
        with path.open("rb") as stream:
            hashes.append((name, hashlib.file_digest(stream, "sha256").hexdigest()))
    return hashes


def _content_hash(table: TableConfig, hashes: list[tuple[str, str]]) -> str:
    text = json.dumps([table.format.model_dump(mode="json"), hashes], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _open(source: SourceConfig, table_name: str, name: str, path: Path) -> _Readable:
    """Open one file as what its format says; whatever it then turns out to be is one clear line."""
    file_format = source.tables[table_name].format
    is_packed = path.suffix.lower() == ".gz"
    ending = Path(path.stem).suffix if is_packed else path.suffix
    kind = file_format.format or _ENDINGS.get(ending.lower())
    with _explained(source, table_name, name):
        if kind == "csv":
            return open_csv(name, lambda: _stream(path, is_packed=is_packed), file_format)
        if kind == "parquet":
            return open_parquet(name, path)
        if kind == "excel":
            return open_excel(name, path, file_format)
    raise SourceHeldBack(
        source.name,
        f"{table_name}, file {name}: ending {ending or 'none'} is unknown; expected "
        f"{', '.join(_ENDINGS)}; set `format: {{format: csv}}`, parquet or excel",
    )


@contextmanager
def _explained(source: SourceConfig, table_name: str, name: str) -> Iterator[None]:
    """What readers say about a damaged file, as one line that names it."""
    try:
        yield
    except (
        ValueError,
        LookupError,
        EOFError,
        OSError,
        zlib.error,
        pa.ArrowException,
        FastExcelError,
    ) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise SourceHeldBack(
            source.name,
            f"{table_name}, file {name}: cannot be read ({said}); deliver it again or correct `format`",
        ) from error


def _stream(path: Path, *, is_packed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_packed else path.open("rb")


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _lacking(name: str, have: tuple[str, ...], columns: tuple[str, ...]) -> list[ReadProblem]:
    lowered = {column.lower() for column in have}
    return [
        ReadProblem(name, column, None, "the file lacks a column that others have; its rows are null there", False)
        for column in columns
        if column.lower() not in lowered
    ]
