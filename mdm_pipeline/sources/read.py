"""The one door to every kind of source.

In: a source's configuration and where its data lies. Out: a `SourceReader`, open for one run. Invariant: `peek` is
cheap and opens nothing that `read` would not. Does not belong here: kinds of sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mdm_pipeline.config.connections import FilesConnection
from mdm_pipeline.config.rest import RestConnection
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.sources.delivery import Place, SourceReader
from mdm_pipeline.sources.files import FilesReader
from mdm_pipeline.sources.rest.reader import RestReader
from mdm_pipeline.sources.sql import SqlReader


@contextmanager
def open_source(source: SourceConfig, place: Place) -> Iterator[SourceReader]:
    """Open a source for one run.

    Args:
        source: the source.
        place: where its data lies, and the run's time.

    Raises:
        SourceHeldBack: table, column, folder or file is missing or is not what it should be.
        TransientError: the source does not answer now.
        PermanentError: an environment variable is not set.
    """
    if isinstance(source.connection, FilesConnection):
        yield FilesReader(source, place)
        return
    if isinstance(source.connection, RestConnection):
        with RestReader(source, place) as rest:
            yield rest
        return
    with SqlReader(source, place) as reader:
        yield reader
