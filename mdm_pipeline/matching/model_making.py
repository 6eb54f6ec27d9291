"""Makes the model of a party type: trained on this company's records, or the shipped one fitted to their number.

In: staging. Out: `Model`. Invariant: the same records give the same model; a model that fails its checks is never
returned: the shipped one stands in, and the reason is in its metrics.
Does not belong here: storing it, scoring with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.matching.blocking import draw_up_stop_list, find_candidates, make_keys
from mdm_pipeline.matching.comparisons import Chance, Comparison, Level, numbering, splink_settings
from mdm_pipeline.matching.features import count_frequencies, make_features, read_records
from mdm_pipeline.matching.model import Frequencies, Model, at_size, comparisons_of, shipped_fingerprint, shipped_model
from mdm_pipeline.matching.scoring import score_pairs
from mdm_pipeline.matching.training import BadModel, Counts, fit, fit_prior

SEED = 20260101
RANDOM_PAIRS = 200_000
# Fewer records than this are not trained on: EM finds patterns in noise.
LEAST_RECORDS = 1_000


def train(con: DuckDBPyConnection, party_type: PartyType, duplicate_free: Sequence[str] = ()) -> Model:
    """Train a model on the records that take part in matching.

    Args:
        con: the hub; only temporary tables are written.
        party_type: which records.
        duplicate_free: source or source.table in which no party occurs twice.

    Raises:
        BadModel: the data gives no model that passes its checks.
    """
    records = read_records(con, party_type)
    shares = count_frequencies(con)
    make_features(con, party_type, shares)
    make_keys(con, party_type)
    stops = draw_up_stop_list(con)
    pairs = find_candidates(con, stops, duplicate_free)
    comparisons = comparisons_of(party_type)
    features = feature_table(con)
    numbered = splink_settings(comparisons, numbering(comparisons), 0.001, f"mdm_{party_type}_vectors")
    vectors = score_pairs(features, pairs, numbered, only_vectors=True)
    sampled = score_pairs(features, _random_pairs(con), numbered, only_vectors=True)
    found = fit(comparisons, vectors, Counts(records, _shared_pairs(con, comparisons), sampled))
    metrics = {
        "candidates": pairs.height,
        "vectors": vectors.height,
        "matching_pairs": round(found.matches, 1),
        "stop_keys": len(stops),
    }
    return Model(
        party_type,
        "trained",
        found.parameters,
        found.prior,
        records,
        Frequencies(shares, tuple(stops)),
        metrics,
    )


def adapt_shipped(con: DuckDBPyConnection, party_type: PartyType, duplicate_free: Sequence[str] = ()) -> Model:
    """The shipped model for this company: prior and stop list from its records, everything else as shipped."""
    shipped = shipped_model(party_type)
    records = read_records(con, party_type)
    make_features(con, party_type, shipped.frequencies.shares)
    make_keys(con, party_type)
    stops = draw_up_stop_list(con)
    pairs = find_candidates(con, stops, duplicate_free)
    comparisons = comparisons_of(party_type)
    parameters = at_size(shipped, records)
    numbered = splink_settings(comparisons, numbering(comparisons), 0.001, f"mdm_{party_type}_vectors")
    vectors = score_pairs(feature_table(con), pairs, numbered, only_vectors=True) if pairs.height else pl.DataFrame()
    return Model(
        party_type,
        "shipped",
        parameters,
        float(f"{fit_prior(comparisons, vectors, parameters, records):.9g}"),
        records,
        Frequencies(shipped.frequencies.shares, tuple(stops)),
        {"candidates": pairs.height, "stop_keys": len(stops), "shipped": shipped_fingerprint()},
    )


def make_model(
    con: DuckDBPyConnection, party_type: PartyType, wanted: str, duplicate_free: Sequence[str] = ()
) -> Model:
    """The model of a first run: trained if wanted and possible, else the shipped one."""
    if wanted == "train":
        try:
            if read_records(con, party_type) >= LEAST_RECORDS:
                return train(con, party_type, duplicate_free)
            reason = f"fewer than {LEAST_RECORDS} records"
        except BadModel as error:
            reason = str(error)
        model = adapt_shipped(con, party_type, duplicate_free)
        return Model(
            model.party_type,
            model.origin,
            model.parameters,
            model.prior,
            model.records,
            model.frequencies,
            {**model.metrics, "not_trained": reason},
        )
    return adapt_shipped(con, party_type, duplicate_free)


def feature_table(con: DuckDBPyConnection) -> pa.Table:
    """The features, by record."""
    return con.execute("from matching_feature order by record_id").to_arrow_table()


def _random_pairs(con: DuckDBPyConnection) -> pl.DataFrame:
    """Pairs of records drawn with a fixed seed; all pairs of a small table."""
    ids = con.execute("select record_id from matching_feature order by record_id").pl()["record_id"].to_numpy()
    if len(ids) * (len(ids) - 1) // 2 <= RANDOM_PAIRS:
        left, right = np.triu_indices(len(ids), 1)
    else:
        drawn = np.random.default_rng(SEED).integers(0, len(ids), (2, RANDOM_PAIRS))
        drawn = np.unique(np.sort(drawn[:, drawn[0] != drawn[1]], axis=0), axis=1)
        left, right = drawn
    return pl.DataFrame({"record_id_l": ids[left], "record_id_r": ids[right]}).with_columns(match_keys=pl.lit("random"))


def _shared_pairs(con: DuckDBPyConnection, comparisons: tuple[Comparison, ...]) -> dict[str, dict[str, float]]:
    """Pairs of records that share a value, for every level whose u is counted."""
    types = {name: kind for name, kind, *_ in con.execute("describe matching_feature").fetchall()}
    counted: dict[str, dict[str, float]] = {}
    for comparison in comparisons:
        counted[comparison.name] = {}
        for level in comparison.levels:
            if level.chance is Chance.EXPECTED:
                counted[comparison.name][level.name] = _expected_pairs(con, level)
            if level.chance is not Chance.COUNTED or not level.counted:
                continue
            is_list = types.get(level.counted, "").endswith("[]")
            value = f"unnest({quoted(level.counted)})" if is_list else level.counted
            # Columns and conditions of our own declarations; values never enter the text.
            row = con.execute(
                "select coalesce(sum(n * (n - 1) / 2), 0) from (select value, count(*) as n from "  # noqa: S608
                f"(select {value} as value from matching_feature where {level.where}) "
                "where value is not null group by value)"
            ).fetchone()
            counted[comparison.name][level.name] = float(row[0]) if row else 0.0
    return counted


def _expected_pairs(con: DuckDBPyConnection, level: Level) -> float:
    """Pairs of strangers with the same name, by the rarity of the names within the level's bounds."""
    # A condition of our own declarations; values never enter the text.
    row = con.execute(
        "select coalesce(sum(power(2.0, rarity)), 0) * (select count(*) - 1 from matching_feature) / 2 "  # noqa: S608
        f"from matching_feature where {level.where}"
    ).fetchone()
    return float(row[0]) if row else 0.0
