from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.master.codes import check_character, codes_of, is_well_formed


@pytest.mark.parametrize(
    ("text", "expected"),
    [("A12425GABC1234002", "M"), ("B8BF25DF3E1C", check_character("B8BF25DF3E1C"))],
)
def test_the_check_character_is_that_of_iso_7064(text, expected):
    assert check_character(text) == expected  # the first is the worked example of the standard (GRid code)


def test_codes_are_prefix_padded_number_and_check_character():
    assert codes_of([1, 42, 123456], prefix="C", digits=4) == [
        "C0001" + check_character("C0001"),
        "C0042" + check_character("C0042"),
        "C123456" + check_character("C123456"),
    ]


@given(st.integers(0, 10**10), st.integers(0, 8), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_found(number, position, digit):
    code = codes_of([number], prefix="C", digits=8)[0]
    wrong = code[: 1 + position] + digit + code[2 + position :]
    assert is_well_formed(code)
    assert is_well_formed(wrong) == (wrong == code)


def test_nearly_all_swaps_of_neighbors_are_found():
    found = swaps = 0
    for code in codes_of(range(1, 20_000, 7), prefix="C", digits=8):
        for position in range(1, 8):
            swapped = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
            swaps += swapped != code
            found += swapped != code and not is_well_formed(swapped)
    assert found / swaps > 0.97
