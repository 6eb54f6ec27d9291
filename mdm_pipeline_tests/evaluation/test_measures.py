"""Agreement of clusters with the truth, against worked examples and a brute force over all pairs."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.evaluation import Agreement, NotAPartition, Scores, evaluate


def predicted(clusters: dict[str, int | str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": ["crm"] * len(clusters),
            "table": ["account"] * len(clusters),
            "source_key": list(clusters),
            "cluster_id": list(clusters.values()),
        }
    )


def truth(customers: dict[str, str], organizations: frozenset[str] = frozenset()) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": ["crm"] * len(customers),
            "table": ["account"] * len(customers),
            "source_key": list(customers),
            "truth_id": list(customers.values()),
            "party_type": ["organization" if key in organizations else "person" for key in customers],
        },
        schema=dict.fromkeys(("source", "table", "source_key", "truth_id", "party_type"), pl.String),
    )


def test_a_worked_example() -> None:
    found = evaluate(
        predicted({"a": 1, "b": 1, "c": 1, "d": 4, "x": 9}), truth({"a": "P", "b": "P", "c": "Q", "d": "Q"})
    )
    assert found.records_without_truth == 1
    assert found.overall == Agreement(
        records=4,
        unpredicted_records=0,
        true_customers=2,
        predicted_customers=2,
        true_pairs=2,
        predicted_pairs=3,
        correct_pairs=1,
        pairwise=Scores(1 / 3, 1 / 2),
        b_cubed=Scores((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4, (1 + 1 + 1 / 2 + 1 / 2) / 4),
        exact_clusters=0.0,
        wrongly_merged_customers=1.0,
    )
    assert found.by_party_type == {"person": found.overall}


def test_records_that_were_not_predicted_count_as_customers_of_their_own() -> None:
    found = evaluate(predicted({"a": 1}), truth({"a": "P", "b": "P", "c": "R"})).overall
    assert (found.unpredicted_records, found.predicted_customers, found.predicted_pairs) == (2, 3, 0)
    assert found.pairwise == Scores(1.0, 0.0)
    assert found.exact_clusters == 1 / 2


def test_party_types_are_measured_apart() -> None:
    found = evaluate(
        predicted({"a": 1, "b": 1, "c": 2, "d": 3}),
        truth({"a": "P", "b": "P", "c": "O", "d": "O"}, organizations=frozenset("cd")),
    )
    assert {kind: part.pairwise.f1 for kind, part in found.by_party_type.items()} == {
        "person": 1.0,
        "organization": 0.0,
    }


def test_nothing_at_all_is_no_error() -> None:
    found = evaluate(predicted({}).cast(pl.String), truth({})).overall
    assert (found.records, found.pairwise, found.b_cubed.f1) == (0, Scores(1.0, 1.0), 1.0)


def test_a_record_in_two_clusters_is_refused_by_name() -> None:
    twice = pl.concat([predicted({"a": 1, "b": 2}), predicted({"a": 2})])
    with pytest.raises(NotAPartition, match=r"predicted: crm.account:a occurs more than once \(2 such rows\)"):
        evaluate(twice, truth({"a": "P"}))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(NotAPartition, match="predicted: column cluster_id missing"):
        evaluate(predicted({"a": 1}).drop("cluster_id"), truth({"a": "P"}))


partitions = st.lists(
    st.tuples(st.integers(0, 4), st.one_of(st.none(), st.integers(0, 4)), st.booleans()),
    min_size=1,
    max_size=14,
)


@settings(max_examples=120, deadline=None)
@given(partitions)
def test_agrees_with_a_brute_force_over_all_pairs(records: list[tuple[int, int | None, bool]]) -> None:
    keys = [f"r{number}" for number in range(len(records))]
    # Whether a customer is an organization goes by its number, so that no customer is of both types.
    customers = {key: f"T{true}" for key, (true, _, _) in zip(keys, records, strict=True)}
    clusters = {key: found for key, (_, found, _) in zip(keys, records, strict=True) if found is not None}
    frame = predicted(clusters) if clusters else predicted({}).with_columns(pl.all().cast(pl.String))
    found = evaluate(frame, truth(customers)).overall

    group = {key: clusters.get(key, key) for key in keys}
    both = [(customers[a] == customers[b], group[a] == group[b]) for a, b in combinations(keys, 2)]
    assert found.true_pairs == sum(t for t, _ in both)
    assert found.predicted_pairs == sum(p for _, p in both)
    assert found.correct_pairs == sum(t and p for t, p in both)
    precisions, recalls = [], []
    for key in keys:
        mine = {other for other in keys if group[other] == group[key]}
        same = {other for other in keys if customers[other] == customers[key]}
        precisions.append(len(mine & same) / len(mine))
        recalls.append(len(mine & same) / len(same))
    assert found.b_cubed.precision == pytest.approx(sum(precisions) / len(keys))
    assert found.b_cubed.recall == pytest.approx(sum(recalls) / len(keys))
    true_sets = {frozenset(k for k in keys if customers[k] == name) for name in customers.values()}
    found_sets = {frozenset(k for k in keys if group[k] == name) for name in group.values()}
    assert found.exact_clusters == len(true_sets & found_sets) / len(true_sets)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from("PQRS"), min_size=1))
def test_the_truth_agrees_with_itself(customers: dict[str, str]) -> None:
    found = evaluate(predicted(dict(customers)), truth(customers)).overall
    assert (found.pairwise, found.b_cubed, found.exact_clusters) == (Scores(1.0, 1.0), Scores(1.0, 1.0), 1.0)
