"""Learns m, u and the prior by expectation maximization over counts per comparison vector.

In: comparison vectors of candidate and of random pairs, counts of pairs that share a value. Out: `Fit`.
Invariant: u of a level of equality is all pairs that share the value less the matches among them, never a
sample, so that
it does not fail silently as tables grow; the same input gives the same numbers.
Does not belong here: where vectors come from (`scoring`), storing (`model`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.matching.comparisons import Chance, Comparison, Parameters, Rates

Array = NDArray[Any]
ROUNDS = 60
# Weight, in pairs, of the declared m: decides where data is silent, vanishes where it speaks.
PRIOR_PAIRS = 5.0
LEAST_SHARE_OF_STRANGERS = 0.01
# However rare the parts of a name are: parts of one language keep company.
LEAST_NAMESAKES = 1e-9


class BadModel(PermanentError):
    """Training gave numbers that contradict what is known of customers; the model must not be used."""


@dataclass(frozen=True)
class Counts:
    """What is known besides the vectors of candidates.

    Args:
        records: records of the party type.
        shared: per comparison and level of equality, pairs of records that share
            the value, counted or expected.
        sampled: comparison vectors of random pairs, with `pairs`.
    """

    records: int
    shared: Mapping[str, Mapping[str, float]]
    sampled: pl.DataFrame

    @property
    def pairs(self) -> float:
        """Pairs of records there are."""
        return max(self.records * (self.records - 1) / 2, 1.0)


@dataclass(frozen=True)
class Fit:
    """What training found."""

    parameters: Parameters
    prior: float
    matches: float


def fit(comparisons: tuple[Comparison, ...], vectors: pl.DataFrame, counts: Counts) -> Fit:
    """Estimate all parameters.

    Args:
        comparisons: what was compared.
        vectors: mw_<comparison> as scored with `numbering`, and `pairs`, of the candidates.
        counts: what else is known.

    Raises:
        BadModel: there is nothing to learn from, or the numbers are absurd.
    """
    if not vectors.height:
        raise BadModel("training: no two records share any key; use the shipped model")
    gammas = [_positions(vectors, c) for c in comparisons]
    weights = vectors["pairs"].cast(pl.Float64).to_numpy()
    m = [np.array([level.m for level in c.levels]) / sum(level.m for level in c.levels) for c in comparisons]
    sampled = [_sampled(c, counts) for c in comparisons]
    u = [_first_u(c, s, counts) for c, s in zip(comparisons, sampled, strict=True)]
    declared = [shares.copy() for shares in m]
    prior = min(counts.records / counts.pairs, 0.2)
    matches = 0.0
    for _ in range(ROUNDS):
        match = _posterior(gammas, m, u, prior) * weights
        other = weights - match
        matches = float(match.sum())
        prior = min(max(matches, 1.0) / counts.pairs, 0.5)
        for i, comparison in enumerate(comparisons):
            found = _by_level(gammas[i], match, len(comparison.levels))
            m[i] = _m(comparison, found, declared[i])
            strangers = _by_level(gammas[i], other, len(comparison.levels))
            u[i] = _u(comparison, sampled[i], counts, found, strangers)
    parameters = {
        comparison.name: {
            level.name: Rates(_rounded(m[i][j]), _rounded(u[i][j])) for j, level in enumerate(comparison.levels)
        }
        for i, comparison in enumerate(comparisons)
    }
    found_fit = Fit(parameters, _rounded(prior), _rounded(matches))
    refuse_bad(comparisons, found_fit, counts.records)
    return found_fit


def fit_prior(
    comparisons: tuple[Comparison, ...], vectors: pl.DataFrame, parameters: Parameters, records: int
) -> float:
    """Only the prior, for a model that was trained elsewhere: how many of this table's pairs match.

    A table of 100 records and one of a million have very different shares; the cut stays where it is.
    """
    pairs = max(records * (records - 1) / 2, 1.0)
    least, most = 0.02 * records / pairs, min(2.0 * records / pairs, 0.5)
    prior = min(0.5 * records / pairs, most)
    if not vectors.height:
        return min(max(prior, 1e-9), 0.5)
    gammas = [_positions(vectors, c) for c in comparisons]
    m = [np.array([parameters[c.name][level.name].m for level in c.levels]) for c in comparisons]
    u = [np.array([parameters[c.name][level.name].u for level in c.levels]) for c in comparisons]
    weights = vectors["pairs"].cast(pl.Float64).to_numpy()
    for _ in range(ROUNDS):
        matches = float((_posterior(gammas, m, u, prior) * weights).sum())
        prior = min(max(matches / pairs, least), most)
    return prior


def refuse_bad(comparisons: tuple[Comparison, ...], found: Fit, records: int) -> None:
    """Checks that stop a bad model by name.

    Raises:
        BadModel: an absurd number of matches, a strongest level that pushes apart, a weakest one that pulls together,
            or levels out of order.
    """
    per_record = found.matches / max(records, 1)
    if not 0.005 <= per_record <= 20:
        raise BadModel(
            f"training: {per_record:.3f} matching pairs per record; expected 0.005 to 20: keep the last good model"
        )
    for comparison in comparisons:
        rates = [found.parameters[comparison.name][level.name].weight for level in comparison.levels]
        if rates[0] < 0 or rates[-1] > 0:
            raise BadModel(
                f"training: comparison {comparison.name}: agreement weighs {rates[0]:.1f} and disagreement "
                f"{rates[-1]:.1f}; expected above and below zero: keep the last good model"
            )
        first, last = comparison.levels[0].name, comparison.levels[-1].name
        if comparison.is_ordered and max(rates[1:]) > rates[0] + 3:
            raise BadModel(
                f"training: comparison {comparison.name}: a level between {first} and {last} weighs more than {first}: "
                "levels out of order, keep the last good model"
            )


def _rounded(number: float) -> float:
    """Nine digits: sums of floats depend on the order in which threads add them up, a model must not."""
    return float(f"{number:.9g}")


def _positions(vectors: pl.DataFrame, comparison: Comparison) -> Array:
    """Position of the level in the declaration; -1 where the evidence is missing."""
    return vectors[f"mw_{comparison.name}"].round().cast(pl.Int64).to_numpy() - 1


def _posterior(gammas: list[Array], m: list[Array], u: list[Array], prior: float) -> Array:
    weight: Array = np.full(len(gammas[0]), np.log(prior / (1 - prior)))
    for position, shares, chances in zip(gammas, m, u, strict=True):
        factors = np.append(np.log(np.maximum(shares, 1e-12)) - np.log(np.maximum(chances, 1e-12)), 0.0)
        weight += factors[position]
    probability: Array = 1 / (1 + np.exp(-np.clip(weight, -500, 500)))
    return probability


def _m(comparison: Comparison, matches: Array, declared: Array) -> Array:
    learnt: Array = (matches + PRIOR_PAIRS * declared) / (matches.sum() + PRIOR_PAIRS)
    given = np.array([level.is_given for level in comparison.levels])
    shares: Array = np.where(given, declared, learnt)
    return shares


def _by_level(position: Array, amount: Array, levels: int) -> Array:
    known = position >= 0
    return np.bincount(position[known], weights=amount[known], minlength=levels)


@dataclass(frozen=True)
class _Sample:
    """Shares of the levels among random pairs that have the evidence, and how many pairs of the table do."""

    shares: Array
    least: float
    known_pairs: float


def _sampled(comparison: Comparison, counts: Counts) -> _Sample:
    amount = counts.sampled["pairs"].cast(pl.Float64).to_numpy()
    found = _by_level(_positions(counts.sampled, comparison), amount, len(comparison.levels))
    known, seen = float(found.sum()), float(amount.sum())
    return _Sample(
        shares=(found + 0.5) / (known + 0.5 * len(found)),
        least=0.5 / (known + 1.0),
        known_pairs=max(counts.pairs * (known + 0.5) / (seen + 1.0), 1.0),
    )


def _first_u(comparison: Comparison, sample: _Sample, counts: Counts) -> Array:
    u = sample.shares.copy()
    for j, level in enumerate(comparison.levels):
        shared = counts.shared[comparison.name].get(level.name, 0.0)
        if level.chance is Chance.COUNTED:
            u[j] = max(0.1 * shared, 0.5) / sample.known_pairs
        elif level.chance is Chance.EXPECTED:
            u[j] = max(shared / counts.pairs, LEAST_NAMESAKES)
    return u


def _u(
    comparison: Comparison,
    sample: _Sample,
    counts: Counts,
    matches: Array,
    strangers: Array,
) -> Array:
    # Among random pairs there are matches too; in a small table they are not few.
    expected = matches / sample.known_pairs
    u = np.maximum(sample.shares - expected, np.minimum(sample.least, sample.shares))
    pairs = sample.known_pairs
    for j, level in enumerate(comparison.levels):
        if level.chance is Chance.COUNTED:
            shared = max(counts.shared[comparison.name].get(level.name, 0.0), matches[j] + strangers[j])
            u[j] = max(shared - matches[j], LEAST_SHARE_OF_STRANGERS * shared, 0.5) / pairs
        elif level.chance is Chance.EXPECTED:
            u[j] = max(counts.shared[comparison.name].get(level.name, 0.0) / counts.pairs, LEAST_NAMESAKES)
        elif level.chance is Chance.RELATED:
            u[j] = max(u[j], (strangers[j] + 0.5) / (strangers.sum() + 1))
    return u
