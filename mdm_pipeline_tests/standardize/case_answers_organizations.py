"""How the standardizers of organizations' names are asked for their cases; further names are joined as `kind:name`."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.standardize.organization_names import standardize_organization_names
from mdm_pipeline.standardize.party_types import guess_party_type

_ORGANIZATION = (
    "legal_form",
    "core",
    "region",
    "trade_name",
    "industry_word",
    "branch",
    "head",
    "owner",
    "further",
)


_TOLD = (
    pl.col("further")
    .list.eval(pl.element().struct.field("kind") + ":" + pl.element().struct.field("name"))
    .list.join("|")
    .alias("further")
)


def organization_name_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns legal_form to owner, and the further names."""
    read = standardize_organization_names(cases["name"])
    return read.with_columns(_TOLD).select(_ORGANIZATION).fill_null("")


def party_type_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Column party_type; empty where the name does not tell."""
    return guess_party_type(cases["name"]).fill_null("").alias("party_type").to_frame()


ANSWERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "organization_names": organization_name_answers,
    "party_types": party_type_answers,
}
