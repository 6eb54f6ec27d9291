from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.worklist import Work
from mdm_pipeline.master.codes import codes_of
from mdm_pipeline.master.identity import Overlap, heirs_of, lay_over, resolve
from mdm_pipeline_tests.master.company import AS_OF, cluster, company, party
from mdm_pipeline_tests.rows import fetch

MASTERING = company().mastering


def code(number):
    return codes_of([number], prefix="C", digits=8)[0]


def night(con, number, *groups):
    """Lay a clustering over the crosswalk; returns record -> code."""
    cluster(con, *groups)
    work = Work("master", number, True, ("matching",), 0, run_id=f"run {number}")
    lay_over(con, MASTERING, work, AS_OF + timedelta(days=number))
    return dict(con.execute("select record_id, master_id from master.xref where is_current").fetchall())


def events(con):
    return con.execute("select master_id, event, other_id from master.id_event order by event_no").fetchall()


@pytest.fixture
def people(con):
    for record_id in range(1, 9):
        party(con, record_id)
    return con


def test_first_codes_follow_the_smallest_record(people):
    assert night(people, 1, {2, 5}, {1, 3}) == {1: code(1), 3: code(1), 2: code(2), 5: code(2)}
    assert events(people) == [(code(1), "created", None), (code(2), "created", None)]


def test_merged_customers_keep_the_code_with_most_records(people):
    night(people, 1, {1}, {2, 3})
    assert set(night(people, 2, {1, 2, 3}).values()) == {code(2)}
    assert events(people)[2:] == [(code(1), "merged_into", code(2))]
    assert resolve(people, code(1)) == [code(2)]


def test_equal_parts_keep_the_oldest_code(people):
    night(people, 1, {1, 2}, {3, 4})
    assert set(night(people, 2, {1, 2, 3, 4}).values()) == {code(1)}


def test_the_larger_part_of_a_split_keeps_the_code(people):
    night(people, 1, {1, 2, 3})
    assert night(people, 2, {1}, {2, 3}) == {1: code(2), 2: code(1), 3: code(1)}
    assert events(people)[1:] == [(code(2), "split_from", code(1))]


def test_undoing_a_merge_restores_the_old_code(people):
    night(people, 1, {1}, {2, 3})
    night(people, 2, {1, 2, 3})
    assert night(people, 3, {1}, {2, 3}) == {1: code(1), 2: code(2), 3: code(2)}
    assert events(people)[3:] == [(code(1), "restored", code(2))]
    assert resolve(people, code(1)) == [code(1)]


def test_a_vanished_customer_is_retired_and_comes_back_under_its_code(people):
    night(people, 1, {1}, {2})
    night(people, 2, {2})
    assert resolve(people, code(1)) == []
    assert night(people, 3, {1, 4}, {2}) == {1: code(1), 4: code(1), 2: code(2)}
    assert events(people)[2:] == [(code(1), "retired", None), (code(1), "restored", None)]
    assert fetch(
        people,
        "select xref_no, is_current, valid_to is null as is_open from master.xref where record_id = 1 order by 1",
    ) == [
        {"xref_no": 1, "is_current": False, "is_open": False},
        {"xref_no": 2, "is_current": True, "is_open": True},
    ]


def test_a_code_is_never_issued_twice(people):
    night(people, 1, {1}, {2})
    night(people, 2, {1})
    assert night(people, 3, {1}, {3})[3] == code(3)


def test_a_record_that_passes_through_is_its_own_customer(people):
    party(people, 20, scope="pass_through")
    party(people, 21, scope="excluded")
    assert night(people, 1, {1, 2}) == {1: code(1), 2: code(1), 20: code(2)}


def test_a_chain_of_merges_resolves_to_its_end(people):
    night(people, 1, {1}, {2, 3}, {4, 5, 6})
    night(people, 2, {1, 2, 3}, {4, 5, 6})
    night(people, 3, {1, 2, 3, 7, 8}, {4, 5, 6})
    night(people, 4, {1, 2, 3, 4, 5, 6, 7, 8})
    assert [resolve(people, code(n)) for n in (1, 2, 3, 99)] == [[code(2)], [code(2)], [code(2)], []]


def _partitions(labels):
    """Records to labels -> groups; label 0 is 'not there tonight'."""
    groups: dict[int, set[int]] = {}
    for record, label in labels.items():
        if label:
            groups.setdefault(label, set()).add(record)
    return list(groups.values())


histories = st.lists(
    st.fixed_dictionaries({record: st.integers(0, 4) for record in range(1, 9)}), min_size=2, max_size=5
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_any_history_keeps_the_promises(history):
    con = open_in_memory()
    for record in range(1, 9):
        party(con, record)
    before: dict[int, str] = {}
    for number, labels in enumerate(history, start=1):
        groups = _partitions(labels)
        now = night(con, number, *groups)
        assert now.keys() == set().union(*groups)
        for group in groups:  # one code per cluster, one cluster per code; unchanged clusters keep theirs
            assert len({now[r] for r in group}) == 1
            old = {before.get(r) for r in group}
            if len(old) == 1 and None not in old and {r for r, c in before.items() if c in old} == group:
                assert {now[r] for r in group} == old
        assert len(set(now.values())) == len(groups)
        before = now
    births = con.execute(
        "select count(*), count(distinct master_id) from master.id_event where event in ('created', 'split_from')"
    ).fetchone()
    assert births[0] == births[1]
    current = set(before.values())
    dead = set()
    for (issued,) in con.execute("select distinct master_id from master.id_event").fetchall():
        end = resolve(con, issued)
        assert len(end) <= 1
        assert set(end) <= current
        assert issued not in current or end == [issued]
        if not end:
            dead.add(issued)
    open_periods = con.execute("select count(*) from master.xref where is_current and valid_to is not null").fetchone()
    assert open_periods == (0,)
    con.close()


@given(
    st.lists(
        st.builds(Overlap, st.integers(1, 5), st.sampled_from("ABCDE"), st.integers(1, 4), st.just(0)),
        unique_by=lambda o: (o.cluster_id, o.master_id),
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_is_irrelevant(overlaps, random):
    shuffled = list(overlaps)
    random.shuffle(shuffled)
    assert heirs_of(shuffled) == heirs_of(overlaps)


@given(
    st.lists(
        st.builds(Overlap, st.integers(1, 5), st.sampled_from("ABCDE"), st.integers(1, 4), st.just(0)),
        unique_by=lambda o: (o.cluster_id, o.master_id),
    )
)
def test_a_code_is_lost_only_when_all_its_clusters_have_another(overlaps):
    heirs = heirs_of(overlaps)
    assert len(set(heirs.values())) == len(heirs)
    for overlap in overlaps:
        assert overlap.cluster_id in heirs or overlap.master_id in heirs.values()
