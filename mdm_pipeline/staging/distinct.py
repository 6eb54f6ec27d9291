"""Calls a standardizer once per distinct input, whatever the number of rows.

In: a frame of inputs and a standardizer. Out: its answers, row by row. Invariant: the same answers as
calling it on all rows. Does not belong here: what is standardized.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.staging.remembered import answered

Standardizer = Callable[[pl.DataFrame], pl.DataFrame]


def per_row(frame: pl.DataFrame, standardize: Standardizer, *, name: str | None = None) -> pl.DataFrame:
    """Answers of a standardizer that gives one row per row.

    Args:
        frame: the inputs.
        standardize: gives one row per input row, in the same order.
        name: of a standardizer whose answers are worth remembering between runs.
    """
    distinct, numbers = _distinct(frame)
    if name is None:
        return standardize(distinct)[numbers]
    answers = answered(name, distinct, lambda inputs: standardize(inputs).with_row_index("row"))
    return answers.drop("row")[numbers]


def per_part(frame: pl.DataFrame, standardize: Standardizer, *, name: str | None = None) -> pl.DataFrame:
    """Answers of a standardizer that gives none, one or several rows per row.

    Args:
        frame: the inputs.
        standardize: gives rows with `row`, the index of the input row.
        name: of a standardizer whose answers are worth remembering between runs.

    Returns:
        Its columns with `row` as index into `frame`, and `part`, which counts the answers of a row from 0.
    """
    distinct, numbers = _distinct(frame)
    answers = answered(name, distinct, standardize)
    answers = answers.with_columns(pl.int_range(pl.len()).over("row").alias("part"))
    answers = answers.rename({"row": "distinct"}).with_columns(pl.col("distinct").cast(pl.UInt32))
    rows = pl.DataFrame({"distinct": numbers}).with_row_index("row")
    return rows.join(answers, on="distinct", how="inner").sort("row", "part").drop("distinct")


def _distinct(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The distinct rows in the order in which they come, and per row the number of its distinct row."""
    numbered = frame.with_row_index("row_number")
    first = numbered.select(pl.col("row_number").first().over(frame.columns))["row_number"]
    is_first = first == numbered["row_number"]
    return frame.filter(is_first), (is_first.cum_sum() - 1).gather(first)
