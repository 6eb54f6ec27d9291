"""Rows merged at their source: whoever points to them means the row that remained."""

from __future__ import annotations

from duckdb import DuckDBPyConnection
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.staging.redirects import ends_of
from mdm_pipeline_tests.staging.landed_rows import company, delete, everything, land, stage

COMPANY = company("p: {key: [nr], party: {type: {otherwise: person}, names: [{full: name}], merged_into: into}}")
REFS = st.sampled_from([f"k{n}" for n in range(6)])


def redirects(con: DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return con.execute(
        "select from_ref, merged_into_ref, to_ref from staging.party_redirect order by from_ref"
    ).fetchall()


def test_a_merged_row_leads_to_the_row_that_remained_at_the_end_of_the_chain(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.p", {1: {"name": "Ann", "into": "k2"}, 2: {"name": "Ann"}, 3: {"name": "Bo", "into": " "}})
    stage(con, COMPANY)
    assert redirects(con) == [("s.p:k1", "s.p:k2", "s.p:k2")]
    land(con, COMPANY, "s.p", {2: {"name": "Ann", "into": "k3"}})
    stage(con, COMPANY)
    assert redirects(con) == [("s.p:k1", "s.p:k2", "s.p:k3"), ("s.p:k2", "s.p:k3", "s.p:k3")]
    assert con.execute(
        "select from_ref, to_ref from staging.party_link where role = 'merged_into' order by 1"
    ).fetchall() == [
        ("s.p:k1", "s.p:k2"),
        ("s.p:k2", "s.p:k3"),
    ]


def test_a_merge_that_is_taken_back_redirects_no_more(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.p", {1: {"name": "Ann", "into": "k2"}, 2: {"name": "Ann", "into": "k3"}, 3: {"name": "Ann"}})
    stage(con, COMPANY)
    land(con, COMPANY, "s.p", {2: {"name": "Ann"}})
    stage(con, COMPANY)
    assert redirects(con) == [("s.p:k1", "s.p:k2", "s.p:k2")]
    delete(con, "s.p", 1)
    stage(con, COMPANY)
    assert redirects(con) == []


def test_a_row_merged_into_itself_is_not_merged(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.p", {1: {"name": "Ann", "into": "k1"}})
    stage(con, COMPANY)
    assert redirects(con) == []


@draw(st.dictionaries(REFS, REFS, max_size=6))
def test_every_chain_ends_where_nothing_leads_on_and_a_circle_at_its_smallest(steps: dict[str, str]) -> None:
    for start, end in ends_of(steps).items():
        seen = [start]
        while seen[-1] in steps and steps[seen[-1]] not in seen:
            seen.append(steps[seen[-1]])
        if seen[-1] in steps:
            circle = seen[seen.index(steps[seen[-1]]) :]
            assert end == min(circle)
        else:
            assert end == seen[-1]


@settings(max_examples=3, deadline=None)
@draw(st.lists(st.tuples(st.integers(0, 4), st.one_of(st.none(), REFS)), min_size=1, max_size=4))
def test_redirects_by_steps_are_those_of_a_rebuild(merges: list[tuple[int, str | None]]) -> None:
    by_steps, at_once = open_in_memory(), open_in_memory()
    last: dict[int, dict[str, str | None]] = {}
    for number, into in merges:
        row = {"name": "Ann", "into": into}
        land(by_steps, COMPANY, "s.p", {number: row})
        stage(by_steps, COMPANY)
        last[number] = row
    land(at_once, COMPANY, "s.p", last)
    stage(at_once, COMPANY)
    assert everything(by_steps) == everything(at_once)
    by_steps.close()
    at_once.close()
