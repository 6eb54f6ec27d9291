"""The errors themselves: how a typo, a masked number or a placeholder looks.

In: a column and the mask of the rows that the error befalls. Out: the column with those rows changed.
Invariant: rows outside the mask stay as they are; nulls stay null.
What does not belong here: how often an error occurs (`error_rates`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from mdm_pipeline.demo.tables import Mask, mapping

LOOKALIKE = dict(zip("0123456789", "8766359071", strict=True))
HALF = "".join(chr(code) for code in range(0x21, 0x7F))
FULL = "".join(chr(code + 0xFEE0) for code in range(0x21, 0x7F))


def edit(column: pl.Series, hit: Mask, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Replace the rows of `column` that are hit by what `change` makes of them."""
    rows = np.flatnonzero(hit & column.is_not_null().to_numpy())
    if not len(rows):
        return column
    return column.scatter(rows, change(column.gather(rows)))


def typos(rng: np.random.Generator, column: pl.Series, hit: Mask) -> pl.Series:
    """One character missing, doubled, swapped with its neighbor, or another letter."""

    def mistype(values: pl.Series) -> pl.Series:
        count = len(values)
        length = values.str.len_chars().cast(pl.Int64)
        position = (pl.Series(rng.random(count)) * length).cast(pl.Int64)
        letters = np.array(list("aeioursntlm"), dtype=object)[rng.integers(0, 11, count)]
        frame = pl.DataFrame(
            {
                "v": values,
                "p": position,
                "kind": rng.integers(0, 4, count),
                "letter": pl.Series(letters, dtype=pl.String),
            }
        )
        head, tail = pl.col("v").str.slice(0, pl.col("p")), pl.col("v").str.slice(pl.col("p") + 1)
        here = pl.col("v").str.slice(pl.col("p"), 1)
        typed = (
            pl.when(pl.col("kind") == 0)
            .then(head + tail)
            .when(pl.col("kind") == 1)
            .then(head + here + here + tail)
            .when(pl.col("kind") == 2)
            .then(head + tail.str.slice(0, 1) + here + tail.str.slice(1))
            .otherwise(head + pl.col("letter") + tail)
        )
        return frame.select(typed.alias("v"))["v"]

    return edit(column, hit, mistype)


def homophones(rng: np.random.Generator, column: pl.Series, hit: Mask) -> pl.Series:
    """One Chinese character replaced by one that sounds or looks alike."""
    wrong = mapping("confusions_zh", "right", "wrong")

    def mishear(values: pl.Series) -> pl.Series:
        count = len(values)
        start = pl.Series((rng.random(count) * values.str.len_chars().to_numpy()).astype(np.int64))
        frame = pl.DataFrame({"v": values, "p": start})
        here = pl.col("v").str.slice(pl.col("p"), 1)
        once = pl.col("v").str.slice(0, pl.col("p")) + here.replace(wrong) + pl.col("v").str.slice(pl.col("p") + 1)
        return frame.select(once.alias("v"))["v"]

    return edit(column, hit, mishear)


def traditional(column: pl.Series, hit: Mask) -> pl.Series:
    """Simplified characters written as traditional ones."""
    table = mapping("traditional", "simplified", "traditional")
    return edit(column, hit, lambda values: values.str.replace_many(list(table), list(table.values())))


def full_width(column: pl.Series, hit: Mask) -> pl.Series:
    """Letters, digits and signs in full width."""
    return edit(column, hit, lambda values: values.str.replace_many(list(HALF), list(FULL)))


def wrong_character(rng: np.random.Generator, column: pl.Series, hit: Mask) -> pl.Series:
    """One digit replaced by another one."""

    def misread(values: pl.Series) -> pl.Series:
        length = values.str.len_chars().to_numpy()
        position = 3 + (rng.random(len(values)) * np.maximum(length - 3, 1)).astype(np.int64)
        frame = pl.DataFrame({"v": values, "p": pl.Series(position)})
        here = pl.col("v").str.slice(pl.col("p"), 1).replace(LOOKALIKE)
        return frame.select(
            (pl.col("v").str.slice(0, pl.col("p")) + here + pl.col("v").str.slice(pl.col("p") + 1)).alias("v")
        )["v"]

    return edit(column, hit, misread)


def masked(column: pl.Series, hit: Mask, keep: int) -> pl.Series:
    """All but the first `keep` and the last four characters as asterisks."""

    def mask(values: pl.Series) -> pl.Series:
        frame = pl.DataFrame({"v": values})
        middle = (pl.col("v").str.len_chars().cast(pl.Int64) - keep - 4).clip(1, None)
        stars = pl.lit("*" * 20).str.slice(0, middle)
        return frame.select((pl.col("v").str.slice(0, keep) + stars + pl.col("v").str.slice(-4)).alias("v"))["v"]

    return edit(column, hit, mask)


def one_of(rng: np.random.Generator, column: pl.Series, hit: Mask, values: tuple[str, ...]) -> pl.Series:
    """A placeholder in place of the value, also where there was none."""
    rows = np.flatnonzero(hit)
    if not len(rows):
        return column
    chosen = np.array(values, dtype=object)[rng.integers(0, len(values), len(rows))]
    return column.scatter(rows, pl.Series(chosen, dtype=pl.String))


def blank(column: pl.Series, hit: Mask) -> pl.Series:
    """No value."""
    return pl.select(pl.when(~pl.Series(hit)).then(column).alias(column.name))[column.name]


def choose(hit: Mask | pl.Series, yes: pl.Series | pl.Expr, no: pl.Series | pl.Expr) -> pl.Series:
    """One of two columns, row by row."""
    mask = hit if isinstance(hit, pl.Series) else pl.Series(hit)
    return pl.select(pl.when(mask).then(yes).otherwise(no).alias("value"))["value"]
