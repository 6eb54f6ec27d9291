"""Which system knows which party: one to four records each, about 2.2 on average.

In: random numbers and a count of parties. Out: two columns, party row and table, one row per record.
Invariant: every party has at least one record; a letter that occurs twice is a duplicate inside one system.
What does not belong here: what the records say.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.tables import Mask

TABLES = {"a": "account", "c": "contact", "e": "customers", "b": "billing_customers"}
SOURCES = {"account": "crm", "contact": "crm", "customers": "erp", "billing_customers": "finance"}

PERSON_PATTERNS = {
    "c": 13.5, "a": 9.0, "e": 4.5, "b": 3.0,
    "ce": 7.0, "ae": 7.0, "ab": 4.0, "ca": 5.0, "cc": 3.4, "eb": 4.5, "aa": 1.7, "ee": 1.4,
    "cae": 5.5, "aeb": 5.5, "cce": 3.3, "ceb": 3.5, "aae": 2.2, "aee": 2.0,
    "caeb": 7.0, "ccae": 3.0, "aeeb": 2.0, "aaeb": 2.0,
}  # fmt: skip
ORGANIZATION_PATTERNS = {
    "a": 16.0, "e": 8.0, "b": 6.0,
    "ae": 13.0, "ab": 8.0, "eb": 8.0, "aa": 3.5, "ee": 1.5,
    "aeb": 15.0, "aae": 4.0, "aee": 3.0,
    "aaeb": 6.0, "aeeb": 5.0, "aebb": 3.0,
}  # fmt: skip


def place(
    rng: np.random.Generator, count: int, patterns: dict[str, float], *, needs_account: Mask | None = None
) -> pl.DataFrame:
    """Draw the records of `count` parties.

    Args:
        rng: random numbers.
        count: how many parties.
        patterns: the letters of `TABLES` that a party's records stand in, with weights.
        needs_account: parties that must have a CRM account (as the first of their records).

    Returns:
        Columns `party` (row number) and `table`.
    """
    names = list(patterns)
    weights = np.array(list(patterns.values()))
    chosen = rng.choice(len(names), count, p=weights / weights.sum())
    if needs_account is not None:
        without = np.array(["a" not in name for name in names])[chosen] & needs_account
        chosen[without] = names.index("ae")
    spelled = pl.Series(names).gather(chosen)
    placed = pl.DataFrame({"party": np.arange(count), "letter": spelled.str.split("")}).explode("letter")
    placed = placed.filter(pl.col("letter") != "")
    return placed.select("party", table=pl.col("letter").replace_strict(TABLES))


def mean_records(patterns: dict[str, float]) -> float:
    """Records per party that these patterns give on average."""
    return sum(len(name) * weight for name, weight in patterns.items()) / sum(patterns.values())
