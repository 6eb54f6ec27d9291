"""Finds the pairs worth comparing: keys as hashed (record, key) rows, joined by equality.

In: the features of one party type, a stop list. Out: `matching_block` and `matching_candidate` (temporary tables).
Invariant: a key that too many records have is split by a second key, by a stop list frozen in the model: a live limit
would let one new record change the pairs of others.
Does not belong here: comparing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.sql import run_sql

_HERE = Path(__file__).parent
# Records that one block may hold when a stop list is drawn up.
BLOCK_LIMIT = 50


def make_keys(con: DuckDBPyConnection, party_type: str) -> None:
    """Write `matching_key` and `matching_second` from the features."""
    run_sql(con, _HERE / f"{party_type}_keys.sql")


def draw_up_stop_list(con: DuckDBPyConnection, limit: int = BLOCK_LIMIT) -> list[int]:
    """Keys that are explosive today: first those of one part, then what is left of them after a second part.

    Returns:
        Hashes, sorted. The second kind is not split again: pairs that agree on two frequent values and nothing else.
    """
    stops: list[int] = []
    for _ in range(2):
        _use_stop_list(con, stops)
        run_sql(con, _HERE / "blocks.sql")
        found = run_sql(con, _HERE / "explosive_keys.sql", {"block_limit": limit}).fetchall()
        stops = sorted({*stops, *(key for key, _ in found)})
    return stops


def find_candidates(con: DuckDBPyConnection, stops: Sequence[int], duplicate_free: Sequence[str]) -> pl.DataFrame:
    """Join records that share a key.

    Args:
        con: the hub; `matching_key`, `matching_second` and `matching_feature` filled.
        stops: hashes of keys that are split.
        duplicate_free: source or source.table in which no party occurs twice.

    Returns:
        record_id_l, record_id_r, match_keys.
    """
    _use_stop_list(con, stops)
    run_sql(con, _HERE / "blocks.sql")
    tables = [
        name
        for (name,) in con.execute("select distinct source_table from matching_feature").fetchall()
        if name in duplicate_free or name.split(".")[0] in duplicate_free
    ]
    run_sql(con, _HERE / "candidates.sql", {"duplicate_free": sorted(tables) or [""]})
    return con.execute("select * from matching_candidate order by record_id_l, record_id_r").pl()


def _use_stop_list(con: DuckDBPyConnection, stops: Sequence[int]) -> None:
    frame = pl.DataFrame({"key": pl.Series(list(stops), dtype=pl.UInt64)})
    con.register("stop_list", frame)
    con.execute("create or replace temp table matching_stop as select key from stop_list")
    con.unregister("stop_list")
