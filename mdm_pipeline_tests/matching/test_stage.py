"""The matching stage on small named worlds, with the shipped models."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import MatchingConfig
from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract import quality, staging, steward
from mdm_pipeline.hub.worklist import Report, Work
from mdm_pipeline.matching.stage import match
from mdm_pipeline_tests.rows import fetch, rows

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)


def run(con: DuckDBPyConnection, seq: int = 1, as_of: datetime = AS_OF) -> Report:
    return match(con, MatchingConfig(), Work("matching", seq, True, ("staging", "quality", "steward"), 1), as_of)


def person(con: DuckDBPyConnection, record: int, family: str, given: str, **more: Any) -> None:
    contact = {kind: more.pop(kind, None) for kind in ("phone", "email")}
    street, id_number = more.pop("street", None), more.pop("id_number", None)
    name = {
        "record_id": record,
        "name_original": f"{given} {family}",
        "display_name": f"{given} {family}",
        "name_script": "latin",
        "name_norm": f"{given} {family}",
        "name_key": " ".join(sorted([family, given])),
        "family_key": family,
        "given_key": given,
        "nickname_root": given,
        "name_suffix": more.pop("suffix", None),
    }
    party = {
        **name,
        "record_ref": f"crm.contact:{record}",
        "source": "crm",
        "source_table": "contact",
        "source_key": str(record),
        "party_type": "person",
        "scope": more.pop("scope", "match"),
        "birth_precision": "day" if "birth_on" in more else None,
        **more,
    }
    rows(con, staging.PARTY, party)
    rows(con, staging.PARTY_NAME, {**name, "name_no": 1, "kind": "legal"})
    for number, (kind, value) in enumerate(((k, v) for k, v in contact.items() if v), start=1):
        rows(
            con,
            staging.PARTY_CONTACT_POINT,
            {"record_id": record, "contact_no": number, "kind": kind, "match_key": value, "is_usable": True},
        )
    if street:
        address = {"record_id": record, "address_no": 1, "kind": "main", "city": "york", "street": street}
        rows(con, staging.PARTY_ADDRESS, {**address, "house_number": "1", "address_key": f"york 1 {street}"})
    if id_number:
        number = {"record_id": record, "identifier_no": 1, "scheme": "cn_id", "value": id_number}
        rows(con, staging.PARTY_IDENTIFIER, {**number, "is_valid": True, "is_usable": True})


def clusters(con: DuckDBPyConnection) -> dict[int, int]:
    return {
        row["record_id"]: row["cluster_id"]
        for row in fetch(con, "select record_id, cluster_id from matching.cluster order by record_id")
    }


@pytest.fixture
def schemes(con: DuckDBPyConnection) -> DuckDBPyConnection:
    rows(con, staging.IDENTIFIER_SCHEME, {"scheme": "cn_id", "identifies": "person"})
    return con


def test_one_person_in_two_systems_is_one_cluster_and_a_stranger_is_not(schemes: DuckDBPyConnection) -> None:
    person(schemes, 1, "okafor", "ngozi", phone="+4411", street="mill lane", birth_on=date(1980, 5, 3))
    person(schemes, 2, "okafor", "ngozi", phone="+4411", birth_on=date(1980, 3, 5))
    person(schemes, 3, "barnes", "tilda", phone="+4499")
    report = run(schemes)
    assert clusters(schemes) == {1: 1, 2: 1, 3: 3}
    assert (report.read, report.written, report.unchanged) == (3, 3, 0)
    assert fetch(schemes, "select record_id_l, record_id_r, is_link, match_keys from matching.pair") == [
        {
            "record_id_l": 1,
            "record_id_r": 2,
            "is_link": True,
            "match_keys": "family+initial,given+family initial,name,nickname,phone",
        }
    ]


def test_father_and_son_stay_two(schemes: DuckDBPyConnection) -> None:
    shared = {"street": "mill lane", "phone": "+4411"}
    person(schemes, 1, "okafor", "ngozi", birth_on=date(1950, 5, 3), **shared)
    person(schemes, 2, "okafor", "ngozi", birth_on=date(1982, 9, 14), **shared)
    run(schemes)
    assert clusters(schemes) == {1: 1, 2: 2}


def test_senior_and_junior_stay_two(schemes: DuckDBPyConnection) -> None:
    person(schemes, 1, "okafor", "ngozi", suffix="sr", street="mill lane")
    person(schemes, 2, "okafor", "ngozi", suffix="jr", street="mill lane")
    run(schemes)
    assert clusters(schemes) == {1: 1, 2: 2}


def test_a_couple_that_shares_everything_but_the_name_stays_two(schemes: DuckDBPyConnection) -> None:
    shared = {"street": "mill lane", "phone": "+4411", "email": "home@x.org"}
    person(schemes, 1, "okafor", "ngozi", **shared)
    person(schemes, 2, "barnes", "tilda", **shared)
    run(schemes)
    assert clusters(schemes) == {1: 1, 2: 2}


def test_different_identity_cards_keep_namesakes_apart(schemes: DuckDBPyConnection) -> None:
    person(schemes, 1, "okafor", "ngozi", phone="+4411", id_number="110105194912310021")
    person(schemes, 2, "okafor", "ngozi", phone="+4411", id_number="11010519491231002X")
    run(schemes)
    assert clusters(schemes) == {1: 1, 2: 2}


def test_quarantined_records_wait_and_passing_ones_stay_alone(schemes: DuckDBPyConnection) -> None:
    for record, scope in ((1, "match"), (2, "match"), (3, "pass_through"), (4, "excluded")):
        person(schemes, record, "okafor", "ngozi", phone="+4411", scope=scope)
    rows(schemes, quality.QUARANTINED, {"record_id": 2, "record_ref": "crm.contact:2"})
    run(schemes)
    assert clusters(schemes) == {1: 1, 3: 3}


def decide(con: DuckDBPyConnection, number: int, judgement: str, left: int, right: int) -> None:
    rows(
        con,
        steward.DECISION,
        {
            "decision_id": f"d{number}",
            "kind": "judgement",
            "judgement": judgement,
            "ref_l": f"crm.contact:{left}",
            "ref_r": f"crm.contact:{right}",
        },
    )


def test_judgements_rule_and_a_contradiction_is_an_issue(schemes: DuckDBPyConnection) -> None:
    person(schemes, 1, "okafor", "ngozi", phone="+4411")
    person(schemes, 2, "okafor", "ngozi", phone="+4411")
    person(schemes, 3, "barnes", "tilda")
    decide(schemes, 1, "no_match", 2, 1)
    decide(schemes, 2, "match", 1, 3)
    decide(schemes, 3, "match", 3, 2)
    run(schemes)
    assert clusters(schemes) == {1: 1, 2: 2, 3: 1}
    assert fetch(schemes, "select record_id, rule, severity from quality.issue") == [
        {"record_id": 2, "rule": "judgement_contradicted", "severity": "warn"}
    ]


def test_a_second_run_changes_nothing_and_leaves_nothing_of_splinks(schemes: DuckDBPyConnection) -> None:
    person(schemes, 1, "okafor", "ngozi", phone="+4411")
    person(schemes, 2, "okafor", "ngozi", phone="+4411")
    run(schemes)
    before = fetch(schemes, "from matching.change order by all")
    again = run(schemes, seq=2, as_of=datetime(2026, 5, 2, tzinfo=UTC))
    assert (again.written, again.unchanged) == (0, 2)
    assert {name: counts.written for name, counts in again.tables.items()} == {
        "matching.model": 0,
        "matching.pair": 0,
        "matching.review_item": 0,
        "matching.cluster": 0,
    }
    assert fetch(schemes, "from matching.change order by all") == before
    assert fetch(schemes, "select table_name from duckdb_tables() where table_name like '%splink%'") == []


def test_the_order_in_which_rows_were_stored_does_not_matter(schemes: DuckDBPyConnection) -> None:
    def world(con: DuckDBPyConnection, order: list[int]) -> None:
        people = {
            1: ("okafor", "ngozi", {"phone": "+4411", "street": "mill lane"}),
            2: ("okafor", "ngosi", {"phone": "+4411", "email": "n@x.org"}),
            3: ("okafor", "n", {"email": "n@x.org"}),
            4: ("barnes", "tilda", {"street": "mill lane", "phone": "+4411"}),
        }
        for record in order:
            family, given, more = people[record]
            person(con, record, family, given, **more)

    def tables(con: DuckDBPyConnection) -> list[Any]:
        return [fetch(con, f"from matching.{name} order by all") for name in ("pair", "cluster", "review_item")]

    world(schemes, [1, 2, 3, 4])
    run(schemes)
    with open_in_memory() as other:
        rows(other, staging.IDENTIFIER_SCHEME, {"scheme": "cn_id", "identifies": "person"})
        world(other, [4, 2, 1, 3])
        run(other)
        assert tables(other) == tables(schemes)


def test_an_empty_hub_is_no_error(schemes: DuckDBPyConnection) -> None:
    assert run(schemes).read == 0
    assert clusters(schemes) == {}


def test_a_branch_is_not_its_head_office(schemes: DuckDBPyConnection) -> None:
    for record, branch in ((1, None), (2, None), (3, "上海分公司")):
        name = {
            "record_id": record,
            "name_original": "华芯科技有限公司",
            "name_norm": "华芯科技有限公司" + (branch or ""),
            "name_script": "han",
            "core_name": "华芯科技",
            "core_key": "huaxinkeji",
            "trade_name": "华芯",
            "legal_form": "zh_limited",
            "branch_word": branch,
        }
        ref = {"record_ref": f"erp.customers:{record}", "source": "erp", "source_table": "customers"}
        rows(schemes, staging.PARTY, {**name, **ref, "party_type": "organization", "scope": "match"})
        rows(schemes, staging.PARTY_NAME, {**name, "name_no": 1, "kind": "legal"})
        rows(
            schemes,
            staging.PARTY_CONTACT_POINT,
            {"record_id": record, "contact_no": 1, "kind": "phone", "match_key": "+8610", "is_usable": True},
        )
    run(schemes)
    assert clusters(schemes) == {1: 1, 2: 1, 3: 3}


def test_shipped_models_name_no_path_of_a_machine() -> None:
    folder = Path(__file__).parents[2] / "mdm_pipeline" / "matching" / "models"
    assert sorted(path.name for path in folder.glob("*.json")) == ["organization.json", "person.json"]
