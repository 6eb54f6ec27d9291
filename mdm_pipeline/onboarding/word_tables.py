"""The tables of words beside this package: what columns and tables are called, in several languages.

In: `data/*.csv`. Out: their rows and words, read once per process. Invariant: words are folded as names are (lower
case, simplified, ASCII), so that both compare by equality. Does not belong here: comparing.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from mdm_pipeline.standardize.text import fold, pinyin

LANGUAGES = ("zh", "en", "de", "fr_es", "short")


@dataclass(frozen=True)
class Word:
    """One word for one meaning.

    Args:
        meaning: what a column of this name holds.
        text: folded, without blanks.
        tokens: its parts.
        language: a column of the table.
        form: written as it is; a Chinese word also by its pinyin and by the initials of it.
    """

    meaning: str
    text: str
    tokens: tuple[str, ...]
    language: str
    form: str = "written"


def folded(texts: list[str]) -> list[str]:
    """Texts as they are compared: lower case, simplified, ASCII."""
    plain = fold(pl.Series("text", texts, dtype=pl.String)).fill_null("")
    # geaendert and geändert are one word
    return plain.str.replace_all("([aou])e", "${1}").to_list()


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table in `data/`."""
    text = files("mdm_pipeline.onboarding").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#")))


@cache
def column_words() -> tuple[Word, ...]:
    """Every word for a column."""
    named = [
        (row["meaning"], language, word)
        for row in read_rows("words.csv")
        for language in LANGUAGES
        for word in (row[language] or "").split("|")
        if word
    ]
    words = [
        Word(meaning, text.replace(" ", ""), tuple(text.split()), language)
        for (meaning, language, _), text in zip(named, folded([word for *_, word in named]), strict=True)
    ]
    return (*words, *_romanized(words))


@cache
def noise_words() -> frozenset[str]:
    """Words that say whose a column is, not what it holds."""
    return frozenset(folded([word for row in read_rows("noise.csv") for word in row["words"].split("|")]))


@cache
def abbreviations() -> dict[str, tuple[str, ...]]:
    """Short forms and the words they stand for."""
    return {row["short"]: tuple(row["long"].split()) for row in read_rows("abbreviations.csv")}


@cache
def kind_words() -> dict[str, frozenset[str]]:
    """Folded words, without blanks, for each kind of table."""
    return {
        row["kind"]: frozenset(word.replace(" ", "") for word in folded(row["words"].split("|")))
        for row in read_rows("kinds.csv")
    }


@cache
def needed_meanings() -> dict[str, tuple[frozenset[str], ...]]:
    """Per kind of table: groups of meanings, of each of which one should be there."""
    return {
        row["kind"]: tuple(frozenset(group.split("|")) for group in row["needs"].split(";"))
        for row in read_rows("kinds.csv")
    }


@cache
def event_columns() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Per entity: canonical column and the meanings that fill it, the best first."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for row in read_rows("event_columns.csv"):
        found[row["entity"]].append((row["column"], tuple(row["meanings"].split("|"))))
    return {entity: tuple(columns) for entity, columns in found.items()}


def _romanized(words: list[Word]) -> list[Word]:
    chinese = [word for word in words if word.language == "zh" and len(word.text) > 1]
    spelled = pinyin(pl.Series("text", [word.text for word in chinese], dtype=pl.String)).to_list()
    found: dict[tuple[str, str], list[Word]] = defaultdict(list)
    for word, text in zip(chinese, spelled, strict=True):
        tokens = tuple((text or "").split())
        found["pinyin", "".join(tokens)].append(Word(word.meaning, "".join(tokens), tokens, "zh", "pinyin"))
        initials = "".join(token[0] for token in tokens)
        if len(initials) > 2:
            found["initials", initials].append(Word(word.meaning, initials, (initials,), "zh", "initials"))
    # the same letters for several meanings tell none of them
    return [same[0] for same in found.values() if len({word.meaning for word in same}) == 1]
