"""A source as it stands: tables or files, columns, keys that it declares, some rows of each table.

In: a database URL, or a folder. Out: `FoundTable`s with a sample each. Invariant: the source is only read, through the
connectors that landing uses, so that what is seen is what will be landed. Does not belong here: what it means.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import URL

from mdm_pipeline.config.connections import FilesConnection, SqlConnection
from mdm_pipeline.config.mappings import ByValue, NameMapping, PartyMapping
from mdm_pipeline.config.sources import SourceConfig, TableConfig
from mdm_pipeline.errors import PermanentError, SourceHeldBack
from mdm_pipeline.onboarding.sampling import sample_table
from mdm_pipeline.onboarding.wording import hints, table_kinds
from mdm_pipeline.sources.database_errors import explained
from mdm_pipeline.sources.delivery import Place
from mdm_pipeline.standardize.text import pinyin

MOST_TABLES = 60
_READABLE = re.compile(
    r"\.(?:csv|tsv|txt|json|jsonl|ndjson|parquet|pq|xlsx|xlsm|xlsb|xls)(?:\.(?:gz|zst|zip|xz|bz2))?$", re.IGNORECASE
)
_DATE = re.compile(r"(?<!\d)(?:(\d{4})(\d{2})(\d{2})|(\d{4})-(\d{2})-(\d{2}))(?!\d)")
_ANY_MAPPING = PartyMapping(type=ByValue(otherwise="guess"), names=[NameMapping()])


@dataclass(frozen=True)
class FoundTable:
    """One table, or set of files, of a source.

    Args:
        name: its name in the configuration.
        origin: its name at the source.
        sample: its first rows, all text.
        primary_key: as the database declares it.
        unique: further sets of columns that it declares unique.
        indexed: columns that an index begins with.
        references: column to (table at the source, column) by foreign key.
        files: patterns of its files.
        encodings: text encodings found in its files.
    """

    name: str
    origin: str
    sample: pl.DataFrame
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    indexed: frozenset[str] = frozenset()
    references: dict[str, tuple[str, str]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A source as it stands; `unread` names what was not looked at, and why."""

    tables: tuple[FoundTable, ...]
    unread: tuple[str, ...] = ()


class NothingFound(PermanentError):
    """There is nothing to propose."""


def entry_name(origin: str) -> str:
    """Name of a table in the configuration: lower case letters, digits and `_`; Chinese as pinyin."""
    romanized = pinyin(pl.Series("text", [origin], dtype=pl.String))[0] or ""
    parts = re.findall(r"[a-z0-9]+", romanized) if re.search(r"[^\x00-\x7f]", origin) else []
    text = "_".join(parts) if parts else re.sub(r"[^a-z0-9]+", "_", origin.lower()).strip("_")
    return text if re.match(r"[a-z]", text) else f"t_{text}"


def introspect_database(name: str, url: URL, data_path: Path, *, rows: int, only: Sequence[str] = ()) -> Found:
    """Look at every table and view of a database.

    Args:
        name: what the source will be called.
        url: with its password.
        data_path: where relative SQLite paths begin.
        rows: rows to sample of each table.
        only: names of tables; all if empty.

    Raises:
        SourceHeldBack: the database refuses, or a table of `only` is not there.
        TransientError: it does not answer.
    """
    engine = _engine(name, url, data_path)
    try:
        with explained(name, "(all tables)"), engine.connect() as connection:
            inspector = sa.inspect(connection)
            chosen = _chosen_tables(name, inspector, only)
            described = [_described(inspector, table) for table in chosen]
    finally:
        engine.dispose()
    wanted, unread = _most_telling(_named_apart(described))
    source = _probe(name, SqlConnection(kind="sql", url=url.render_as_string(hide_password=False)), wanted)
    place = Place(data_path, None, datetime.now(UTC))
    tables = [replace(table, sample=sample_table(source, place, table.name, rows).rows) for table in wanted]
    return Found(tuple(tables), unread)


def introspect_folder(name: str, folder: str, data_path: Path, *, rows: int, patterns: Sequence[str] = ()) -> Found:
    """Look at every file of a folder; files that differ by a date in their name are one table.

    Args:
        name: what the source will be called.
        folder: absolute, or below `data_path`.
        data_path: where relative paths begin.
        rows: rows to sample of each table.
        patterns: only files that match one of them.

    Raises:
        NothingFound: there is no such folder, or no file that can be read in it.
    """
    place = data_path / folder
    if not place.is_dir():
        raise NothingFound(
            f"{name}: no folder {folder}; expected one that exists, absolute or below the data folder; correct --folder"
        )
    found = sorted(
        path.relative_to(place).as_posix()
        for path in place.rglob("*")
        if path.is_file() and _READABLE.search(path.name) and not path.name.startswith((".", "~$"))
    )
    if patterns:
        found = [path for path in found if any(Path(path).match(pattern) for pattern in patterns)]
    if not found:
        raise NothingFound(
            f"{name}: no readable file in {folder}; expected CSV, JSON, Parquet or Excel files"
            + (f" that match {' or '.join(patterns)}" if patterns else "")
            + "; deliver one, or correct the folder or --pattern"
        )
    sets = _file_sets(found)
    empty = pl.DataFrame()
    tables = [FoundTable(entry, origin, empty, files=(pattern,)) for entry, (origin, pattern) in sets.items()]
    source = _probe(name, FilesConnection(kind="files", folder=folder), tables)
    readable, unread = [], []
    for table in tables:
        try:
            taken = sample_table(source, Place(data_path, None, datetime.now(UTC)), table.name, rows)
        except SourceHeldBack as error:  # one file that is no table must not keep the others from being looked at
            unread.append(error.reason)
            continue
        readable.append(replace(table, sample=taken.rows, encodings=taken.encodings))
    if not readable:
        raise NothingFound(f"{name}: no file of {folder} can be read: {unread[0]}")
    return Found(tuple(readable), tuple(unread))


def _file_sets(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Entry name to (stem without date, pattern)."""
    sets: dict[str, tuple[str, str]] = {}
    for name in names:
        pattern = _DATE.sub(_date_form, name, count=1)
        stem = _READABLE.sub("", Path(_DATE.sub("", name)).name).strip("_- .") or "table"
        entry = base = entry_name(stem)
        number = 1
        while entry in sets and sets[entry][1] != pattern:
            number += 1
            entry = f"{base}_{number}"
        sets[entry] = (stem, pattern)
    return sets


def _date_form(found: re.Match[str]) -> str:
    return "{date:%Y%m%d}" if found[1] else "{date:%Y-%m-%d}"


def _probe(name: str, connection: SqlConnection | FilesConnection, tables: Sequence[FoundTable]) -> SourceConfig:
    """A configuration that reads the tables and says nothing about their columns."""
    entries = {
        table.name: TableConfig(
            key=["-"],
            table=None if table.files else table.origin,
            files=list(table.files),
            party=_ANY_MAPPING,
        )
        for table in tables
    }
    return SourceConfig(name=name, connection=connection, tables=entries)


def _engine(name: str, url: URL, data_path: Path) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        path = data_path / (url.database or "")
        if not path.is_file():
            raise SourceHeldBack(
                name,
                f"database file {url.database} does not exist; expected an absolute path (four slashes) or one below "
                "the data folder; correct --url",
            )
        # a plain URL would create a missing file, and lock one that somebody writes
        address = f"file:{quote(str(path.resolve()))}?mode=ro"
        return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True))
    try:
        return sa.create_engine(url, poolclass=sa.pool.NullPool)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise PermanentError(
            f"{name}: --url is of a database that is not installed here ({type(error).__name__}); expected for "
            "instance postgresql+psycopg2://user@host/database; SQL Server and Oracle need the extras"
        ) from None


def _chosen_tables(name: str, inspector: sa.Inspector, only: Sequence[str]) -> list[str]:
    there = [*inspector.get_table_names(), *inspector.get_view_names()]
    lowered = {table.lower(): table for table in there}
    chosen = []
    for table in only:
        schema, _, plain = table.rpartition(".")
        if schema and inspector.has_table(plain, schema=schema):
            chosen.append(table)
        elif table.lower() in lowered:
            chosen.append(lowered[table.lower()])
        else:
            raise SourceHeldBack(
                name,
                f"no table {table!r}; expected one of {', '.join(sorted(there)[:20]) or '(none)'}, or schema.table; "
                "correct --table",
            )
    if not there and not only:
        raise NothingFound(
            f"{name}: the database shows no table to this user; expected some in its default schema; grant select, "
            "correct --url, or name tables of another schema by --table schema.table"
        )
    return chosen or there


def _named_apart(tables: Sequence[FoundTable]) -> list[FoundTable]:
    """Entries of one name are numbered: `Kunden` and `kunden` may be two tables."""
    taken: dict[str, int] = {}
    named = []
    for table in tables:
        number = taken[table.name] = taken.get(table.name, 0) + 1
        named.append(replace(table, name=f"{table.name}_{number}") if number > 1 else table)
    return named


def _described(inspector: sa.Inspector, table: str) -> FoundTable:
    is_there = inspector.has_table(table)
    before, _, last = table.rpartition(".")
    schema, plain = (None, table) if is_there or not before else (before, last)
    keys = inspector.get_pk_constraint(plain, schema).get("constrained_columns") or []
    indexes = inspector.get_indexes(plain, schema)
    declared = [tuple(one["column_names"]) for one in inspector.get_unique_constraints(plain, schema)]
    declared += [tuple(name for name in one["column_names"] if name) for one in indexes if one.get("unique")]
    references = {
        key["constrained_columns"][0]: (key["referred_table"], key["referred_columns"][0])
        for key in inspector.get_foreign_keys(plain, schema)
        if len(key["constrained_columns"]) == 1 and key["referred_columns"]
    }
    columns = pl.DataFrame({column["name"]: [] for column in inspector.get_columns(plain, schema)})
    return FoundTable(
        name=entry_name(table),
        origin=table,
        sample=columns,
        primary_key=tuple(keys),
        unique=tuple(dict.fromkeys(columns for columns in declared if columns)),
        indexed=frozenset(one["column_names"][0] for one in indexes if one["column_names"] and one["column_names"][0]),
        references=references,
    )


def _most_telling(tables: Sequence[FoundTable]) -> tuple[list[FoundTable], tuple[str, ...]]:
    """The tables whose names and columns say most; an ERP has thousands, and each costs a query."""
    if len(tables) <= MOST_TABLES:
        return list(tables), ()

    def telling(table: FoundTable) -> float:
        known = sum(bool(found and found[0].confidence > 0.6) for found in map(hints, table.sample.columns))
        return max(table_kinds(table.origin).values(), default=0.0) * 3 + min(known, 8)

    ranked = sorted(tables, key=lambda table: (-telling(table), table.name))
    left = f"{len(tables) - MOST_TABLES} tables by whose names nothing could be told; name them with --table"
    return ranked[:MOST_TABLES], (left,)
