"""Chinese names in Latin letters written in one word.

In: names of one word or more. Out: the same, where liwei, LIWEI and LiWei became two words.
Invariant: words that are a name of their own (Maria, Linda) stay; nothing but one blank is added.
Does not belong here: names of several words, which stay as they are.
"""

from __future__ import annotations

from functools import cache, lru_cache

import polars as pl

from mdm_pipeline.standardize.latin_tokens import nickname_roots
from mdm_pipeline.standardize.surname_spellings import pinyin_syllables, surname_ranks
from mdm_pipeline.standardize.surnames import compound_surnames, surname_readings
from mdm_pipeline.standardize.tables import read_lines

_KNOWN = ("given_names.txt", "iberian_given_names.txt", "western_surnames.txt", "iberian_surnames.txt")
_RARE = 100
_VOWELS = "aeo"


def apart_if_glued(text: pl.Series) -> pl.Series:
    """Return the names with a blank between family and given name where one word holds both."""
    syllables = "|".join(sorted(pinyin_syllables(), key=lambda syllable: (-len(syllable), syllable)))
    lowered = text.str.to_lowercase()
    glued = lowered.str.contains(rf"^(?:{syllables}){{2,4}}$") & (lowered.str.len_chars() > 4)
    glued = (glued & ~lowered.is_in(_names_of_their_own())).fill_null(False)
    if not glued.any():
        return text
    places = glued.arg_true()
    apart = [two_words(one) for one in text.gather(places).to_list()]
    return text.clone().scatter(places, pl.Series(apart, dtype=pl.String))


@cache
def _names_of_their_own() -> list[str]:
    listed = {word for name in _KNOWN for line in read_lines(name) for word in line.split()}
    japanese = ("japanese_surnames.txt", "japanese_given_names.txt")
    read = {line.split()[1] for name in japanese for line in read_lines(name)}
    return sorted({*listed, *read, *nickname_roots(), *nickname_roots().values(), *surname_ranks()})


@lru_cache(maxsize=65536)
def two_words(text: str) -> str:
    """Return one word as family and given name, or as it is."""
    plain, ranks, compounds = text.lower(), surname_ranks(), _compounds()
    cuts = []
    for cut in range(2, len(plain)):
        family, given = plain[:cut], plain[cut:]
        syllables = _syllables(given)
        single = family in pinyin_syllables() and ranks.get(family, _RARE) < _RARE
        if syllables and (single or family in compounds):
            count = len(syllables) + (1 if single else 2)
            # A syllable that begins with a vowel would have an apostrophe before it.
            cuts.append((count - 2 * (family in compounds), given[0] in _VOWELS, ranks.get(family, _RARE), cut))
    return f"{text[: min(cuts)[-1]]} {text[min(cuts)[-1] :]}" if cuts else text


def _syllables(text: str) -> list[str] | None:
    """One or two syllables of pinyin that make up the text, else None."""
    whole = pinyin_syllables()
    if text in whole:
        return [text]
    cuts = [cut for cut in range(1, len(text)) if text[:cut] in whole and text[cut:] in whole]
    if not cuts:
        return None
    cut = min(cuts, key=lambda place: (text[place] in _VOWELS, place))
    return [text[:cut], text[cut:]]


@cache
def _compounds() -> frozenset[str]:
    return frozenset(surname_readings()[surname] for surname in compound_surnames())
