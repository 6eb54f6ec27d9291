from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract.staging import (
    BILLING_PROFILE,
    IDENTIFIER_SCHEME,
    PARTY_ADDRESS,
    PARTY_CONTACT_POINT,
    PARTY_IDENTIFIER,
    PARTY_LINK,
)
from mdm_pipeline.master.settings import UnknownAttribute
from mdm_pipeline.master.stage import make_stage
from mdm_pipeline_tests.master.company import cluster, company, party, run
from mdm_pipeline_tests.rows import fetch, rows

OLD, NEW = datetime(2024, 1, 1), datetime(2025, 1, 1)  # noqa: DTZ001  hub time is naive UTC


def rule(*strategies, sources=()):
    return {"strategies": list(strategies), "sources": list(sources)}


def one_customer(con, **mastering):
    """All parties are one customer."""
    records = {r for (r,) in con.execute("select record_id from staging.party").fetchall()}
    cluster(con, records)
    run(con, make_stage(company(**mastering)))


def sources_of(con, attribute):
    found = fetch(
        con,
        "select rank, value, record_id, rule, is_winner from master.attribute_source "
        "where attribute = $a order by rank",
        a=attribute,
    )
    return [tuple(row.values()) for row in found]


STRATEGIES = {
    "source_priority": "Crm",
    "most_recent": "Newest",
    "most_frequent": "Twice",
    "longest": "A much longer name",
    "minimum": "A much longer name",
    "maximum": "Zz",
}


@pytest.mark.parametrize(("strategy", "survivor"), STRATEGIES.items())
def test_each_strategy_chooses_its_value(con, strategy, survivor):
    party(con, 1, "fin", display_name="Twice", updated_at=OLD)
    party(con, 2, "fin", display_name="Twice", updated_at=OLD)
    party(con, 3, "crm", display_name="Crm", updated_at=OLD)
    party(con, 4, "erp", display_name="Newest", updated_at=NEW)
    party(con, 5, "erp", display_name="A much longer name", updated_at=OLD)
    party(con, 6, "erp", display_name="Zz")
    one_customer(con, attributes={"display_name": rule(strategy)})
    assert fetch(con, "select display_name from master.customer") == [{"display_name": survivor}]
    assert sources_of(con, "display_name")[0][3:] == (strategy, True)


def test_the_next_strategy_decides_between_equals_and_the_record_id_at_last(con):
    party(con, 1, "erp", display_name="Erp", updated_at=NEW)
    party(con, 2, "crm", display_name="Crm one", updated_at=NEW)
    party(con, 3, "crm", display_name="Crm two", updated_at=NEW)
    one_customer(con, attributes={"display_name": rule("most_recent", "source_priority")})
    assert sources_of(con, "display_name") == [
        (1, "Crm one", 2, "record_id", True),
        (2, "Crm two", 3, "record_id", False),
        (3, "Erp", 1, "source_priority", False),
    ]


def test_a_losing_value_says_why_it_lost(con):
    party(con, 1, display_name="Old", updated_at=OLD)
    party(con, 2, display_name="New", updated_at=NEW)
    one_customer(con)
    assert fetch(
        con,
        "select value, reason from master.attribute_source where attribute = 'display_name' order by rank",
    ) == [
        {"value": "New", "reason": None},
        {"value": "Old", "reason": "a more recently changed record has another value: crm.account:2"},
    ]


def test_only_allowed_sources_supply_an_attribute(con):
    party(con, 1, "erp", industry="Retail", updated_at=NEW)
    party(con, 2, "fin", industry="Steel", updated_at=OLD, status="open")
    one_customer(
        con,
        attributes={
            "industry": rule("most_recent", sources=["fin"]),
            "status": rule("longest", sources=["crm"]),
        },
    )
    assert fetch(con, "select industry, status from master.customer") == [{"industry": "Steel", "status": None}]
    assert sources_of(con, "industry") == [
        (1, "Steel", 2, "allowed_sources", True),
        (2, "Retail", 1, "allowed_sources", False),
    ]
    assert sources_of(con, "status") == [(2, "open", 2, "allowed_sources", False)]


def test_a_valid_phone_goes_before_a_newer_one_and_unusable_ones_never_survive(con):
    party(con, 1, updated_at=OLD)
    party(con, 2, updated_at=NEW)
    phone = {"kind": "phone", "is_usable": True}
    rows(
        con,
        PARTY_CONTACT_POINT,
        {"record_id": 1, "contact_no": 1, "value": "+8613900000001", "is_valid": True, **phone},
        {"record_id": 2, "contact_no": 1, "value": "+8613900000002", "is_valid": None, **phone},
        {
            "record_id": 2,
            "contact_no": 2,
            "kind": "phone",
            "value": "13800000000",
            "is_valid": True,
            "is_usable": False,
        },
        {"record_id": 2, "contact_no": 3, "kind": "email", "value": "a@b.cn", "is_usable": True},
    )
    one_customer(con, attributes={"phone": rule("valid_first", "most_recent")})
    assert fetch(con, "select phone, email from master.customer") == [{"phone": "+8613900000001", "email": "a@b.cn"}]
    assert sources_of(con, "phone") == [
        (1, "+8613900000001", 1, "valid_first", True),
        (2, "+8613900000002", 2, "valid_first", False),
    ]


def test_an_address_survives_whole(con):
    party(con, 1, updated_at=OLD)
    party(con, 2, updated_at=NEW)
    rows(
        con,
        PARTY_ADDRESS,
        {
            "record_id": 1,
            "address_no": 1,
            "kind": "main",
            "raw": "1 Old St",
            "city": "Bath",
            "postcode": "BA1",
            "country": "GB",
        },
        {"record_id": 2, "address_no": 1, "kind": "main", "raw": "2 New St", "city": "York"},
    )
    one_customer(con)
    columns = "address, country, city, postcode"
    assert fetch(con, f"select {columns} from master.customer") == [
        {"address": "2 New St", "country": None, "city": "York", "postcode": None}
    ]
    assert sources_of(con, "postcode") == [(2, "BA1", 1, "most_recent", False)]
    run(con, make_stage(company(attributes={"address": rule("most_complete")})))
    assert fetch(con, f"select {columns} from master.customer") == [
        {"address": "1 Old St", "country": "GB", "city": "Bath", "postcode": "BA1"}
    ]


def test_billing_data_survive_whole(con):
    party(con, 1, "crm")
    party(con, 2, "fin")
    rows(
        con,
        BILLING_PROFILE,
        {"record_id": 1, "profile_no": 1, "title": "甲公司", "bank_account": "1"},
        {"record_id": 2, "profile_no": 1, "title": "甲有限公司", "tax_id": "T", "bank_name": "工商银行"},
    )
    one_customer(con, attributes={"billing": rule("source_priority", sources=["fin"])})
    assert fetch(con, "select invoice_title, invoice_tax_id, bank_name, bank_account from master.customer") == [
        {"invoice_title": "甲有限公司", "invoice_tax_id": "T", "bank_name": "工商银行", "bank_account": None}
    ]


def test_identifiers_go_where_their_scheme_points(con):
    party(con, 1)
    for scheme, identifies in {"cn_uscc": "legal_entity", "cn_id": "person", "site_no": "site"}.items():
        rows(con, IDENTIFIER_SCHEME, {"scheme": scheme, "identifies": identifies})
    rows(
        con,
        PARTY_IDENTIFIER,
        {"record_id": 1, "identifier_no": 1, "scheme": "cn_uscc", "value": "U", "is_usable": True},
        {"record_id": 1, "identifier_no": 2, "scheme": "cn_id", "value": "P", "is_usable": True},
        {"record_id": 1, "identifier_no": 3, "scheme": "site_no", "value": "S", "is_usable": True},
        {"record_id": 1, "identifier_no": 4, "scheme": "cn_uscc", "value": "A", "is_usable": False},
    )
    one_customer(con)
    assert fetch(con, "select tax_id, person_id from master.customer") == [{"tax_id": "U", "person_id": "P"}]


def test_a_name_keeps_its_parts_and_both_scripts_are_kept(con):
    party(con, 1, display_name="Li Wei", family_name="Li", given_name="Wei", updated_at=NEW)
    party(
        con,
        2,
        display_name="李伟",
        family_name="李",
        given_name="伟",
        updated_at=OLD,
        birth_on=date(1980, 2, 3),
    )
    one_customer(con)
    columns = "display_name, name_latin, name_han, family_name, given_name, birth_on"
    assert fetch(con, f"select {columns} from master.customer") == [
        {
            "display_name": "Li Wei",
            "name_latin": "Li Wei",
            "name_han": "李伟",
            "family_name": "Li",
            "given_name": "Wei",
            "birth_on": date(1980, 2, 3),
        }
    ]


def test_roles_sources_and_counts_are_those_of_all_records(con):
    party(con, 1, "crm", roles="customer,lead", updated_at=OLD)
    party(con, 2, "erp", roles="customer", updated_at=NEW)
    party(con, 3, "erp", roles="contact")
    one_customer(con)
    assert fetch(con, "select roles, sources, record_count, source_count, updated_at from master.customer") == [
        {
            "roles": "contact,customer,lead",
            "sources": "crm,erp",
            "record_count": 3,
            "source_count": 2,
            "updated_at": NEW,
        }
    ]


def test_a_rule_for_an_unknown_attribute_is_refused():
    with pytest.raises(UnknownAttribute, match=r"mastering\.attributes\.telephone: no such attribute"):
        make_stage(company(attributes={"telephone": rule("longest")}))


def test_the_second_run_writes_nothing_and_a_change_touches_its_customer_only(con):
    for record_id in (1, 2, 3):
        party(con, record_id, display_name=f"N{record_id}")
    cluster(con, {1, 2}, {3})
    stage = make_stage(company())
    first = run(con, stage)
    assert (first.read, first.written, first.unchanged) == (2, 2, 0)
    assert run(con, stage) is None
    changes = con.execute("select count(*) from master.change").fetchone()
    again = run(con, stage, force_full=True)
    assert (again.read, again.written, again.unchanged) == (2, 0, 2)
    assert con.execute("select count(*) from master.change").fetchone() == changes
    con.execute("update staging.party set display_name = 'N33' where record_id = 3")
    con.execute("insert into staging.change values (9, 'party', 3)")
    delta = run(con, stage)
    assert (delta.read, delta.written) == (1, 1)
    assert fetch(con, "select display_name from master.customer order by 1") == [
        {"display_name": "N1"},
        {"display_name": "N33"},
    ]


def test_a_customer_without_records_leaves_the_golden_table(con):
    party(con, 1, display_name="A")
    party(con, 2, display_name="B")
    cluster(con, {1}, {2})
    stage = make_stage(company())
    run(con, stage)
    con.execute("delete from staging.party where record_id = 1")
    cluster(con, {2})
    con.execute("insert into matching.change values (9, 'cluster', 1)")
    report = run(con, stage)
    assert (report.read, report.written) == (1, 1)
    assert fetch(con, "select display_name from master.customer") == [{"display_name": "B"}]
    assert fetch(con, "select count(*) as n from master.attribute_source where value = 'A'") == [{"n": 0}]


def test_links_are_lifted_once_and_never_to_oneself(con):
    for record_id in (1, 2, 3):
        party(con, record_id)
    party(con, 4, "erp")
    cluster(con, {1, 4}, {2, 3})
    link = {"role": "contact_of", "record_ref": "crm.link:1"}
    rows(
        con,
        PARTY_LINK,
        {
            **link,
            "record_id": 11,
            "from_ref": "crm.account:1",
            "to_ref": "crm.account:2",
            "is_primary": False,
        },
        {
            **link,
            "record_id": 12,
            "record_ref": "erp.link:2",
            "from_ref": "erp.account:4",
            "to_ref": "crm.account:3",
            "is_primary": True,
            "ended_on": date(2025, 1, 1),
        },
        {**link, "record_id": 13, "from_ref": "crm.account:2", "to_ref": "crm.account:3"},
        {**link, "record_id": 14, "from_ref": "crm.account:2", "to_ref": "crm.account:99"},
    )
    run(con, make_stage(company()))
    ids = dict(con.execute("select record_id, master_id from master.xref").fetchall())
    assert fetch(con, "select * from master.relationship") == [
        {
            "from_id": ids[1],
            "to_id": ids[2],
            "role": "contact_of",
            "is_primary": True,
            "sources": "crm,erp",
            "started_on": None,
            "ended_on": None,
        }
    ]


values = st.lists(
    st.tuples(
        st.sampled_from(["crm", "erp", "fin"]),
        st.one_of(st.none(), st.sampled_from(["A", "B", "CC"])),
        st.one_of(st.none(), st.sampled_from([OLD, NEW])),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=5, deadline=None)
@given(values, st.permutations(["most_frequent", "source_priority", "most_recent", "longest"]))
def test_every_golden_value_has_one_source_and_order_is_irrelevant(records, strategies):
    results = []
    for order in (1, -1):
        con = open_in_memory()
        for record_id, (source, name, updated_at) in list(enumerate(records, start=1))[::order]:
            party(con, record_id, source, display_name=name, updated_at=updated_at)
        one_customer(con, default=rule(*strategies))
        golden = con.execute("select display_name from master.customer").fetchall()
        winners = con.execute(
            "select value from master.attribute_source where attribute = 'display_name' and is_winner and rank = 1"
        ).fetchall()
        assert winners == [g for g in golden if g != (None,)]
        results.append(con.execute("select * from master.attribute_source order by attribute, rank").fetchall())
        con.close()
    assert results[0] == results[1]
