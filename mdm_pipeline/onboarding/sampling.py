"""The first rows of a table, read as landing would read them.

In: a source's configuration. Out: `Sample`: rows as text, what could not be read, encodings. Invariant: nothing is
read beyond the batch that completes the sample. Does not belong here: judging the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.sources.delivery import LOCATION, Delivery, Place, ReadProblem, Since
from mdm_pipeline.sources.read import open_source


@dataclass(frozen=True)
class Sample:
    """Some rows of one table.

    Args:
        rows: columns as delivered, all text, without the rows' locations.
        is_whole: the table has no more rows.
        problems: what could not be read among them.
        encodings: of the files they come from.
        files: names of these.
    """

    rows: pl.DataFrame
    is_whole: bool
    problems: tuple[ReadProblem, ...] = ()
    encodings: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default=())


class _Enough(Exception):  # noqa: N818  no error: it tells the reader that rows are left unread
    pass


def sample_table(source: SourceConfig, place: Place, table_name: str, rows: int) -> Sample:
    """Read the first rows of one table.

    Args:
        source: the source.
        place: where its data lies.
        table_name: a key of `source.tables`.
        rows: how many.

    Raises:
        SourceHeldBack: table, folder or file is missing or is not what it should be.
        TransientError: the source does not answer now.
    """
    taken: list[pl.DataFrame] = []
    delivery: Delivery | None = None
    count = 0
    try:
        with open_source(source, place) as reader:
            delivery = reader.read(table_name, Since())
            for batch in delivery.batches:
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)  # noqa: S101  a batch has columns
                taken.append(frame.drop(LOCATION))
                count += frame.height
                if count >= rows:
                    # leaving by an exception lets the connector drop its cursor instead of reading on to the end
                    raise _Enough
    except _Enough:
        pass
    assert delivery is not None  # noqa: S101  whatever prevents it has been raised
    empty = pl.DataFrame(schema=dict.fromkeys(delivery.columns, pl.String))
    frame = pl.concat([empty, *taken])
    return Sample(
        frame.head(rows),
        is_whole=count < rows,
        problems=tuple(delivery.problems),
        encodings=tuple(dict.fromkeys(file.encoding for file in delivery.files if file.encoding)),
        files=tuple(file.name for file in delivery.files),
    )
