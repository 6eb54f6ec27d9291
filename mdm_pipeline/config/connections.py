"""How a source is reached, and how its files are written.

Part of a source's YAML file. Every field carries a description; the reference page is generated from them.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.rest import RestConnection


class SqlConnection(Section):
    """A database by SQLAlchemy URL."""

    kind: Literal["sql"] = Field(description="Kind of connection.")
    url: SecretStr = Field(
        description="SQLAlchemy URL; `${NAME}` comes from the environment, a relative SQLite path is below `data_dir`."
    )
    fast_path: bool = Field(
        default=True,
        description="Let DuckDB fetch from PostgreSQL, MySQL and MariaDB by itself where it can; otherwise every row "
        "passes through the Python driver, with the same result.",
    )
    snapshot: Literal["source", "table"] = Field(
        default="source",
        description="What is read as of one moment: all tables of a run, or each table for itself. On MySQL and "
        "MariaDB the fast path cannot share a moment, so that several tables take it with `table` only.",
    )


class FilesConnection(Section):
    """A folder of files."""

    kind: Literal["files"] = Field(description="Kind of connection.")
    folder: str = Field(description="Folder, absolute or below `data_dir`; `${NAME}` is taken from the environment.")
    ready: Literal["stable", "marker"] = Field(
        default="stable",
        description="When a file is whole: its size and time stand still for `stable_for`, or a marker lies beside "
        "it. A file that is not yet whole holds the source back, or waits for the next run where files deliver "
        "changes. Names that begin with `.` or `~$` or end in .part, .filepart, .tmp or .crdownload are never read.",
    )
    stable_for: float = Field(
        default=0.5, ge=0, description="Seconds without a change, for `stable`; up to 5 are waited for."
    )
    marker: str = Field(
        default=".done",
        min_length=1,
        description="For `marker`: ending of the marker (`a.csv.done` or `a.done` for `a.csv`), or, without a dot at "
        "its start, the name of one marker for the whole folder (`_SUCCESS`).",
    )


Connection = Annotated[SqlConnection | FilesConnection | RestConnection, Field(discriminator="kind")]


class FileFormat(Section):
    """How the files of one table are written."""

    format: Literal["csv", "parquet", "excel", "json"] | None = Field(
        default=None,
        description="Format; by default from the file's ending. `json` is one object per line, or one array.",
    )
    dated: Literal["auto", "newest", "all"] = Field(
        default="auto",
        description="Which files are read where the pattern has a `{date:...}`: those of the newest date, or of all "
        "dates in order; `auto` is `newest` where files deliver everything and `all` where they deliver changes.",
    )
    repeats: Literal["skip", "take"] = Field(
        default="skip",
        description="Where files deliver changes: a file with the very content of one taken before under another name "
        "is a copy and left out (and reported), or taken.",
    )
    encoding: str = Field(
        default="auto",
        description="Text encoding; `auto` detects BOM, UTF-8, UTF-16, GB18030, Big5, cp1252. Others (shift_jis, "
        "euc_kr, cp1251 ...) have to be named.",
    )
    delimiter: str = Field(
        default="auto", description="Column delimiter of CSV, one character; `auto` detects , ; tab |."
    )
    quote: str = Field(default='"', max_length=1, description="Quote character of CSV; empty for none.")
    doubled_quotes: bool = Field(default=True, description="Whether a quote within quotes is written twice.")
    escape: str = Field(default="", max_length=1, description="Character before a quote or delimiter that is text.")
    comment: str = Field(default="", description="How lines begin that are no rows (CSV).")
    header_row: int = Field(
        default=0, ge=0, description="Row of the header, counted from 0; with `columns` the number of rows to skip."
    )
    columns: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Column names of files without a header (CSV, Excel); for JSON the keys to take, in their order.",
    )
    skip_footer: int = Field(default=0, ge=0, description="Rows at the end that are no data (totals and the like).")
    longest_row: int = Field(
        default=1_000_000,
        ge=1,
        description="Bytes that a row of CSV or JSON may have; longer ones are rejected without being held in memory.",
    )
    flatten: bool = Field(
        default=True, description="JSON: nested objects become columns `a.b`; otherwise they stay JSON text."
    )
    records: str | None = Field(
        default=None, description="JSON: path (`data.items`) to the array of rows within one document."
    )
    sheet: str | int = Field(
        default=0, description="Sheet of a workbook, by name, position or pattern (`2026-*`: all that match)."
    )
    serial_dates: list[str] = Field(
        default_factory=list, description="Excel: columns in which a bare number is a date; it becomes ISO text."
    )
    date_system: Literal[1900, 1904] = Field(
        default=1900, description="Excel: year from which bare date numbers are counted."
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        if value != "auto":
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError(
                    f"encoding {value!r} is unknown; expected auto or a name such as utf-8, gb18030, big5, cp1252"
                ) from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = {r"\t": "\t", "tab": "\t"}.get(value, value)
        if value != "auto" and (len(value) != 1 or value in "\r\n"):
            raise ValueError("a delimiter is one character (or auto, or tab)")
        return value
