"""Chinese surnames and how they are read.

In: nothing. Out: the surnames by frequency with their reading as a surname (单 is shan, not dan).
Invariant: a reading is toneless pinyin without blanks; ü is written v.
Does not belong here: spellings outside pinyin (`latin_names`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.tables import read_lines
from mdm_pipeline.standardize.text import pinyin, simplify_text


@cache
def surname_readings() -> dict[str, str]:
    """Return the surnames whose reading differs from the usual one of their characters.

    Compound ones included.
    """
    lines = [*read_lines("rare_surname_readings.txt"), *read_lines("compound_surnames.txt")]
    return {surname: reading for surname, reading in (line.split() for line in lines)}


@cache
def compound_surnames() -> frozenset[str]:
    """Return the surnames of two characters."""
    return frozenset(line.split()[0] for line in read_lines("compound_surnames.txt"))


@cache
def ranked_surnames() -> tuple[tuple[str, str], ...]:
    """Return (surname, reading), the most frequent first; compound surnames at the end."""
    singles = list(dict.fromkeys("".join(read_lines("surnames.txt"))))
    surnames = [*singles, *sorted(compound_surnames())]
    usual = pinyin(pl.Series(surnames, dtype=pl.String)).str.replace_all(" ", "").to_list()
    readings = surname_readings()
    return tuple((name, readings.get(name, reading)) for name, reading in zip(surnames, usual, strict=True))


@cache
def known_surnames() -> list[str]:
    """Return every surname in Han characters or hangul, rare and Japanese ones too, simplified."""
    rare = {character for line in read_lines("rare_surnames.txt") for character in line}
    read = {surname for surname in surname_readings() if len(surname) == 1}
    return sorted({*(name for name, _ in ranked_surnames()), *rare, *read, *japanese_surnames(), *korean_surnames()})


@cache
def japanese_surnames() -> dict[str, str]:
    """Return Japanese surnames (simplified, as names are compared) with their reading."""
    return _simplified("japanese_surnames.txt")


@cache
def japanese_given_names() -> dict[str, str]:
    """Return Japanese given names (simplified) with their usual reading."""
    return _simplified("japanese_given_names.txt")


@cache
def korean_surnames() -> dict[str, str]:
    """Return Korean surnames in hangul with their usual spelling in Latin letters."""
    return {line.split()[0]: line.split()[1] for line in read_lines("korean_surnames.txt")}


def _simplified(name: str) -> dict[str, str]:
    return {simplify_text(word): reading for word, reading in (line.split() for line in read_lines(name))}
