"""The one door to every kind of source.

In: a source's configuration, the name of one of its tables, the folder its paths are below. Out: a
`Delivery`. Invariant: `peek` is cheap and opens nothing that `read_table` would not. Does not belong here:
kinds of sources.
"""

from __future__ import annotations

from pathlib import Path

from mdm_pipeline.config.sources import FilesConnection, SourceConfig
from mdm_pipeline.sources.delivery import Delivery, FileTaken, ReadProblem
from mdm_pipeline.sources.files import peek_files, read_files
from mdm_pipeline.sources.sql import read_sql

__all__ = ["Delivery", "FileTaken", "ReadProblem", "peek", "read_table"]


def peek(source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None = None) -> str | None:
    """Hash of the raw content of what would be delivered now, or None where only reading tells.

    Raises:
        SourceHeldBack: nothing is there to be read.
    """
    if isinstance(source.connection, FilesConnection):
        return peek_files(source, table_name, data_path, inbox)
    return None


def read_table(source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None = None) -> Delivery:
    """Open one table of a source; its rows are read while `batches` is iterated.

    Args:
        source: the source.
        table_name: a key of `source.tables`.
        data_path: the folder that relative paths are below.
        inbox: a file in `inbox/<source>/` takes the place of one of the same name in the source's folder.

    Raises:
        SourceHeldBack: table, column, folder or file is missing or is not what it should be.
        TransientError: the source does not answer now.
        PermanentError: an environment variable is not set.
    """
    if isinstance(source.connection, FilesConnection):
        return read_files(source, table_name, data_path, inbox)
    return read_sql(source, table_name, data_path)
