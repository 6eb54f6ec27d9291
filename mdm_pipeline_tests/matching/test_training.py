"""Expectation maximization over counts: it finds planted rates, and a bad model is stopped by name."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mdm_pipeline.matching.comparisons import Chance, Comparison, Level, Rates, splink_settings
from mdm_pipeline.matching.training import BadModel, Counts, Fit, fit, fit_prior, refuse_bad

COMPARISONS = tuple(
    Comparison(
        name,
        f"{name}_l is null or {name}_r is null",
        (Level("equal", f"{name}_l = {name}_r", 0.8, Chance.COUNTED, name), Level("different", "", 0.2)),
    )
    for name in ("phone", "email", "address")
)
RECORDS, MATCHES = 2_000, 1_500
M, U = 0.7, 0.001


def planted() -> tuple[pl.DataFrame, Counts]:
    """Vectors of all pairs of a table in which agreement is independent within matches and within others."""
    pairs = RECORDS * (RECORDS - 1) / 2
    rows = []
    for number in range(8):
        agrees = np.array([(number >> bit) & 1 for bit in range(3)])
        matches = MATCHES * float(np.prod(np.where(agrees, M, 1 - M)))
        others = (pairs - MATCHES) * float(np.prod(np.where(agrees, U, 1 - U)))
        rows.append([*np.where(agrees, 1.0, 2.0), matches + others])
    vectors = pl.DataFrame(rows, schema=["mw_phone", "mw_email", "mw_address", "pairs"], orient="row")
    agreeing = MATCHES * M + (pairs - MATCHES) * U
    shared = {c.name: {"equal": agreeing} for c in COMPARISONS}
    return vectors, Counts(RECORDS, shared, vectors)


def test_planted_rates_are_found_again() -> None:
    vectors, counts = planted()
    found = fit(COMPARISONS, vectors, counts)
    assert found.matches == pytest.approx(MATCHES, rel=0.02)
    assert found.prior == pytest.approx(MATCHES / counts.pairs, rel=0.02)
    for name in ("phone", "email", "address"):
        assert found.parameters[name]["equal"].m == pytest.approx(M, rel=0.02)
        assert found.parameters[name]["equal"].u == pytest.approx(U, rel=0.02)


def test_the_prior_alone_is_found_with_rates_from_elsewhere() -> None:
    vectors, counts = planted()
    rates = {c.name: {"equal": Rates(M, U), "different": Rates(1 - M, 1 - U)} for c in COMPARISONS}
    assert fit_prior(COMPARISONS, vectors, rates, RECORDS) == pytest.approx(MATCHES / counts.pairs, rel=0.02)


def test_training_on_nothing_is_refused() -> None:
    vectors, counts = planted()
    with pytest.raises(BadModel, match="no two records share any key"):
        fit(COMPARISONS, vectors.clear(), counts)


def good(**changed: dict[str, Rates]) -> Fit:
    rates = {c.name: {"equal": Rates(0.7, 0.001), "different": Rates(0.3, 0.999)} for c in COMPARISONS}
    return Fit({**rates, **changed}, 0.001, 900.0)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (good(phone={"equal": Rates(0.01, 0.7), "different": Rates(0.99, 0.3)}), "comparison phone: agreement weighs"),
        (Fit(good().parameters, 0.5, 90_000.0), "90.000 matching pairs per record"),
        (Fit(good().parameters, 1e-9, 0.1), "0.000 matching pairs per record"),
    ],
)
def test_a_planted_fault_is_stopped_by_name(fault: Fit, message: str) -> None:
    with pytest.raises(BadModel) as stopped:
        refuse_bad(COMPARISONS, fault, 1_000)
    assert message in str(stopped.value)


def test_levels_out_of_order_are_stopped() -> None:
    comparison = Comparison(
        "name", "", (Level("equal", "a", 0.5), Level("similar", "b", 0.3), Level("different", "", 0.2))
    )
    rates = {"equal": Rates(0.5, 0.01), "similar": Rates(0.3, 0.0001), "different": Rates(0.2, 0.98)}
    with pytest.raises(BadModel, match="levels out of order"):
        refuse_bad((comparison,), Fit({"name": rates}, 0.001, 900.0), 1_000)


def test_settings_carry_every_level_with_its_rates() -> None:
    levels = splink_settings(COMPARISONS, good().parameters, 0.001, "m")["comparisons"][0]["comparison_levels"]
    assert [(level["sql_condition"], level.get("m_probability")) for level in levels] == [
        ("phone_l is null or phone_r is null", None),
        ("phone_l = phone_r", 0.7),
        ("ELSE", 0.3),
    ]
