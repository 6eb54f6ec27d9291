"""The generator's own word lists: names, places, companies, legal forms.

In: the CSV files of the folder `tables`. Out: `WordList` objects that draw rows by weight.
Invariant: these lists are the generator's alone; no standardizer reads them, and none of theirs is read here.
What does not belong here: how words become parties (`parties`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

FOLDER = Path(__file__).parent / "tables"

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WordList:
    """Rows of a table with the cumulated share of each."""

    frame: pl.DataFrame
    cumulated: npt.NDArray[np.float64]

    def draw(self, rng: np.random.Generator, count: int) -> Rows:
        """Row numbers, drawn by weight."""
        rows = np.searchsorted(self.cumulated, rng.random(count), side="right")
        return np.minimum(rows, len(self.cumulated) - 1).astype(np.int64)

    def pick(self, rng: np.random.Generator, count: int, column: str) -> pl.Series:
        """Values of one column, drawn by weight."""
        return self.frame[column].gather(self.draw(rng, count))


def word_list(frame: pl.DataFrame) -> WordList:
    """Wrap a frame; without a column `weight` every row is as likely as any other."""
    is_weighted = "weight" in frame.columns
    weights = frame["weight"].cast(pl.Float64).to_numpy() if is_weighted else np.ones(frame.height)
    return WordList(frame, np.cumsum(weights) / weights.sum())


@cache
def table(name: str) -> pl.DataFrame:
    """One CSV file of the folder `tables`, every column as text."""
    path = FOLDER / f"{name}.csv"
    with path.open(encoding="utf-8") as lines:
        header = lines.readline()
    return pl.read_csv(path, separator="|" if "|" in header else ",", infer_schema=False, quote_char=None)


@cache
def words(name: str, **where: str) -> WordList:
    """The rows of a table that have the given values, as a list to draw from."""
    frame = table(name)
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    return word_list(frame)


@cache
def mapping(name: str, key: str, value: str) -> dict[str, str]:
    """Two columns of a table as a dictionary; the first row of a key wins."""
    frame = table(name).unique(subset=[key], keep="first", maintain_order=True)
    return dict(zip(frame[key].to_list(), frame[value].to_list(), strict=True))
