"""Names of persons in Latin script: which token is the family name.

In: one cleaned name. Out: its parts as written, and whether it is a romanized Chinese name.
Invariant: every token ends in exactly one part or is a title; a rule applies only if the ones above it did
not.
Does not belong here: keys (`person_names`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from anyascii import anyascii

from mdm_pipeline.standardize.surnames import ranked_surnames
from mdm_pipeline.standardize.tables import read_lines, read_rows
from mdm_pipeline.standardize.text import pinyin_syllables

_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mister",
        "dr",
        "prof",
        "professor",
        "sir",
        "dame",
        "lord",
        "lady",
        "rev",
        "hon",
        "capt",
        "herr",
        "frau",
        "fr",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "dott",
        "ing",
        "dipling",
        "diplkfm",
        "mag",
        "sig",
        "signor",
        "signora",
        "senor",
        "senora",
        "sra",
        "srta",
        "don",
        "dona",
        "doctor",
        "mx",
    ]
)
_DEGREES = frozenset(
    [
        "phd",
        "md",
        "mba",
        "esq",
        "cpa",
        "dds",
        "dvm",
        "jd",
        "bsc",
        "msc",
        "ma",
        "ba",
        "llm",
        "llb",
        "cfa",
        "pmp",
        "rn",
    ]
)
_SUFFIXES = {
    "jr": "jr",
    "junior": "jr",
    "jun": "jr",
    "sr": "sr",
    "senior": "sr",
    "sen": "sr",
    "ii": "ii",
    "iii": "iii",
    "iv": "iv",
    "2nd": "ii",
    "3rd": "iii",
}
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "da",
        "di",
        "del",
        "della",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "bin",
        "ibn",
        "al",
        "el",
        "ter",
        "ten",
        "zu",
        "zur",
        "vom",
        "af",
        "av",
        "st",
    ]
)
_NOT_NAME = re.compile(r"\([^)]*\)|\"[^\"]*\"|“[^”]*”|[^\w\s,.'’\-]")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_FREQUENT = 25


class LatinName(NamedTuple):
    """The parts of a name as written; `is_chinese` where family and given name are romanized Chinese."""

    family: str | None
    given: str | None
    middle: str | None
    suffix: str | None
    honorific: str | None
    is_chinese: bool


UNSPLIT = LatinName(None, None, None, None, None, False)


def split_full(text: str | None) -> LatinName:
    """Take a full name apart.

    'Smith, Bob', 'Dr. Robert J. Smith Jr.', 'LI Wei', 'Chan Tai Man', 'Ludwig van Beethoven'.
    """
    if text is None:
        return UNSPLIT
    bare = _NOT_NAME.sub(" ", text) if not text.replace(" ", "").isalpha() else text
    family_first, rest = None, bare
    if "," in bare:
        family_first, rest = _around_comma(bare)
    tokens, honorific, suffix = _without_titles(rest.split())
    if family_first is not None:
        family_tokens, title, other = _without_titles(family_first.split())
        if tokens and family_tokens:
            return _built(family_tokens, tokens, suffix or other, honorific or title)
        tokens = tokens or family_tokens
        honorific, suffix = honorific or title, suffix or other
    if len(tokens) < 2:
        return LatinName(tokens[0] if tokens else None, None, None, suffix, honorific, False)
    family, given = _choose(tokens)
    return _built(family, given, suffix, honorific)


def split_parts(family: str, given: str) -> LatinName:
    """Clean a family and a given name that the source keeps apart."""
    family_tokens, title, suffix = _without_titles(_NOT_NAME.sub(" ", family).replace(",", " ").split())
    tokens, honorific, other = _without_titles(_NOT_NAME.sub(" ", given).replace(",", " ").split())
    if not family_tokens or not tokens:
        return UNSPLIT._replace(family=family, given=given)
    return _built(family_tokens, tokens, suffix or other, honorific or title)


def _around_comma(text: str) -> tuple[str | None, str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    affixes = [
        part for part in parts if all(_plain(word) in _SUFFIXES or _plain(word) in _DEGREES for word in part.split())
    ]
    names = [part for part in parts if part not in affixes]
    if len(names) < 2:
        return None, " ".join(names + affixes)
    return names[0], " ".join(names[1:] + affixes)


def _without_titles(tokens: list[str]) -> tuple[list[str], str | None, str | None]:
    honorific = suffix = None
    tokens = [token for token in tokens if any(character.isalnum() for character in token)]
    while len(tokens) > 1 and _plain(tokens[0]) in _TITLES:
        honorific = " ".join(filter(None, (honorific, _plain(tokens[0]))))
        tokens = tokens[1:]
    while len(tokens) > 1 and (_plain(tokens[-1]) in _SUFFIXES or _plain(tokens[-1]) in _DEGREES):
        suffix = _SUFFIXES.get(_plain(tokens[-1]), suffix)
        tokens = tokens[:-1]
    return tokens, honorific, suffix


def _choose(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Return (family, given and middle) tokens."""
    by_case = _by_capitals(tokens)
    if by_case is not None:
        return by_case
    plain = [_plain(token) for token in tokens]
    ranks, first_surnames = surname_ranks(), _surnames_written_first()
    count = len(tokens)
    if count <= 3 and plain[0] in ranks and all(_is_chinese(token) for token in plain[1:]):
        last_is_meant = count == 2 and plain[1] in ranks and ranks[plain[1]] < _FREQUENT <= ranks[plain[0]]
        return ([tokens[1]], [tokens[0]]) if last_is_meant else ([tokens[0]], tokens[1:])
    if count in (3, 4) and plain[1] in ranks and not _is_chinese(plain[0]) and all(_is_chinese(p) for p in plain[2:]):
        return [tokens[1]], [tokens[0], *tokens[2:]]
    origin = first_surnames.get(plain[0])
    if origin == "ko" and ("-" in tokens[-1] or count == 3) and plain[-1] not in first_surnames:
        return [tokens[0]], tokens[1:]
    if origin == "vi" and count >= 3 and plain[-1] not in first_surnames:
        return [tokens[0]], [tokens[-1], *tokens[1:-1]]
    for place in range(1, count - 1):
        if plain[place] in _PARTICLES:
            return tokens[place:], tokens[:place]
    return [tokens[-1]], tokens[:-1]


def _by_capitals(tokens: list[str]) -> tuple[list[str], list[str]] | None:
    capital = [token.isupper() and len(token.strip(".")) > 1 for token in tokens]
    if all(capital) or not any(capital):
        return None
    count = capital.index(False)
    if count and not any(capital[count:]):
        return tokens[:count], tokens[count:]
    start = capital.index(True)
    if start and all(capital[start:]):
        return tokens[start:], tokens[:start]
    return None


def _built(family: list[str], given: list[str], suffix: str | None, honorific: str | None) -> LatinName:
    spelled = _plain("".join(family))
    chinese = spelled in surname_ranks() and all(_is_chinese(_plain(token)) for token in given)
    first, middle = (given, []) if chinese else (given[:1], given[1:])
    return LatinName(_text(family), _text(first), _text(middle), suffix, honorific, chinese)


def _text(tokens: list[str]) -> str | None:
    return " ".join(tokens).strip(" .,-'") or None


@lru_cache(maxsize=65536)
def _plain(token: str) -> str:
    lowered = token.lower()
    return _NOT_LETTERS.sub("", lowered if lowered.isascii() else anyascii(lowered).lower())


@lru_cache(maxsize=65536)
def _is_chinese(plain: str) -> bool:
    return plain in _cantonese() or _syllables().fullmatch(plain) is not None


@cache
def _syllables() -> re.Pattern[str]:
    known = sorted(pinyin_syllables(), key=lambda syllable: (-len(syllable), syllable))
    romanized = sorted(_cantonese(), key=lambda syllable: (-len(syllable), syllable))
    return re.compile(rf"(?:{'|'.join(known)}){{1,3}}|(?:{'|'.join(romanized)}){{2}}")


@cache
def _cantonese() -> frozenset[str]:
    return frozenset(word for line in read_lines("cantonese_syllables.txt") for word in line.split())


@cache
def surname_ranks() -> dict[str, int]:
    """Return the spellings of Chinese surnames with their place by frequency (0 is the most frequent)."""
    ranks: dict[str, int] = {}
    for rank, (_, reading) in enumerate(ranked_surnames()):
        ranks.setdefault(reading, rank)
    for row in read_rows("surname_romanizations.csv"):
        ranks.setdefault(row["spelling"], ranks.get(row["pinyin"], _FREQUENT))
    return ranks


@cache
def romanizations() -> tuple[dict[str, str], dict[str, str]]:
    """Return spelling -> pinyin.

    (those only Chinese surnames have, all that are unambiguous in a Chinese name).
    """
    rows = read_rows("surname_romanizations.csv")
    spellings = [row["spelling"] for row in rows]
    single = [row for row in rows if spellings.count(row["spelling"]) == 1]
    pinyin_itself = set(pinyin_syllables())
    # A spelling that is itself the pinyin of another surname (Chen, Lu, Tan, Tang) stays: it would be
    # ambiguous.
    in_context = {row["spelling"]: row["pinyin"] for row in single if row["spelling"] not in pinyin_itself}
    always = {row["spelling"]: row["pinyin"] for row in single if row["only_chinese"] == "1"}
    always = {spelling: reading for spelling, reading in always.items() if spelling in in_context}
    # Hong Kong's and Taiwan's most frequent spellings look like pinyin, but hardly any pinyin surname is
    # written so.
    exceptions = {"chan": "chen"}
    return always | exceptions, in_context | exceptions


@cache
def _surnames_written_first() -> dict[str, str]:
    return {surname: origin for surname, origin in (line.split() for line in read_lines("surnames_first.txt"))}


@cache
def nickname_roots() -> dict[str, str]:
    """Return short and variant given names with the name they stand for."""
    return {form: row["root"] for row in read_rows("nicknames.csv") for form in row["forms"].split()}
