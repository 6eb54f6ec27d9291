"""How the standardizer of addresses is asked for its cases."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.standardize.addresses import standardize_addresses

_INPUTS = ("country", "province", "city", "district", "postcode")
_EXPECTED = (
    "country",
    "province",
    "city",
    "district",
    "town",
    "street",
    "house_number",
    "building",
    "room",
    "postcode",
    "division_code",
)


def address_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns country to division_code, as the file names them."""
    given = {name: cases[f"given_{name}"].replace({"": None}) for name in _INPUTS}
    read = standardize_addresses(pl.DataFrame({"raw": cases["raw"].replace({"": None})} | given))
    return read.select(_EXPECTED).fill_null("")


ANSWERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {"addresses": address_answers}
