"""Links that names propose: a branch to its head office, a shop to its owner."""

from __future__ import annotations

from duckdb import DuckDBPyConnection
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline_tests.staging.landed_rows import company, delete, everything, land, stage

COMPANY = company(
    "p: {key: [nr], party: {type: {otherwise: guess}, names: [{full: name}], contact_points: [{kind: phone, column: phone}], "  # noqa: E501
    "links: [{role: branch_of, to_table: s.p, column: head}]}}",
    default_country="CN",
)
HEAD = {"name": "上海华星贸易有限公司"}
BRANCH = {"name": "上海华星贸易有限公司北京分公司"}


def links(con: DuckDBPyConnection) -> list[tuple[str | None, ...]]:
    return con.execute("select from_ref, to_ref, role, origin from staging.party_link order by all").fetchall()


def test_a_branch_leads_to_its_head_office(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.p", {1: HEAD, 2: BRANCH, 3: {"name": "上海华兴贸易有限公司"}})
    stage(con, COMPANY)
    assert links(con) == [("s.p:k2", "s.p:k1", "branch_of", "name")]


def test_a_head_office_that_comes_later_is_found_and_one_that_goes_is_forgotten(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.p", {2: BRANCH})
    stage(con, COMPANY)
    assert links(con) == []
    land(con, COMPANY, "s.p", {1: HEAD})
    stage(con, COMPANY)
    assert links(con) == [("s.p:k2", "s.p:k1", "branch_of", "name")]
    delete(con, "s.p", 1)
    stage(con, COMPANY)
    assert links(con) == []


def test_what_the_source_says_goes_before_what_the_name_suggests(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.p", {1: HEAD, 2: BRANCH | {"head": "k3"}, 3: {"name": "北京中天有限公司"}})
    stage(con, COMPANY)
    assert links(con) == [("s.p:k2", "s.p:k3", "branch_of", None)]
    land(con, COMPANY, "s.p", {1: {"name": "上海华星贸易有限责任公司"}})
    stage(con, COMPANY)
    assert links(con) == [("s.p:k2", "s.p:k3", "branch_of", None)]


def test_an_owner_is_linked_only_to_a_person_who_shares_a_phone_with_the_shop(con: DuckDBPyConnection) -> None:
    shop = {"name": "老王水果店(王建国)", "phone": "13912345670"}
    land(con, COMPANY, "s.p", {1: shop, 2: {"name": "王建国", "phone": "13700000001"}})
    stage(con, COMPANY)
    assert links(con) == []
    land(con, COMPANY, "s.p", {3: {"name": "王建国", "phone": "139 1234 5670"}})
    stage(con, COMPANY)
    assert links(con) == [("s.p:k3", "s.p:k1", "owner_of", "name")]


NAMES = st.sampled_from(
    ["华星有限公司", "华星有限公司北京分公司", "华星有限公司上海分公司", "Acme Ltd", "Acme Ltd, Rome Branch"]
)


@settings(max_examples=4, deadline=None)
@draw(st.lists(st.tuples(st.integers(1, 4), st.one_of(st.none(), NAMES)), min_size=1, max_size=5))
def test_links_by_steps_are_those_of_a_rebuild(steps: list[tuple[int, str | None]]) -> None:
    by_steps, at_once = open_in_memory(), open_in_memory()
    last: dict[int, str | None] = {}
    for key, name in steps:
        if name is None and last.get(key) is None:
            continue
        if name is None:
            delete(by_steps, "s.p", key)
        else:
            land(by_steps, COMPANY, "s.p", {key: {"name": name}})
        last[key] = name
        stage(by_steps, COMPANY)
    left = {key: {"name": name} for key, name in last.items() if name is not None}
    if left:
        land(at_once, COMPANY, "s.p", left)
        stage(at_once, COMPANY)
        assert links(by_steps) == links(at_once)
        assert everything(by_steps)["party_name"] == everything(at_once)["party_name"]
