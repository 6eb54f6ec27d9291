"""The data files beside this package: surnames, legal forms, countries and the like.

In: a file name in `data/`. Out: its rows, read once per process.
Invariant: files are UTF-8, comma separated with a header, `#` starts a comment line.
Does not belong here: rules; a table says what is, the modules say what to do.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def read_lines(name: str) -> tuple[str, ...]:
    """Return the lines of a text file in `data/` without blank lines and comments."""
    text = files("mdm_pipeline.standardize").joinpath("data", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV file in `data/` as dictionaries of text."""
    return tuple(csv.DictReader(read_lines(name)))


def cell_words(kind: str) -> str:
    """Return the words of one kind in `name_cell_words.csv` as alternatives of a pattern, the longest first."""
    words = [word for row in read_rows("name_cell_words.csv") if row["kind"] == kind for word in row["words"].split()]
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
