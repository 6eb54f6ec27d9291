"""Digits of other scripts.

In: series of text. Out: the same text with Arabic, Devanagari, Thai and all other decimal digits as 0 to 9.
Invariant: length and everything but decimal digits stay as they are.
Does not belong here: Chinese numerals, which are words (`dates` reads those it needs).
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import polars as pl

_FOREIGN = r"[\p{Nd}--[0-9]]"


def with_ascii_digits(s: pl.Series) -> pl.Series:
    """Return the text with every decimal digit written as 0 to 9."""
    foreign = s.str.contains(_FOREIGN).fill_null(False)
    if not foreign.any():
        return s
    table = _table()
    written = s.filter(foreign).str.replace_many(list(table), list(table.values()))
    return s.clone().scatter(foreign.arg_true(), written)


@cache
def _table() -> dict[str, str]:
    characters = (chr(point) for point in range(0x80, sys.maxunicode + 1))
    return {
        character: str(unicodedata.decimal(character))
        for character in characters
        if unicodedata.category(character) == "Nd"
    }
