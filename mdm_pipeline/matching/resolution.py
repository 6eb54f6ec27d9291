"""Resolves the records of one party type with a frozen model: pairs, clusters, doubtful pairs.

In: staging and judgements, a `Model`. Out: `Resolution`, frames ready for the tables of the schema.
Invariant: the same records, model and judgements give the same frames, in whatever order rows are stored.
Does not belong here: models, writing tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from duckdb import DuckDBPyConnection
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mdm_pipeline.config.company import ModelConfig
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.matching.blocking import find_candidates, make_keys
from mdm_pipeline.matching.clustering import Clustering, cluster
from mdm_pipeline.matching.features import make_features, read_records
from mdm_pipeline.matching.model import Model, comparisons_of
from mdm_pipeline.matching.model_making import feature_table
from mdm_pipeline.matching.scoring import score_pairs

_HERE = Path(__file__).parent
# Pairs below this weight are forgotten: no decision can make them matter.
FORGET_BELOW = -6.0

# Weights are told apart at this many steps per bit.
_STEPS = 1_000_000

PAIR_SCHEMA = {
    "record_id_l": pl.Int64,
    "record_id_r": pl.Int64,
    "party_type": pl.String,
    "match_weight": pl.Float64,
    "match_probability": pl.Float64,
    "levels": pl.String,
    "match_keys": pl.String,
    "is_link": pl.Boolean,
}


@dataclass(frozen=True)
class Resolution:
    """What matching found among the records of one party type."""

    party_type: str
    pairs: pl.DataFrame
    clusters: pl.DataFrame
    review: pl.DataFrame
    contradictions: pl.DataFrame
    metrics: dict[str, Any]


def weight_of(probability: float) -> float:
    """Match weight of a probability."""
    return math.log2(probability / (1 - probability))


def resolve(
    con: DuckDBPyConnection, model: Model, section: ModelConfig, duplicate_free: Sequence[str] = ()
) -> Resolution:
    """Find the clusters of one party type.

    Args:
        con: the hub, inside the stage's transaction; only temporary tables are written.
        model: in force.
        section: thresholds.
        duplicate_free: source or source.table in which no party occurs twice.
    """
    read_records(con, model.party_type)
    make_features(con, model.party_type, model.frequencies.shares)
    make_keys(con, model.party_type)
    candidates = find_candidates(con, model.frequencies.stops, duplicate_free)
    pairs = _scored(con, model, candidates, weight_of(section.threshold))
    judged = run_sql(con, _HERE / "judgements.sql").pl()
    found = _clustered(con, model.party_type, pairs, judged, weight_of(section.threshold))
    clusters = pl.DataFrame(
        {"record_id": list(found.cluster_of), "cluster_id": list(found.cluster_of.values())},
        schema={"record_id": pl.Int64, "cluster_id": pl.Int64},
    ).with_columns(party_type=pl.lit(model.party_type))
    return Resolution(
        model.party_type,
        pairs.filter(pl.col("match_weight") >= FORGET_BELOW),
        clusters,
        _doubtful(pairs, clusters, judged, weight_of(section.review_threshold)),
        pl.DataFrame(
            [(c.record_id_l, c.record_id_r) for c in found.contradictions],
            schema={"record_id_l": pl.Int64, "record_id_r": pl.Int64},
            orient="row",
        ),
        _metrics(model, candidates, pairs, clusters, found),
    )


def _scored(con: DuckDBPyConnection, model: Model, candidates: pl.DataFrame, threshold: float) -> pl.DataFrame:
    if not candidates.height:
        return pl.DataFrame(schema=PAIR_SCHEMA)
    scored = score_pairs(feature_table(con), candidates, model.settings)
    words = [_level_words(scored, comparison.name, model) for comparison in comparisons_of(model.party_type)]
    return scored.with_columns(
        party_type=pl.lit(model.party_type),
        levels=pl.concat_str(words, separator=" ", ignore_nulls=True),
        is_link=pl.col("match_weight") >= threshold,
    ).select(pl.col(name).cast(kind) for name, kind in PAIR_SCHEMA.items())


def _level_words(scored: pl.DataFrame, name: str, model: Model) -> pl.Expr:
    """The level by its weight; two levels of the very same weight say the same."""
    words = {round(rates.weight * _STEPS): f"{name}={level}" for level, rates in model.parameters[name].items()}
    number = (pl.col(f"mw_{name}") * _STEPS).round().cast(pl.Int64)
    return number.replace_strict(words, default=None, return_dtype=pl.String)


def _clustered(
    con: DuckDBPyConnection, party_type: str, pairs: pl.DataFrame, judged: pl.DataFrame, threshold: float
) -> Clustering:
    records = [record for (record,) in con.execute("select record_id from matching_record").fetchall()]
    strong: dict[int, dict[str, frozenset[str]]] = {}
    for record, scheme, numbers in run_sql(
        con, _HERE / "strong_identifiers.sql", {"party_type": party_type}
    ).fetchall():
        strong.setdefault(record, {})[scheme] = frozenset(numbers)
    if party_type == "organization":
        for record, branch in run_sql(con, _HERE / "branches.sql").fetchall():
            strong.setdefault(record, {})["branch"] = frozenset([branch])
    together = judged.filter(pl.col("judgement") == "match").select("record_id_l", "record_id_r")
    return cluster(
        records,
        _within_components(pairs, together, threshold).iter_rows(),
        threshold=threshold,
        strong=strong,
        together=together.rows(),
        apart=judged.filter(pl.col("judgement") == "no_match").select("record_id_l", "record_id_r").rows(),
    )


def _within_components(pairs: pl.DataFrame, together: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Pairs of records that a chain of links or judgements connects: no other pair can play a part."""
    scored = pairs.select("record_id_l", "record_id_r", "match_weight")
    links = pl.concat([scored.filter(pl.col("match_weight") >= threshold).drop("match_weight"), together])
    ids = pl.concat([links["record_id_l"], links["record_id_r"]]).unique().sort().to_numpy()
    left, right = np.searchsorted(ids, links["record_id_l"]), np.searchsorted(ids, links["record_id_r"])
    matrix = coo_array((np.ones(links.height, dtype=np.int8), (left, right)), shape=(len(ids), len(ids)))
    component = pl.DataFrame({"record_id": ids, "component": connected_components(matrix, directed=False)[1]})
    return (
        scored.join(component, left_on="record_id_l", right_on="record_id")
        .join(component, left_on="record_id_r", right_on="record_id", suffix="_r")
        .filter(pl.col("component") == pl.col("component_r"))
        .select("record_id_l", "record_id_r", "match_weight")
    )


def _doubtful(pairs: pl.DataFrame, clusters: pl.DataFrame, judged: pl.DataFrame, least: float) -> pl.DataFrame:
    """Pairs that were not joined although much speaks for it, unless somebody judged them already."""
    cluster_of = clusters.select("record_id", "cluster_id")
    return (
        pairs.filter(pl.col("match_weight") >= least)
        .join(judged.select("record_id_l", "record_id_r"), on=["record_id_l", "record_id_r"], how="anti")
        .join(cluster_of, left_on="record_id_l", right_on="record_id")
        .join(cluster_of, left_on="record_id_r", right_on="record_id", suffix="_r")
        .filter(pl.col("cluster_id") != pl.col("cluster_id_r"))
        .select(
            "record_id_l",
            "record_id_r",
            "party_type",
            "match_weight",
            reason=pl.when("is_link")
            .then(pl.lit("linked by score, kept apart by the rest of their groups: "))
            .otherwise(pl.lit("between the thresholds: "))
            + pl.col("levels"),
        )
        .sort("record_id_l", "record_id_r")
    )


def _metrics(
    model: Model, candidates: pl.DataFrame, pairs: pl.DataFrame, clusters: pl.DataFrame, found: Clustering
) -> dict[str, Any]:
    sizes = clusters.group_by("cluster_id").len().group_by("len").len(name="clusters").sort("len")
    weights = (
        pairs.select(weight=(pl.col("match_weight").clip(-30, 40) / 5).floor().cast(pl.Int64) * 5)
        .group_by("weight")
        .len(name="pairs")
        .sort("weight")
    )
    return {
        "model_id": model.model_id,
        "origin": model.origin,
        **({"not_trained": model.metrics["not_trained"]} if "not_trained" in model.metrics else {}),
        "records": clusters.height,
        "clusters": clusters["cluster_id"].n_unique(),
        "candidate_pairs": candidates.height,
        "links": int(pairs["is_link"].sum()),
        "refused_merges": found.refused_merges,
        "cluster_sizes": [{"records": size, "clusters": number} for size, number in sizes.iter_rows()],
        "match_weights": [{"weight_from": weight, "pairs": number} for weight, number in weights.iter_rows()],
    }
