"""Chinese surnames as the world spells them: Wade-Giles, Cantonese, Hokkien and others.

In: nothing. Out: spelling -> pinyin by the manner of spelling, and the spellings of a surname.
Invariant: every spelling stands in `surname_spellings.csv`, keyed by the Han surname; none is guessed.
Does not belong here: surnames in Han script and their readings (`surnames`), which token is the surname.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from mdm_pipeline.standardize.surnames import ranked_surnames
from mdm_pipeline.standardize.tables import read_lines, read_rows
from mdm_pipeline.standardize.text import simplify_text

SYSTEMS = ("wade_giles", "cantonese", "other")
# Beyond the most frequent surnames a spelling says little about which token is the surname.
_LATE = 60


class Spelling(NamedTuple):
    """One way to write one surname; `only_chinese` where no surname of another origin is written so."""

    surname: str
    pinyin: str
    system: str
    spelling: str
    only_chinese: bool
    seldom: bool


@cache
def spellings() -> tuple[Spelling, ...]:
    """Return all spellings of all surnames, in the order of the table."""
    return tuple(
        Spelling(
            row["surname"], row["pinyin"], system, word.rstrip("!?").replace("-", ""), word[-1] == "!", word[-1] == "?"
        )
        for row in read_rows("surname_spellings.csv")
        for system in SYSTEMS
        for word in (row[system] or "").split()
    )


@cache
def pinyin_syllables() -> frozenset[str]:
    """Return the syllables of pinyin without tones; ü is v."""
    return frozenset(word for line in read_lines("pinyin_syllables.txt") for word in line.split())


@cache
def readings(manner: str) -> dict[str, str]:
    """Return spelling -> pinyin of the surname that is most likely meant.

    Args:
        manner: `any` for spellings that only Chinese surnames have; `pinyin` for names whose given name is
            pinyin or fits all systems: a spelling that is itself pinyin (Tang, Cheng) then stays;
            `wade_giles` or `cantonese` for names whose given name is spelled so.
    """
    ordered = sorted(spellings(), key=lambda one: (one.seldom, one.system != manner))
    chosen: dict[str, Spelling] = {}
    for one in ordered:
        chosen.setdefault(one.spelling, one)
    if manner in ("any", "pinyin"):
        chosen = {spelling: one for spelling, one in chosen.items() if spelling not in pinyin_syllables()}
    if manner == "any":
        sure = {one.spelling for one in ordered if one.only_chinese}
        chosen = {spelling: one for spelling, one in chosen.items() if spelling in sure}
    # Hardly any pinyin surname is written Chan; Lyu and Lue are how passports write the ü of pinyin.
    return {spelling: one.pinyin for spelling, one in chosen.items()} | {"chan": "chen", "lyu": "lv", "lue": "lv"}


def spellings_of(surname: str) -> tuple[str, ...]:
    """Return how a Han surname, simplified or traditional, is spelled, the pinyin first."""
    plain = simplify_text(surname)
    found = [one for one in spellings() if one.surname == plain]
    reading = {name: pinyin for name, pinyin in ranked_surnames()}.get(plain)
    usual = [one.spelling for one in sorted(found, key=lambda one: one.seldom)]
    return tuple(dict.fromkeys([*([reading] if reading else []), *usual]))


@cache
def surname_ranks() -> dict[str, int]:
    """Return the spellings of Chinese surnames with their place by frequency (0 is the most frequent)."""
    ranks: dict[str, int] = {}
    for rank, (_, reading) in enumerate(ranked_surnames()):
        ranks.setdefault(reading, rank)
    by_pinyin = dict(ranks)
    for one in spellings():
        rank = by_pinyin.get(one.pinyin, _LATE)
        if not one.seldom:
            ranks[one.spelling] = min(ranks.get(one.spelling, rank), rank)
        else:
            ranks.setdefault(one.spelling, max(rank, _LATE))
    return ranks
