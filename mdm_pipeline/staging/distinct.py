"""Calls a standardizer once per distinct input, whatever the number of rows.

In: a frame of inputs and a standardizer. Out: its answers, row by row. Invariant: the same answers as
calling it on all rows. Does not belong here: what is standardized.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

Standardizer = Callable[[pl.DataFrame], pl.DataFrame]


def per_row(frame: pl.DataFrame, standardize: Standardizer) -> pl.DataFrame:
    """Answers of a standardizer that gives one row per row.

    Args:
        frame: the inputs.
        standardize: gives one row per input row, in the same order.
    """
    distinct, numbers = _distinct(frame)
    return standardize(distinct)[numbers]


def per_part(frame: pl.DataFrame, standardize: Standardizer) -> pl.DataFrame:
    """Answers of a standardizer that gives none, one or several rows per row.

    Args:
        frame: the inputs.
        standardize: gives rows with `row`, the index of the input row.

    Returns:
        Its columns with `row` as index into `frame`, and `part`, which counts the answers of a row from 0.
    """
    distinct, numbers = _distinct(frame)
    answers = standardize(distinct)
    answers = answers.with_columns(pl.int_range(pl.len()).over("row").alias("part"))
    answers = answers.rename({"row": "distinct"}).with_columns(pl.col("distinct").cast(pl.UInt32))
    rows = pl.DataFrame({"distinct": numbers}).with_row_index("row")
    return rows.join(answers, on="distinct", how="inner").sort("row", "part").drop("distinct")


def _distinct(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The distinct rows, and per row the number of its distinct row."""
    distinct = frame.unique(maintain_order=True)
    numbered = distinct.with_row_index("distinct_number")
    joined = frame.join(numbered, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")
    return distinct, joined["distinct_number"]
