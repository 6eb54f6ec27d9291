"""Scores registered pairs with Splink.

In: feature rows, candidate pairs, Splink settings, as frames. Out: one row per pair with weight and levels.
Invariant: each call has its own database in memory and its own `DuckDBAPI`: Splink's cache belongs to the
API object and
would hand one linker's pairs to the next. Nothing of Splink's is left in the hub.
Does not belong here: which pairs (`blocking`), what the numbers are (`training`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
from splink import DuckDBAPI, Linker

from mdm_pipeline.hub.ddl import quoted


def score_pairs(
    features: pa.Table, pairs: pl.DataFrame, settings: Mapping[str, Any], *, only_vectors: bool = False
) -> pl.DataFrame:
    """Compare pairs.

    Args:
        features: one row per record with `record_id` and the columns that the settings compare.
        pairs: record_id_l, record_id_r (the smaller id first), match_keys.
        settings: Splink settings with m and u of every level.
        only_vectors: leave the ids out, return distinct vectors of weights with their count.

    Returns:
        record_id_l, record_id_r, match_keys, match_weight, match_probability and mw_<comparison> (its weight, 0 where
        it is missing), by ids; or the weights and `pairs` (their count), by weights.
    """
    names = [comparison["output_column_name"] for comparison in settings["comparisons"]]
    weights = ", ".join(quoted(f"mw_{name}") for name in names)
    logging.getLogger("splink").setLevel(logging.ERROR)
    # Splink's scratch database, not a hub. The settings are our own: having Splink parse every level for a warning in
    # its log costs 0.2 s a call.
    with duckdb.connect(":memory:", config={"python_enable_replacements": False}) as con:  # noqa: TID251
        api = DuckDBAPI(con)
        table = api.register(features, dataset_display_name="records")
        linker = Linker(table, dict(settings), log_level=None, validate_settings=False)
        blocked = pairs.select(join_key_l="record_id_l", join_key_r="record_id_r", match_key="match_keys").to_arrow()
        linker.table_management.register_blocked_pairs_for_predict(api.register(blocked))
        scored = linker.inference.predict(warning_mode="never").physical_name
        # Names of our own comparisons and of Splink's table; values never enter the text.
        if only_vectors:
            statement = f"select {weights}, count(*) as pairs from {scored} group by all order by all"  # noqa: S608
        else:
            statement = (
                "select record_id_l, record_id_r, match_key as match_keys, match_weight, match_probability, "  # noqa: S608
                f"{weights} from {scored} order by record_id_l, record_id_r"
            )
        return con.execute(statement).pl()
