"""Words in which a model is declared: comparisons, their levels, and how u of each level is found.

In: nothing. Out: `Comparison`, `Level`, and the Splink settings made of them and of numbers.
Invariant: levels are listed from strongest to weakest; the last one holds what no other level takes.
Does not belong here: which comparisons there are (`person`, `organization`), where the numbers come from (`training`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LEAST = 1e-10


class Chance(StrEnum):
    """How often the level occurs among pairs that do not match (u)."""

    COUNTED = "counted"  # all pairs that share the value, less the matches among them
    EXPECTED = "expected"  # from the rarity of the records' names: too rare to be counted
    SAMPLED = "sampled"  # among random pairs
    RELATED = "related"  # among compared pairs: the rival is a relative or a sister company, not a stranger


@dataclass(frozen=True)
class Level:
    """One level of a comparison.

    Args:
        name: what people read in `matching.pair.levels`.
        condition: SQL over `column_l` and `column_r`; empty for the last level.
        m: share among matches, as a start for training and where data is silent.
        chance: how u is found.
        counted: feature column (list or plain) whose equal values are counted, for `Chance.COUNTED`; empty where a
            stronger level takes part of them, then the compared pairs are counted.
        where: condition on a record for the count.
        is_given: m is knowledge (a branch is a party of its own) and not learnt.
        per_record: strangers who share it are a matter of the table's size (households): u goes with 1 / records.
    """

    name: str
    condition: str
    m: float
    chance: Chance = Chance.SAMPLED
    counted: str = ""
    where: str = "true"
    is_given: bool = False
    per_record: bool = False


@dataclass(frozen=True)
class Comparison:
    """One kind of evidence: `missing` says when a pair has none of it."""

    name: str
    missing: str
    levels: tuple[Level, ...]
    is_ordered: bool = True


@dataclass(frozen=True)
class Rates:
    """Share of a level among matches (m) and among non-matches (u)."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        """Log2 of the Bayes factor."""
        return math.log2(max(self.m, LEAST) / max(self.u, LEAST))


Parameters = Mapping[str, Mapping[str, Rates]]


def splink_settings(
    comparisons: tuple[Comparison, ...], parameters: Parameters, prior: float, uid: str
) -> dict[str, Any]:
    """The settings of a Splink model.

    Args:
        comparisons: what is compared.
        parameters: rates by comparison and level.
        prior: probability that two random records match.
        uid: name of the model within Splink.
    """
    return {
        "link_type": "dedupe_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "record_id",
        "linker_uid": uid,
        "probability_two_random_records_match": prior,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [_as_dict(comparison, parameters[comparison.name]) for comparison in comparisons],
    }


def numbering(comparisons: tuple[Comparison, ...]) -> Parameters:
    """Rates whose weights are the numbers of the levels, 1 for the first: scoring with them gives vectors."""
    base = 2.0**-29
    return {
        c.name: {level.name: Rates(base * 2.0**number, base) for number, level in enumerate(c.levels, start=1)}
        for c in comparisons
    }


def _as_dict(comparison: Comparison, rates: Mapping[str, Rates]) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
    ]
    for level in comparison.levels:
        levels.append(
            {
                "sql_condition": level.condition or "ELSE",
                "label_for_charts": level.name,
                "m_probability": max(rates[level.name].m, LEAST),
                "u_probability": max(rates[level.name].u, LEAST),
            }
        )
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def any_equal(column: str) -> str:
    """One value of one record is a value of the other."""
    return f"list_has_any({column}_l, {column}_r)"


def rarity_levels(prefix: str, condition: str, m: float, *bounds: int) -> tuple[Level, ...]:
    """Equal names, split by how rare they are: one level per interval of `rarity` (log2 of the expected share).

    Args:
        prefix: of the levels' names.
        condition: what is equal, in SQL.
        m: share of each level among matches, to start from.
        bounds: of the intervals, rarest first.
    """
    levels = []
    for least, most in zip((None, *bounds), (*bounds, None), strict=True):
        within = [f"{{0}} >= {least}" if least is not None else "", f"{{0}} < {most}" if most is not None else ""]
        both = " and ".join(part for part in within if part)
        name = f"{prefix}_below_{most}" if most is not None else f"{prefix}_from_{least}"
        levels.append(
            Level(
                name.replace("-", ""),
                f"{condition} and {both.format('least(rarity_l, rarity_r)')}",
                m,
                Chance.EXPECTED,
                where=both.format("rarity"),
            )
        )
    return tuple(levels)


def either_missing(*columns: str) -> str:
    """One of the two records has a value in none of the columns."""
    left = " and ".join(f"{column}_l is null" for column in columns)
    right = " and ".join(f"{column}_r is null" for column in columns)
    return f"({left}) or ({right})"
