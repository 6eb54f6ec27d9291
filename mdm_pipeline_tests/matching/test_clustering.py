"""Clusters: best pair first, groups join only if all that is known between them speaks for it; judgements rule."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.matching.clustering import Contradiction, cluster


def groups(found: dict[int, int]) -> set[frozenset[int]]:
    by_cluster: dict[int, set[int]] = {}
    for record, name in found.items():
        by_cluster.setdefault(name, set()).add(record)
    return {frozenset(members) for members in by_cluster.values()}


def test_a_cluster_is_named_after_its_smallest_record() -> None:
    assert cluster([3, 1, 2, 9], [(3, 2, 8.0), (2, 1, 5.0)], threshold=4.0).cluster_of == {1: 1, 2: 1, 3: 1, 9: 9}


def test_one_bridge_does_not_join_two_customers_that_otherwise_disagree() -> None:
    pairs = [(1, 2, 12.0), (3, 4, 12.0), (2, 3, 5.0), (1, 3, -8.0), (1, 4, -8.0), (2, 4, -8.0)]
    found = cluster([1, 2, 3, 4], pairs, threshold=4.0)
    assert groups(dict(found.cluster_of)) == {frozenset({1, 2}), frozenset({3, 4})}
    assert found.refused_merges == 1


def test_pairs_that_never_met_count_mildly_against() -> None:
    chain = [(1, 2, 12.0), (2, 3, 12.0), (3, 4, 12.0)]
    assert groups(dict(cluster([1, 2, 3, 4], chain, threshold=4.0).cluster_of)) == {frozenset({1, 2, 3, 4})}


def test_two_different_strong_identifiers_never_meet() -> None:
    strong = {1: {"cn_id": frozenset({"a"})}, 3: {"cn_id": frozenset({"b"})}}
    found = cluster([1, 2, 3], [(1, 2, 12.0), (2, 3, 11.0), (1, 3, 10.0)], threshold=4.0, strong=strong)
    assert groups(dict(found.cluster_of)) == {frozenset({1, 2}), frozenset({3})}


def test_judgements_are_followed_against_score_and_identifiers() -> None:
    strong = {1: {"cn_id": frozenset({"a"})}, 2: {"cn_id": frozenset({"b"})}}
    found = cluster([1, 2, 3, 4], [(3, 4, 30.0)], threshold=4.0, strong=strong, together=[(2, 1)], apart=[(4, 3)])
    assert groups(dict(found.cluster_of)) == {frozenset({1, 2}), frozenset({3}), frozenset({4})}


def test_no_match_wins_over_match_and_the_contradiction_is_reported() -> None:
    found = cluster([1, 2, 3], [], threshold=4.0, together=[(1, 2), (2, 3)], apart=[(1, 3)])
    assert groups(dict(found.cluster_of)) == {frozenset({1, 2}), frozenset({3})}
    assert found.contradictions == [Contradiction(2, 3, "match")]


weights = st.floats(-15, 25, allow_nan=False)
graphs = st.dictionaries(
    st.tuples(st.integers(1, 9), st.integers(1, 9)).filter(lambda ends: ends[0] < ends[1]), weights, max_size=20
)


@settings(max_examples=80, deadline=None)
@given(graphs, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(graph: dict[tuple[int, int], float], shuffler: random.Random) -> None:
    pairs = [(*ends, weight) for ends, weight in graph.items()]
    shuffled = [(right, left, weight) for left, right, weight in shuffler.sample(pairs, len(pairs))]
    records = list(range(1, 10))
    expected = cluster(records, pairs, threshold=4.0)
    assert dict(cluster(records[::-1], shuffled, threshold=4.0).cluster_of) == dict(expected.cluster_of)


@settings(max_examples=80, deadline=None)
@given(graphs)
def test_a_component_depends_on_its_own_records_alone(graph: dict[tuple[int, int], float]) -> None:
    pairs = [(*ends, weight) for ends, weight in graph.items()]
    alone = cluster(range(1, 10), pairs, threshold=4.0).cluster_of
    elsewhere = [(100, 101, 20.0), (101, 102, 3.0), (100, 102, 9.0)]
    both = cluster([*range(1, 10), 100, 101, 102], pairs + elsewhere, threshold=4.0).cluster_of
    assert {record: both[record] for record in range(1, 10)} == dict(alone)


@settings(max_examples=80, deadline=None)
@given(graphs, st.sets(st.tuples(st.integers(1, 9), st.integers(1, 9)).filter(lambda e: e[0] < e[1]), max_size=4))
def test_records_judged_apart_are_apart(graph: dict[tuple[int, int], float], apart: set[tuple[int, int]]) -> None:
    found = cluster(
        range(1, 10), [(*ends, weight) for ends, weight in graph.items()], threshold=4.0, apart=apart
    ).cluster_of
    assert all(found[left] != found[right] for left, right in apart)


@settings(max_examples=80, deadline=None)
@given(graphs)
def test_without_a_pair_above_the_threshold_nothing_is_joined(graph: dict[tuple[int, int], float]) -> None:
    below = [(*ends, min(weight, 3.9)) for ends, weight in graph.items()]
    assert len(groups(dict(cluster(range(1, 10), below, threshold=4.0).cluster_of))) == 9
