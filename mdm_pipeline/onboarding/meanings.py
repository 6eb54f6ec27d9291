"""What each column of a table means: its name and its values heard together.

In: a table with its sample. Out: a `Column` for each, with the likeliest meaning, how sure it is and why. Invariant: a
name that its values contradict loses; values alone decide only where hardly anything else looks like them. Does not
belong here: what becomes of a meaning (`table_proposal`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from mdm_pipeline.onboarding.content import Content, look_at
from mdm_pipeline.onboarding.word_tables import read_rows
from mdm_pipeline.onboarding.wording import Hint, common_prefix, hints
from mdm_pipeline.standardize.countries import standardize_countries

LEAST = 0.45
_COUNTRY_OF = {"zh": "CN", "de": "DE"}
_DOMAIN = r"(?i)[a-z0-9-]\.(cn|de|fr|es|it|nl|at|ch|be|pl|se|dk|no|fi|pt|uk|jp|kr|tw|hk|sg|br|mx)$"
_SPELLED = {"UK": "GB"}
_PER_VALUE = 600


@dataclass(frozen=True)
class Column:
    """A column and what it probably is.

    Args:
        name: as the source spells it.
        content: its values.
        meaning: the likeliest; None where none is likely enough.
        confidence: 0 to 1.
        why: name, values, or both, in words for the comment.
        others: further meanings that its name suggests.
    """

    name: str
    content: Content
    meaning: str | None
    confidence: float
    why: str
    others: tuple[str, ...] = ()


def understand(sample: pl.DataFrame, country: str) -> tuple[Column, ...]:
    """The meaning of every column.

    Args:
        sample: rows, all text.
        country: alpha-2 code that phones and numbers default to.
    """
    prefix = common_prefix(sample.columns)
    return tuple(
        _column(name, look_at(sample[name].head(_PER_VALUE).to_list(), country), hints(name, prefix))
        for name in sample.columns
    )


def guess_country(samples: Iterable[pl.DataFrame], otherwise: str) -> str:
    """The source's country: what its country columns say most, else domains, else the language of its column names.

    Args:
        samples: rows of its tables.
        otherwise: where neither tells.
    """
    said: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for sample in samples:
        for name in sample.columns:
            values = sample[name].head(_PER_VALUE).cast(pl.String)
            domains.update(values.str.extract(_DOMAIN, 1).str.to_uppercase().drop_nulls().to_list())
            found = hints(name)
            if not found or found[0].confidence < 0.6:
                continue
            languages[found[0].language] += 1
            if found[0].meaning == "country" and sample.height:
                said.update(standardize_countries(sample[name].cast(pl.String)).drop_nulls().to_list())
    if said:
        return said.most_common(1)[0][0]
    if domains:
        ending = domains.most_common(1)[0][0]
        return _SPELLED.get(ending, ending)
    if languages:
        return _COUNTRY_OF.get(languages.most_common(1)[0][0], otherwise)
    return otherwise


def _column(name: str, content: Content, found: Sequence[Hint]) -> Column:
    scored: dict[str, tuple[float, str]] = {}
    for hint in found:
        scored[hint.meaning] = _heard_together(hint, content)
    for meaning, kind, trust in _by_content():
        target = {"person_name": "full_name", "iban": "bank_account"}.get(meaning, meaning)
        share = content.share(kind)
        if share >= 0.7 and trust * share > scored.get(target, (0.0, ""))[0]:
            scored[target] = (round(trust * share, 2), f"values: {share:.0%} {kind.replace('_', ' ')}")
    ranked = sorted(scored.items(), key=lambda item: (-item[1][0], item[0]))
    if not ranked or ranked[0][1][0] < LEAST:
        return Column(name, content, None, ranked[0][1][0] if ranked else 0.0, "", tuple(m for m, _ in ranked[:2]))
    meaning, (confidence, why) = ranked[0]
    others = tuple(other for other, (score, _) in ranked[1:4] if score >= LEAST)
    return Column(name, content, meaning, confidence, why, others)


def _heard_together(hint: Hint, content: Content) -> tuple[float, str]:
    by_name = f"name ~ {hint.word}"
    kinds = _kinds_of().get(hint.meaning)
    if kinds is None or content.values == 0:
        return hint.confidence, by_name
    proof = content.share(kinds[0])
    kind, share = max(((kind, content.share(kind)) for kind in kinds), key=lambda pair: pair[1])
    if proof >= 0.6:
        said = f"{by_name}, values: {proof:.0%} {kinds[0].replace('_', ' ')}"
        return round(1 - (1 - hint.confidence) * (1 - 0.7 * proof), 2), said
    said = f"{by_name}, values: {share:.0%} {kind.replace('_', ' ')}"
    if share >= 0.6:  # it may be one, no more
        return hint.confidence, by_name
    if share < 0.2:
        return round(hint.confidence * 0.45, 2), said
    return round(hint.confidence * 0.85, 2), said


@cache
def _kinds_of() -> dict[str, tuple[str, ...]]:
    return {row["meaning"]: tuple(row["content"].split("|")) for row in read_rows("content.csv")}


@cache
def _by_content() -> tuple[tuple[str, str, float], ...]:
    rows = read_rows("content.csv")
    return tuple(
        (row["meaning"], row["content"].split("|")[0], float(row["trust"])) for row in rows if float(row["trust"])
    )
