"""What a column or table is by its name alone.

In: a name in any language and manner of writing. Out: meanings with a confidence from 0 to 1. Invariant: the same name
gives the same answer whatever stands in the column. Does not belong here: values (`content`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from mdm_pipeline.onboarding.word_tables import Word, abbreviations, column_words, folded, kind_words, noise_words
from mdm_pipeline.standardize.text import HAN

_EXACT, _STRIPPED, _WRITTEN_OUT = 0.95, 0.88, 0.95
_FORMS = {"written": 1.0, "pinyin": 0.95, "initials": 0.75}
_HUMPS = re.compile(r"(?<=[a-zäöüß0-9])(?=[A-ZÄÖÜ])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(rf"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])|(?<=[{HAN}])(?=[a-z0-9])|(?<=[a-z0-9])(?=[{HAN}])")
_NAMED = ("owner", "contact_person", "payer_name", "short_name", "foreign_name")
_SHORTENED = 4
_IS_HAN = re.compile(f"[{HAN}]")
# a column that is numbered (telefon_2, 地址1) is another one of the same
_NUMBER = re.compile(r"^\d{1,2}$")


@dataclass(frozen=True)
class Hint:
    """A meaning that a name suggests.

    Args:
        meaning: what the column would hold.
        confidence: 0 to 1.
        word: the word of our table that was found.
        language: its language.
    """

    meaning: str
    confidence: float
    word: str
    language: str


def tokens_of(name: str) -> tuple[str, ...]:
    """The parts of a name: `custTelNo1` is cust, tel, no, 1."""
    text = folded([_HUMPS.sub(" ", name)])[0]
    return tuple(_BETWEEN.sub(" ", text).split())


def common_prefix(names: Sequence[str]) -> str | None:
    """The first part that most columns of a table share (`CLI_NOM`, `CLI_VILLE`): it says whose they are."""
    firsts = Counter(tokens[0] for tokens in map(tokens_of, names) if len(tokens) > 1)
    if not firsts:
        return None
    first, count = firsts.most_common(1)[0]
    return first if count >= 4 and count >= len(names) / 2 else None


def hints(name: str, prefix: str | None = None) -> tuple[Hint, ...]:
    """Meanings of a column's name, the likeliest first.

    Args:
        name: as the source spells it.
        prefix: a first part to leave out; see `common_prefix`.
    """
    tokens = tokens_of(name)
    if prefix is not None and len(tokens) > 1 and tokens[0] == prefix:
        return _merged((hints(name), tuple(_hints_of(tokens[1:]))))
    return _hints_of(tokens)


def _merged(several: Iterable[tuple[Hint, ...]]) -> tuple[Hint, ...]:
    best: dict[str, Hint] = {}
    for hint in (hint for found in several for hint in found):
        if hint.meaning not in best or best[hint.meaning].confidence < hint.confidence:
            best[hint.meaning] = hint
    return tuple(sorted(best.values(), key=lambda hint: (-hint.confidence, hint.meaning)))


def _hints_of(tokens: tuple[str, ...]) -> tuple[Hint, ...]:
    known = abbreviations()
    written_out = tuple(word for token in tokens for word in known.get(token, (token,)))
    found = {hint.meaning: hint for hint in _hints(tokens)}
    if written_out != tokens:
        for hint in _hints(written_out):
            sure = replace(hint, confidence=round(hint.confidence * _WRITTEN_OUT, 3))
            if hint.meaning not in found or found[hint.meaning].confidence < sure.confidence:
                found[hint.meaning] = sure
    return tuple(sorted(_roles_first(found), key=lambda hint: (-hint.confidence, hint.meaning)))


def _roles_first(found: Mapping[str, Hint]) -> list[Hint]:
    """`owner name` is the owner, not the party's name: who is named counts more than that it is a name."""
    name = found.get("full_name")
    roles = [role for role in _NAMED if role in found]
    if name is None or name.confidence >= _STRIPPED or not roles:
        return list(found.values())
    role = max((found[role] for role in roles), key=lambda hint: hint.confidence)
    raised = replace(role, confidence=max(role.confidence, round(name.confidence + 0.05, 3)))
    return [raised if hint is role else hint for hint in found.values()]


def table_kinds(name: str) -> dict[str, float]:
    """Kinds of table that a table's name suggests, with confidence."""
    tokens = tokens_of(name)
    whole = "".join(tokens)
    found: dict[str, float] = {}
    for kind, words in kind_words().items():
        confidence = max(
            (_of_table(whole, tokens, word) for word in words),
            default=0.0,
        )
        if confidence:
            found[kind] = confidence
    return found


def _of_table(whole: str, tokens: tuple[str, ...], word: str) -> float:
    if whole == word:
        return 1.0
    joined = {"".join(tokens[start:end]) for start in range(len(tokens)) for end in range(start + 1, len(tokens) + 1)}
    if word in joined:
        return 0.6 + 0.3 * len(word) / len(whole)
    is_long = len(word) >= (2 if _IS_HAN.search(word) else 4)
    return 0.4 + 0.3 * len(word) / len(whole) if is_long and word in whole else 0.0


@cache
def _hints(tokens: tuple[str, ...]) -> tuple[Hint, ...]:
    plain = tuple(token for token in tokens if not _NUMBER.match(token)) or tokens
    core = _without_noise(plain)
    best: dict[str, Hint] = {}
    for word, confidence in _found(tokens, plain, core):
        known = best.get(word.meaning)
        if known is None or known.confidence < confidence:
            best[word.meaning] = Hint(word.meaning, round(confidence, 3), word.text, word.language)
    return tuple(sorted(best.values(), key=lambda hint: (-hint.confidence, hint.meaning)))


def _found(tokens: tuple[str, ...], plain: tuple[str, ...], core: tuple[str, ...]) -> Iterable[tuple[Word, float]]:
    whole, without_number, kept = "".join(tokens), "".join(plain), "".join(core)
    exact = _by_text()
    yield from ((word, _EXACT * _FORMS[word.form]) for word in exact.get(whole, ()))
    yield from ((word, 0.93 * _FORMS[word.form]) for word in exact.get(without_number, ()))
    yield from ((word, _STRIPPED * _FORMS[word.form]) for word in exact.get(kept, ()))
    for word in column_words():
        share = max(_part(word, without_number, plain), _shortened(word, plain), _shortened(word, core))
        if share:
            yield word, share * _FORMS[word.form]


def _part(word: Word, name: str, tokens: tuple[str, ...]) -> float:
    """How far a word that is only a part of the name stands for it: most at the end, by its share of the letters."""
    if word.form != "initials" and len(name) > 4 and word.tokens[: len(tokens)] == tokens != word.tokens:
        return 0.4 + 0.4 * len(name) / len(word.text)
    if word.form == "initials" or len(word.text) >= len(name) or word.text not in name:
        return 0.0
    share = len(word.text) / len(name)
    if word.language == "zh" and word.form == "written":
        at_end = name.endswith(word.text)
        return (0.55 + 0.35 * share if at_end else 0.35 + 0.3 * share) if len(word.text) > 1 else 0.0
    length = len(word.tokens)
    if tokens[-length:] == word.tokens:
        return 0.5 + 0.4 * share
    if tokens[:length] == word.tokens:
        return 0.42 + 0.4 * share
    if any(tokens[start : start + length] == word.tokens for start in range(1, len(tokens) - length)):
        return 0.35 + 0.35 * share
    if len(word.text) < 5:
        return 0.0
    # compounds: Kundenrufnummer, numerotelephone
    return 0.45 + 0.4 * share if name.endswith(word.text) else 0.33 + 0.35 * share


def _shortened(word: Word, tokens: tuple[str, ...]) -> float:
    """`cred lim`, `date modif`: every part begins a part of the word."""
    if word.form != "written" or len(tokens) != len(word.tokens) or tokens == word.tokens:
        return 0.0
    pairs = list(zip(tokens, word.tokens, strict=True))
    if not all(full.startswith(short) and (len(short) >= _SHORTENED or short == full) for short, full in pairs):
        return 0.0
    return 0.45 + 0.4 * sum(map(len, tokens)) / len(word.text)


def _without_noise(tokens: tuple[str, ...]) -> tuple[str, ...]:
    noise = noise_words()
    kept = tuple(token for token in tokens if token not in noise)
    if len(kept) == 1 and _IS_HAN.search(kept[0]):
        for word in sorted((word for word in noise if _IS_HAN.search(word)), key=len, reverse=True):
            if kept[0].startswith(word) and len(kept[0]) > len(word) + 1:
                return (kept[0].removeprefix(word),)
    return kept or tokens


@cache
def _by_text() -> dict[str, tuple[Word, ...]]:
    found: dict[str, list[Word]] = defaultdict(list)
    for word in column_words():
        found[word.text].append(word)
    return {text: tuple(words) for text, words in found.items()}
