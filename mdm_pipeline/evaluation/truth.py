"""Reads a file with the truth: which records are which customer.

In: a CSV or Parquet file. Out: a frame with the columns of `TRUTH_COLUMNS`, all text, one row per record.
Invariant: a file that does not say what it should is refused in one line that names file, column or row.
Does not belong here: comparing (`measures`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from mdm_pipeline.errors import PermanentError

RECORD_KEY = ("source", "table", "source_key")
TRUTH_COLUMNS = (*RECORD_KEY, "truth_id", "party_type")
PARTY_TYPES = ("person", "organization")


class TruthUnreadable(PermanentError):
    """The file of the truth is missing, has the wrong form or contradicts itself."""


def read_truth(path: Path) -> pl.DataFrame:
    """Read the truth.

    Args:
        path: CSV (UTF-8, with header) or Parquet with the columns source, table, source_key, truth_id,
            party_type; further columns are left out.

    Returns:
        One row per record; every column is text.

    Raises:
        TruthUnreadable: no such file, missing columns, empty cells, unknown party types, a record twice.
    """
    if not path.is_file():
        raise TruthUnreadable(f"truth {path.name}: no such file at {path}; expected CSV or Parquet")
    frame = _read(path)
    missing = [column for column in TRUTH_COLUMNS if column not in frame.columns]
    if missing:
        raise TruthUnreadable(
            f"truth {path.name}: column {', '.join(missing)} missing; expected {', '.join(TRUTH_COLUMNS)}, "
            f"found {', '.join(frame.columns)}"
        )
    frame = frame.select(pl.col(column).cast(pl.String) for column in TRUTH_COLUMNS)
    _refuse_bad_rows(path, frame)
    return frame


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        first_line = str(error).splitlines()[0]
        raise TruthUnreadable(
            f"truth {path.name}: cannot be read ({first_line}); expected UTF-8 CSV with a header, or Parquet"
        ) from error


def _refuse_bad_rows(path: Path, frame: pl.DataFrame) -> None:
    numbered = frame.with_row_index("row", offset=1)
    empty = numbered.filter(pl.any_horizontal(pl.col(c).is_null() | (pl.col(c) == "") for c in TRUTH_COLUMNS))
    if empty.height:
        raise TruthUnreadable(
            f"truth {path.name}, row {empty['row'][0]}: an empty cell; all of {', '.join(TRUTH_COLUMNS)} "
            f"are needed ({empty.height} such rows)"
        )
    unknown = numbered.filter(~pl.col("party_type").is_in(PARTY_TYPES))
    if unknown.height:
        raise TruthUnreadable(
            f"truth {path.name}, row {unknown['row'][0]}, column party_type: {unknown['party_type'][0]!r}; "
            f"expected {' or '.join(PARTY_TYPES)} ({unknown.height} such rows)"
        )
    twice = numbered.filter(pl.struct(RECORD_KEY).is_duplicated())
    if twice.height:
        source, table, key = twice.select(RECORD_KEY).row(0)
        raise TruthUnreadable(
            f"truth {path.name}, row {twice['row'][0]}: {source}.{table}:{key} occurs more than once; "
            f"a record has one truth ({twice.height} such rows)"
        )
