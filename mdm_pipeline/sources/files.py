"""A folder of files as one table: their hashes, one set of columns over all of them.

In: the source's folder and the table's patterns. Out: a `Delivery`. Invariant: files come in the order of
their dates and names; where they deliver changes each is taken once; a file that changes while it is read is
a transient error, never half a table. Does not belong here: which files there are, how one kind is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import pyarrow as pa
from fastexcel import FastExcelError

from mdm_pipeline.config.connections import FileFormat, FilesConnection
from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import SourceHeldBack, TransientError
from mdm_pipeline.sources.csv_files import open_csv
from mdm_pipeline.sources.delivery import (
    NOTHING_LANDED,
    Delivery,
    FileTaken,
    Place,
    ReadProblem,
    Since,
    aligned,
    expanded,
)
from mdm_pipeline.sources.excel_files import open_excel
from mdm_pipeline.sources.file_choice import FoundFile, Stamp, find_files, split_whole, stamp_of
from mdm_pipeline.sources.json_files import open_json
from mdm_pipeline.sources.packed_files import PACKED_ENDINGS, UNPACKING_ERRORS, open_plain, plain_name
from mdm_pipeline.sources.parquet_files import open_parquet

_ENDINGS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
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


@dataclass(frozen=True)
class _Hashed:
    """One file with the hash of its content, and its stamp when that was taken."""

    name: str
    path: Path
    stamp: Stamp
    sha256: str


@dataclass(frozen=True)
class _Chosen:
    """The files of a table that are whole, and what was left out."""

    files: tuple[_Hashed, ...]
    problems: tuple[ReadProblem, ...]


class FilesReader:
    """A source of kind `files`."""

    def __init__(self, source: SourceConfig, place: Place) -> None:
        self.source = source
        self.place = place
        self._hashes: dict[tuple[Path, Stamp], str] = {}
        self._settled: set[tuple[Path, Stamp]] = set()

    def peek(self, table_name: str, since: Since = NOTHING_LANDED) -> str:
        """Hash of the table's raw files and of how they are to be read.

        Args:
            table_name: the table.
            since: of files taken before whose size and time are the same, the hash of then stands for their content.

        Raises:
            SourceHeldBack: no file is there, or one is not yet whole.
        """
        return _content_hash(self.source.tables[table_name], self._choose(table_name, since).files)

    def read(self, table_name: str, since: Since) -> Delivery:
        """Open the table's files: all of them, or, where files deliver changes, those not taken before.

        Raises:
            SourceHeldBack: no file is there, one is not yet whole or cannot be opened as what it should be.
        """
        table = self.source.tables[table_name]
        chosen = self._choose(table_name, since)
        content_hash = _content_hash(table, chosen.files)
        if table.delivers == "everything":
            return self._delivery(table_name, chosen.files, content_hash, list(chosen.problems))
        if not chosen.files and not since.files:
            raise self._nothing_there(table_name)
        known = {} if since.is_full else since.files
        new, problems = _not_taken(chosen.files, known, table.format)
        return self._delivery(table_name, new, content_hash, [*chosen.problems, *problems], known)

    def _choose(self, table_name: str, since: Since) -> _Chosen:
        table = self.source.tables[table_name]
        connection = cast(FilesConnection, self.source.connection)
        folders = self._folders(table_name)
        is_all = table.delivers == "changes"
        newest_only = table.format.dated == "newest" or (table.format.dated == "auto" and not is_all)
        try:
            found, problems = find_files(table.files, folders, self.place.until, newest_only=newest_only)
        except (ValueError, NotImplementedError) as error:
            raise SourceHeldBack(self.source.name, f"{table_name}: `files`: {error}; correct the pattern") from error
        try:
            whole, waiting = split_whole(found, connection, self._settled)
            hashed = tuple(self._hashed(file, since) for file in whole)
        except FileNotFoundError as error:
            name = Path(error.filename or "").name
            raise FileStillWritten(
                f"{self.source.name}.{table_name}, file {name}: vanished while it was looked at; tried again"
            ) from error
        except OSError as error:
            raise SourceHeldBack(
                self.source.name,
                f"{table_name}, file {Path(error.filename or '').name}: cannot be read ({error.strerror}); "
                "expected a readable file; correct its rights or the disk",
            ) from error
        if not is_all:
            if waiting:
                raise SourceHeldBack(
                    self.source.name,
                    f"{table_name}, file {waiting[0].name}: it is not taken, for {waiting[0].why}; run again then",
                )
            if not whole:
                raise self._nothing_there(table_name)
        left = [ReadProblem(w.name, None, None, f"left for the next run, for {w.why}", False) for w in waiting]
        return _Chosen(hashed, (*problems, *left))

    def _hashed(self, file: FoundFile, since: Since) -> _Hashed:
        stamp = stamp_of(file.path)
        if not since.is_full and since.stamps.get(file.name) == stamp and file.name in since.files:
            return _Hashed(file.name, file.path, stamp, since.files[file.name])
        if (file.path, stamp) not in self._hashes:
            with file.path.open("rb") as stream:
                self._hashes[file.path, stamp] = hashlib.file_digest(stream, "sha256").hexdigest()
        return _Hashed(file.name, file.path, stamp, self._hashes[file.path, stamp])

    def _folders(self, table_name: str) -> list[Path]:
        """The source's folder and, hiding its older namesakes, what was dropped into the inbox."""
        connection = cast(FilesConnection, self.source.connection)
        folder = self.place.data_path / expanded(connection.folder, where=f"{self.source.name}, connection.folder")
        dropped = self.place.inbox / self.source.name if self.place.inbox else None
        folders = [place for place in (folder, dropped) if place is not None and place.is_dir()]
        if not folders:
            raise SourceHeldBack(
                self.source.name,
                f"{table_name}: folder {folder.name} does not exist; mount or create it, or correct the path",
            )
        return folders

    def _nothing_there(self, table_name: str) -> SourceHeldBack:
        patterns = self.source.tables[table_name].files
        wanted = " or ".join(patterns) or "(no pattern configured)"
        folder = Path(cast(FilesConnection, self.source.connection).folder).name
        return SourceHeldBack(
            self.source.name,
            f"{table_name}: no file {wanted} in folder {folder}; expected at least one; deliver it or correct `files`",
        )

    def _delivery(
        self,
        table_name: str,
        files: Sequence[_Hashed],
        content_hash: str,
        problems: list[ReadProblem],
        known: Mapping[str, str] | None = None,
    ) -> Delivery:
        opened = [_open(self.source, table_name, file) for file in files]
        columns = _over_all([file.columns for file in opened])
        if not files:
            columns = _named_columns(self.source.tables[table_name])
        taken = tuple(
            FileTaken(file.name, file.sha256, file.stamp[0], readable.encoding, file.stamp[1])
            for file, readable in zip(files, opened, strict=True)
        )

        def batches() -> Iterator[pa.RecordBatch]:
            for file, readable in zip(files, opened, strict=True):
                problems.extend(_lacking(file.name, readable.columns, columns))
                with _explained(self.source, table_name, file.name):
                    for batch in readable.batches(problems):
                        yield aligned(batch, columns)
                if not file.path.is_file() or stamp_of(file.path) != file.stamp:
                    raise FileStillWritten(
                        f"{self.source.name}.{table_name}, file {file.name}: changed while it was read; "
                        "expected a finished file; it is read again"
                    )

        return Delivery(
            columns,
            batches(),
            content_hash,
            taken,
            problems,
            is_complete=known is None,
            replaced_files=tuple(file.name for file in files if known and file.name in known),
        )


def _not_taken(
    files: Sequence[_Hashed], known: Mapping[str, str], file_format: FileFormat
) -> tuple[list[_Hashed], list[ReadProblem]]:
    """The files that are new or corrected; copies of what was taken under another name are left out and named."""
    by_content = {sha256: name for name, sha256 in known.items()}
    new: list[_Hashed] = []
    problems: list[ReadProblem] = []
    for file in files:
        if known.get(file.name) == file.sha256:
            continue
        earlier = by_content.get(file.sha256)
        if earlier is not None and file.name not in known and file_format.repeats == "skip":
            said = f"it is a copy of {earlier}, taken before, and is not taken again; expected new content"
            hint = "set `repeats: take` if the same content may come twice"
            problems.append(ReadProblem(file.name, None, None, f"{said}; {hint}", is_row_lost=False))
            continue
        by_content.setdefault(file.sha256, file.name)
        new.append(file)
    return new, problems


def _over_all(headers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The columns of all files in the order in which they first come, spelled as there."""
    spelled: dict[str, str] = {}
    for header in headers:
        for column in header:
            spelled.setdefault(column.lower(), column)
    return tuple(spelled.values())


def _named_columns(table: TableConfig) -> tuple[str, ...]:
    """The columns that the configuration names: those of a delivery without a file."""
    mapping = table.party.source_columns("party") if table.party else ()
    event = table.event.source_columns("event") if table.event else ()
    flag = (table.deleted_flag.column,) if table.deleted_flag else ()
    named = (*table.key, *filter(None, [table.updated_at]), *flag, *(column for column, _ in (*mapping, *event)))
    return _over_all([named])


def _content_hash(table: TableConfig, files: Sequence[_Hashed]) -> str:
    hashes = [(file.name, file.sha256) for file in files]
    text = json.dumps([table.format.model_dump(mode="json"), hashes], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _open(source: SourceConfig, table_name: str, file: _Hashed) -> _Readable:
    """Open one file as what its format says; whatever it then turns out to be is one clear line."""
    file_format = source.tables[table_name].format
    path = file.path
    with _explained(source, table_name, file.name):
        ending = Path(plain_name(path)).suffix.lower()
        kind = file_format.format or _ENDINGS.get(ending)
        if kind == "csv":
            if ending == ".tsv" and file_format.delimiter == "auto":
                file_format = file_format.model_copy(update={"delimiter": "\t"})
            return open_csv(file.name, lambda: open_plain(path), file_format)
        if kind == "json":
            return open_json(file.name, lambda: open_plain(path), file_format)
        if kind == "parquet":
            return open_parquet(file.name, _whole(path))
        if kind == "excel":
            return open_excel(file.name, _whole(path), file_format)
    raise SourceHeldBack(
        source.name,
        f"{table_name}, file {file.name}: ending {ending or 'none'} is unknown; expected "
        f"{', '.join(_ENDINGS)}; set `format: {{format: csv}}`, json, parquet or excel",
    )


def _whole(path: Path) -> Path | bytes:
    """These formats are read from several places at once, so a packed one is unpacked first."""
    if path.suffix.lower() not in PACKED_ENDINGS:
        return path
    with open_plain(path) as stream:
        return stream.read()


@contextmanager
def _explained(source: SourceConfig, table_name: str, name: str) -> Iterator[None]:
    """What readers say about a damaged file, as one line that names it."""
    try:
        yield
    except (ValueError, LookupError, OSError, pa.ArrowException, FastExcelError, *UNPACKING_ERRORS) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise SourceHeldBack(
            source.name,
            f"{table_name}, file {name}: cannot be read ({said}); deliver it again or correct `format`",
        ) from error


def _lacking(name: str, have: tuple[str, ...], columns: tuple[str, ...]) -> list[ReadProblem]:
    lowered = {column.lower() for column in have}
    return [
        ReadProblem(name, column, None, "the file lacks a column that others have; its rows are null there", False)
        for column in columns
        if column.lower() not in lowered
    ]
