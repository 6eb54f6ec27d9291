"""How the standardizer of names of persons is asked for its cases.

Further names are written as `kind:name`, joined by '; '; nothing is the empty text.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mdm_pipeline.standardize.person_names import standardize_person_names

_INPUTS = ("full_name", "family_name", "given_name")
_COLUMNS = ("family", "given", "middle", "suffix", "honorific", "family_key", "given_key", "mark")


def person_name_answers(cases: pl.DataFrame) -> pl.DataFrame:
    """Columns family, given, middle, suffix, honorific, family_key, given_key, mark, further."""
    read = standardize_person_names(cases.select(pl.col(column).replace({"": None}) for column in _INPUTS))
    named = pl.format("{}:{}", pl.element().struct.field("kind"), pl.element().struct.field("name"))
    further = pl.col("further").list.eval(named).list.join("; ").alias("further")
    return read.select(*_COLUMNS, further).fill_null("")


ANSWERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {"person_names": person_name_answers}
