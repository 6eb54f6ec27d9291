"""Prepares the records of one party type: names, values, rarity, one feature row each.

In: staging, frozen name frequencies. Out: temporary tables `matching_record`, `matching_name`, `matching_value`,
`matching_feature`. Invariant: a feature depends on the record, on values it shares, and on frozen tables only.
Does not belong here: pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.matching.model import RARE_SHARE
from mdm_pipeline.standardize.text import pinyin

_HERE = Path(__file__).parent
Shares = Mapping[str, Mapping[str, float]]


def read_records(con: DuckDBPyConnection, party_type: PartyType) -> int:
    """Fill `matching_record`, `matching_name` and the shared values; return how many records there are."""
    run_sql(con, _HERE / "records.sql", {"party_type": party_type})
    row = con.execute("select count(*) from matching_record").fetchone()
    return int(row[0]) if row else 0


def count_frequencies(con: DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """Shares of the parts of names among the records read, by part and value."""
    run_sql(con, _HERE / "frequency_count.sql")
    shares: dict[str, dict[str, float]] = {}
    for part, value, share in con.execute("from matching_frequency order by part, value").fetchall():
        shares.setdefault(part, {})[value] = float(f"{share:.4g}")
    return shares


def make_features(con: DuckDBPyConnection, party_type: PartyType, shares: Shares) -> None:
    """Fill `matching_feature`."""
    _use_frequencies(con, shares)
    _make_trade_keys(con)
    run_sql(con, _HERE / f"{party_type}_features.sql", {"rare_share": RARE_SHARE})


def _use_frequencies(con: DuckDBPyConnection, shares: Shares) -> None:
    rows = [(part, value, share) for part, values in shares.items() for value, share in values.items()]
    frame = pl.DataFrame(rows, schema={"part": pl.String, "value": pl.String, "share": pl.Float64}, orient="row")
    con.register("frequencies", frame)
    con.execute("create or replace temp table matching_frequency as select part, value, share from frequencies")
    con.unregister("frequencies")


def _make_trade_keys(con: DuckDBPyConnection) -> None:
    """字号 in Latin letters: pinyin of a Chinese one, the first word of a Latin name."""
    names = con.execute(
        "select record_id, name_no, trade_name, name_script, split_part(core_key, ' ', 1) as first_word "
        "from matching_name order by record_id, name_no"
    ).pl()
    distinct = names.filter(pl.col("name_script") != "latin")["trade_name"].drop_nulls().unique().sort()
    spelled = pinyin(distinct).str.replace_all(" ", "")
    keys = dict(zip(distinct.to_list(), spelled.to_list(), strict=True))
    latin = pl.col("name_script") == "latin"
    frame = names.select(
        "record_id",
        "name_no",
        value=pl.when(latin)
        .then(pl.when(pl.col("first_word").str.len_chars() >= 3).then("first_word"))
        .otherwise(pl.col("trade_name").replace_strict(keys, default=None, return_dtype=pl.String)),
    )
    con.register("trade_keys", frame)
    con.execute("create or replace temp table matching_trade_key as select * from trade_keys")
    con.unregister("trade_keys")
