"""How well a clustering agrees with the truth: pairwise, B-cubed and whole clusters.

In: two partitions of the same records as frames. Out: `Evaluation`, frozen figures.
Invariant: pairs are counted by sums of n(n-1)/2 over the contingency table: millions of records in seconds.
Does not belong here: files (`truth`), the hub, thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.evaluation.truth import PARTY_TYPES, RECORD_KEY, TRUTH_COLUMNS

PREDICTED_COLUMNS = (*RECORD_KEY, "cluster_id")


class NotAPartition(PermanentError):
    """A record stands in more than one cluster, or a column is missing: nothing can be measured."""


@dataclass(frozen=True)
class Scores:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean; 0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Agreement:
    """Agreement of prediction and truth over one set of records.

    Args:
        records: records that have a truth.
        unpredicted_records: of them, those in no predicted cluster; they count as clusters of their own.
        true_customers: customers by the truth.
        predicted_customers: clusters of those records.
        true_pairs: pairs of records that are the same customer.
        predicted_pairs: pairs that share a cluster.
        correct_pairs: pairs of which both is true.
        pairwise: over pairs; 1 where there is nothing to find or nothing was claimed.
        b_cubed: per record, averaged.
        exact_clusters: share of true customers whose records are exactly one predicted cluster.
        wrongly_merged_customers: share of true customers that share a cluster with another one.
    """

    records: int
    unpredicted_records: int
    true_customers: int
    predicted_customers: int
    true_pairs: int
    predicted_pairs: int
    correct_pairs: int
    pairwise: Scores
    b_cubed: Scores
    exact_clusters: float
    wrongly_merged_customers: float


@dataclass(frozen=True)
class Evaluation:
    """Figures over all records and per party type.

    Args:
        overall: all records that have a truth.
        by_party_type: the same for each party type that the truth names; pairs within the type.
        records_without_truth: predicted records that the truth does not name; left out of every figure.
    """

    overall: Agreement
    by_party_type: dict[str, Agreement]
    records_without_truth: int


def evaluate(predicted: pl.DataFrame, truth: pl.DataFrame) -> Evaluation:
    """Compare clusters with the truth.

    Args:
        predicted: source, table, source_key, cluster_id; one row per record.
        truth: source, table, source_key, truth_id, party_type; one row per record.

    Returns:
        The figures. Records of the truth that are not predicted count as singletons, predicted records
        without truth are left out and counted.

    Raises:
        NotAPartition: a column is missing, or a record occurs twice on one side.
    """
    _refuse_unless_partition(predicted, PREDICTED_COLUMNS, "predicted")
    _refuse_unless_partition(truth, TRUTH_COLUMNS, "truth")
    key = [pl.col(column).cast(pl.String) for column in RECORD_KEY]
    of_truth = truth.select(*key, pl.col("truth_id").cast(pl.String), "party_type")
    of_prediction = predicted.select(*key, pl.col("cluster_id").cast(pl.String))
    joined = of_truth.join(of_prediction, on=RECORD_KEY, how="left").with_row_index("record")
    without_truth = of_prediction.join(of_truth, on=RECORD_KEY, how="anti").height
    # A missing cluster becomes one of its own; the prefix keeps it apart from every real id.
    joined = joined.select(
        "party_type",
        "truth_id",
        cluster_id=pl.when(pl.col("cluster_id").is_null())
        .then(pl.lit("missing:") + pl.col("record").cast(pl.String))
        .otherwise(pl.lit("cluster:") + pl.col("cluster_id")),
        is_missing=pl.col("cluster_id").is_null(),
    )
    return Evaluation(
        overall=_agreement(joined),
        by_party_type={
            kind: _agreement(part)
            for kind in PARTY_TYPES
            if (part := joined.filter(pl.col("party_type") == kind)).height
        },
        records_without_truth=without_truth,
    )


def _refuse_unless_partition(frame: pl.DataFrame, columns: tuple[str, ...], side: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise NotAPartition(f"{side}: column {', '.join(missing)} missing; expected {', '.join(columns)}")
    twice = frame.select(RECORD_KEY).is_duplicated()
    if twice.any():
        source, table, key = frame.select(RECORD_KEY).filter(twice).sort(RECORD_KEY).row(0)
        raise NotAPartition(
            f"{side}: {source}.{table}:{key} occurs more than once ({twice.sum()} such rows); expected each record once"
        )


def _agreement(records: pl.DataFrame) -> Agreement:
    cells = records.group_by("truth_id", "cluster_id").agg(both=pl.len().cast(pl.Int64))
    cells = cells.with_columns(
        in_truth=pl.col("both").sum().over("truth_id"),
        in_cluster=pl.col("both").sum().over("cluster_id"),
    )
    customers = cells.group_by("truth_id").agg(size=pl.col("both").sum())
    clusters = cells.group_by("cluster_id").agg(size=pl.col("both").sum())
    true_pairs, predicted_pairs, correct = (
        _pairs(customers["size"]),
        _pairs(clusters["size"]),
        _pairs(cells["both"]),
    )
    exact = cells.filter((pl.col("both") == pl.col("in_truth")) & (pl.col("both") == pl.col("in_cluster"))).height
    merged = cells.filter(pl.col("both") < pl.col("in_cluster"))["truth_id"].n_unique()
    return Agreement(
        records=records.height,
        unpredicted_records=int(records["is_missing"].sum()),
        true_customers=customers.height,
        predicted_customers=clusters.height,
        true_pairs=true_pairs,
        predicted_pairs=predicted_pairs,
        correct_pairs=correct,
        pairwise=Scores(_share(correct, predicted_pairs), _share(correct, true_pairs)),
        b_cubed=Scores(_b_cubed(cells, "in_cluster"), _b_cubed(cells, "in_truth")),
        exact_clusters=_share(exact, customers.height),
        wrongly_merged_customers=merged / customers.height if customers.height else 0.0,
    )


def _pairs(sizes: pl.Series) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _share(part: int, whole: int) -> float:
    """Share of a whole; nothing to find means nothing was missed."""
    return part / whole if whole else 1.0


def _b_cubed(cells: pl.DataFrame, size: str) -> float:
    """Mean over records of: the share of its cluster (or customer) that belongs with it."""
    if not cells.height:
        return 1.0
    total = cells.select((pl.col("both") * pl.col("both") / pl.col(size)).sum()).item()
    return float(total) / int(cells["both"].sum())
