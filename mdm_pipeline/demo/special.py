"""Records that join nobody: joint accounts, walk-in, test and internal customers.

In: the true persons. Out: records with columns of `person_records.RECORD`, truth ids of their own.
Invariant: every record here has a truth id that no other record has.
What does not belong here: real customers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.person_records import RECORD
from mdm_pipeline.demo.rendering import phones
from mdm_pipeline.demo.tables import words

SPECIAL = (
    ("散客", "walk-in", "CN"),
    ("现金客户", "walk-in", "CN"),
    ("零售客户", "walk-in", "CN"),
    ("Walk-in customer", "walk-in", "US"),
    ("Cash sale", "walk-in", "GB"),
    ("Barverkauf", "walk-in", "DE"),
    ("测试客户", "test", "CN"),
    ("测试123", "test", "CN"),
    ("TEST - DO NOT USE", "test", "US"),
    ("Test Test", "test", "GB"),
    ("内部-市场部", "internal", "CN"),
    ("内部领用", "internal", "CN"),
    ("Internal use", "internal", "DE"),
)
TEXT = [name for name in RECORD if name not in ("party", "employer")]
EXTRA = {"domain": pl.String, "industry": pl.String}


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that such records leave empty."""
    missing = [name for name in [*TEXT, *EXTRA] if name not in frame.columns]
    return frame.with_columns(
        **{name: pl.lit(None, dtype=pl.String) for name in missing},
        party=pl.lit(-1, dtype=pl.Int64),
        employer=pl.lit(-1, dtype=pl.Int64),
        parent=pl.lit(-2, dtype=pl.Int64),
        owner=pl.lit(-1, dtype=pl.Int64),
    )


def joint_accounts(rng: np.random.Generator, people: pl.DataFrame, rates: ErrorRates, first: int) -> pl.DataFrame:
    """Joint accounts (联名) of two members of one household: parties of their own."""
    second = np.flatnonzero(people["follows"].to_numpy() & spread(rng, people.height, rates.joint_account * 5))
    one, two = people[second - 1], people[second]
    chinese = one["country"] == "CN"
    latin = one["given"] + " & " + two["given"] + " " + one["family"]
    name = pl.select(
        pl.when(chinese).then(one["family"] + one["given"] + "、" + two["family"] + two["given"]).otherwise(latin)
    ).to_series()
    count = len(second)
    return _complete(
        pl.DataFrame(
            {
                "table": pl.Series(
                    np.array(["account", "customers"], dtype=object)[rng.integers(0, 2, count)],
                    dtype=pl.String,
                ),
                "kind": pl.Series(["P"] * count, dtype=pl.String),
                "country": one["country"],
                "name": name,
                "phone": phones(rng, one["landline"], one["country"]),
                "province": one["province"],
                "city": one["city"],
                "truth_id": "J" + (pl.Series(second, dtype=pl.Int64) + first).cast(pl.String).str.zfill(7),
                "party_type": pl.Series(["person"] * count, dtype=pl.String),
                "role": pl.Series(["customer"] * count, dtype=pl.String),
            }
        )
    )


def special_records(rng: np.random.Generator, parties: int, rates: ErrorRates, first: int) -> pl.DataFrame:
    """Walk-in, test and internal customers as each system keeps them."""
    count = max(round(parties * rates.special), 3) if rates.special else 0
    chosen = rng.integers(0, len(SPECIAL), count)
    tables = np.array(["account", "customers", "billing_customers"], dtype=object)
    names, roles, countries = (pl.Series([row[i] for row in SPECIAL]).gather(chosen) for i in range(3))
    where = words("cities_zh").pick(rng, count, "city")
    what = rng.random(count)
    suffix = np.where(
        what < 0.25, "", np.where(what < 0.6, " " + where.to_numpy(), rng.integers(1, 999, count).astype(str))
    )
    return _complete(
        pl.DataFrame(
            {
                "table": pl.Series(tables[rng.integers(0, 3, count)], dtype=pl.String),
                "kind": pl.Series(["O"] * count, dtype=pl.String),
                "country": countries,
                "name": names + pl.Series(suffix.astype(object), dtype=pl.String),
                "role": roles,
                "truth_id": "X" + pl.Series(np.arange(count) + first).cast(pl.String).str.zfill(7),
                "party_type": pl.Series(["organization"] * count, dtype=pl.String),
            }
        )
    )
