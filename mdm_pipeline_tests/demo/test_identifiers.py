from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.cn import uscc as official_uscc
from stdnum.de import vat as german
from stdnum.fr import tva as french
from stdnum.gb import vat as british

from mdm_pipeline.demo import identifiers
from mdm_pipeline.demo.tables import table


@given(seed=st.integers(0, 2**32))
def test_credit_codes_have_a_valid_check_character(seed: int) -> None:
    codes = identifiers.uscc(
        np.random.default_rng(seed), pl.Series(["440305"] * 20), sole_trader=np.arange(20) % 2 == 0
    )
    assert [official_uscc.is_valid(code) for code in codes] == [True] * 20


def test_id_numbers_state_birth_date_and_gender_and_a_valid_check_digit() -> None:
    division = table("cities_zh")["division"]
    birth = pl.Series([date(1985, 6, 12)] * len(division))
    male = np.arange(len(division)) % 2 == 1
    numbers = identifiers.id_number(np.random.default_rng(1), division, birth, male)
    assert numbers.str.slice(6, 8).unique().to_list() == ["19850612"]
    assert (numbers.str.slice(16, 1).cast(pl.Int64).to_numpy() % 2 == 1).tolist() == male.tolist()
    assert [ric.calc_check_digit(number) for number in numbers] == numbers.str.slice(17, 1).to_list()


@pytest.mark.parametrize(
    ("make", "official"),
    [(identifiers.german_vat, german), (identifiers.french_vat, french), (identifiers.british_vat, british)],
)
def test_european_vat_numbers_are_valid(make: object, official: object) -> None:
    numbers = make(np.random.default_rng(7), 200)  # type: ignore[operator]
    assert [number for number in numbers if not official.is_valid(number)] == []  # type: ignore[attr-defined]


def test_the_tax_id_follows_the_country() -> None:
    country = pl.Series(["CN", "DE", "FR", "GB", "US", "SG", "HK"])
    shop = np.zeros(len(country), dtype=bool)
    codes = identifiers.tax_id(np.random.default_rng(1), country, pl.Series([None] * 7, dtype=pl.String), shop)
    assert codes.str.len_chars().to_list() == [18, 11, 13, 11, 10, 10, 8]
