from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.demo import ErrorRates, corruption
from mdm_pipeline.demo.tables import mapping, table

NAMES = st.lists(st.one_of(st.none(), st.text("abcxyz 李王张伟芳", min_size=1, max_size=8)), min_size=1, max_size=20)


@given(names=NAMES, seed=st.integers(0, 1000), data=st.data())
def test_only_the_rows_that_are_hit_change_and_nulls_stay(
    names: list[str | None], seed: int, data: st.DataObject
) -> None:
    hit = np.array(data.draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names))))
    column = pl.Series(names, dtype=pl.String)
    rng = np.random.default_rng(seed)
    for spoiled in (
        corruption.typos(rng, column, hit),
        corruption.homophones(rng, column, hit),
        corruption.traditional(column, hit),
        corruption.full_width(column, hit),
        corruption.wrong_character(rng, column, hit),
        corruption.masked(column, hit, 3),
    ):
        assert spoiled.filter(pl.Series(~hit)).to_list() == column.filter(pl.Series(~hit)).to_list()
        assert spoiled.is_null().to_list() == column.is_null().to_list()


@pytest.mark.parametrize(
    ("spoil", "before", "after"),
    [
        (lambda c, h: corruption.traditional(c, h), "刘丽华", "劉麗華"),
        (lambda c, h: corruption.full_width(c, h), "AB 12", "ＡＢ １２"),
        (lambda c, h: corruption.masked(c, h, 3), "13912341234", "139****1234"),
        (lambda c, h: corruption.masked(c, h, 6), "11010519491231002X", "110105********002X"),
    ],
)
def test_an_error_looks_like_this(spoil: object, before: str, after: str) -> None:
    assert spoil(pl.Series([before]), np.array([True])).to_list() == [after]  # type: ignore[operator]


def test_a_rate_is_a_probability() -> None:
    with pytest.raises(ValueError, match="typo_name: 2 is no probability"):
        ErrorRates(typo_name=2)


def test_every_rate_is_documented() -> None:
    text = ErrorRates.__doc__ or ""
    assert [name for name in ErrorRates.__dataclass_fields__ if f"        {name}: " not in text] == []


def test_tables_have_no_row_twice() -> None:
    assert mapping("traditional", "simplified", "traditional")["华"] == "華"
    for name in ("surnames_zh", "given_zh", "company_characters_zh", "streets_zh", "cities_zh", "nicknames"):
        assert table(name).is_unique().all(), name
