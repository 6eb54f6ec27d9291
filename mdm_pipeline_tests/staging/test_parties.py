"""Rows of parties in canonical form."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.organization_names import standardize_organization_names
from mdm_pipeline.standardize.person_names import standardize_person_names
from mdm_pipeline.standardize.phones import standardize_phones
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import company, given, land, shipped, stage

ZHANG_CARD = "11010519491231002X"


def test_an_account_becomes_a_party_with_its_children(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    land(
        con,
        demo,
        "crm.account",
        {
            7: {
                "account_name": "杭州阿里巴巴网络技术有限公司",
                "account_name_en": "Alibaba Network Technology Co., Ltd.",
                "account_kind": "企业",
                "tax_no": "91330100799655058B",
                "phone": "0571-85022088转8001; 138 0013 8001",
                "email": "Info@Alibaba-inc.com",
                "website": "https://www.alibaba.com/cn",
                "province": "浙江省",
                "city": "杭州市",
                "address": "文三路18号 电话 13912345678",
                "country": "CN",
                "role": "prospect",
                "status": "active",
                "owner": "N/A",
                "parent_account_id": "A9",
                "former_name": "杭州阿里巴巴网络技术有限公司",
                "updated_at": "2026-10-01 08:00:00",
            }
        },
    )
    report = stage(con, demo)
    assert (report.read, report.written, report.unchanged, report.rejected) == (1, 1, 0, 0)
    party = fetch(con, "select * from staging.party")[0]
    assert {k: party[k] for k in ("record_ref", "source", "source_table", "source_key", "party_type", "scope")} == {
        "record_ref": "crm.account:k7",
        "source": "crm",
        "source_table": "account",
        "source_key": "k7",
        "party_type": "organization",
        "scope": "match",
    }
    assert (party["roles"], party["website"], party["owner"], party["is_sole_trader"]) == (
        "lead",
        "alibaba.com",
        None,
        False,
    )
    assert party["updated_at"] == datetime(2026, 10, 1)  # noqa: DTZ001
    names = fetch(con, "select name_no, kind, display_name, name_script from staging.party_name order by name_no")
    assert [tuple(n.values()) for n in names] == [
        (1, "legal", "杭州阿里巴巴网络技术有限公司", "han"),
        (2, "transliterated", "Alibaba Network Technology Co., Ltd.", "latin"),
    ]
    points = fetch(con, "select kind, value, extension, is_usable from staging.party_contact_point order by contact_no")
    assert [tuple(p.values()) for p in points] == [
        ("phone", "+8657185022088", "8001", True),
        ("phone", "+8613800138001", None, True),
        ("email", "info@alibaba-inc.com", None, True),
        ("phone", "+8613912345678", None, True),
    ]
    address = fetch(con, "select kind, province, city, street, house_number, raw from staging.party_address")
    assert [tuple(a.values()) for a in address] == [
        ("main", "浙江省", "杭州市", "文三路", "18", "浙江省杭州市文三路18号 电话 13912345678")
    ]
    link = fetch(con, "select from_ref, to_ref, role from staging.party_link")
    assert link == [{"from_ref": "crm.account:k7", "to_ref": "crm.account:A9", "role": "branch_of"}]


def test_staged_names_and_contacts_are_what_the_standardizers_say(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    people = {1: "Miller, William J.", 2: "ＺＨＡＮＧ Wei", 3: "欧阳震华", 4: "O'Brien Jr., Sean"}
    land(
        con,
        demo,
        "crm.contact",
        {i: {"full_name": n, "mobile": "0044 20 7946 0958", "country": "GB"} for i, n in people.items()},
    )
    land(
        con,
        demo,
        "finance.billing_customers",
        {9: {"发票抬头": "上海华为技术有限公司北京分公司", "收票邮箱": "a.b+c@gmail.com"}},
    )
    stage(con, demo)
    raw = given(people.values())
    none = pl.repeat(None, len(raw), dtype=pl.String, eager=True)
    read = standardize_person_names(pl.DataFrame({"full_name": raw, "family_name": none, "given_name": none}))
    expected = read.select("display", "script", "name_norm", "name_key", "family_key", "given_key", "suffix").rows()
    staged = con.execute(
        "select display_name, name_script, name_norm, name_key, family_key, given_key, name_suffix from staging.party "
        "where party_type = 'person' order by record_id"
    ).fetchall()
    assert staged == expected
    phone = standardize_phones(pl.DataFrame({"raw": ["0044 20 7946 0958"], "country": ["GB"]}))
    assert {
        r[0] for r in con.execute("select value from staging.party_contact_point where kind = 'phone'").fetchall()
    } == {phone["e164"][0]}
    organization = standardize_organization_names(given(["上海华为技术有限公司北京分公司"]))
    assert (
        con.execute(
            "select core_name, core_key, region_word, trade_name, branch_word, legal_form from staging.party "
            "where record_id = 9"
        ).fetchall()
        == organization.select("core", "core_key", "region", "trade_name", "branch", "legal_form").rows()
    )
    email = standardize_emails(given(["a.b+c@gmail.com"]))
    assert (
        con.execute("select value, match_key from staging.party_contact_point where kind = 'email'").fetchall()
        == email.select("email", "email_key").rows()
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"birth_date": "1990-05-06", "id_number": ZHANG_CARD}, (date(1990, 5, 6), "day", "f")),
        ({"id_number": ZHANG_CARD}, (date(1949, 12, 31), "day", "f")),
        ({"birth_date": "1900-01-01", "id_number": ZHANG_CARD}, (date(1949, 12, 31), "day", "f")),
        ({"birth_date": "1990", "gender": "男"}, (date(1990, 1, 1), "year", "m")),
        ({"id_number": "110105194912310021"}, (None, None, None)),
    ],
)
def test_a_valid_identity_card_fills_birth_and_gender(
    con: DuckDBPyConnection, row: dict[str, str], expected: tuple[Any, ...]
) -> None:
    demo = shipped("demo")
    land(con, demo, "crm.contact", {1: {"full_name": "张三丰"} | row})
    stage(con, demo)
    assert con.execute("select birth_on, birth_precision, gender from staging.party").fetchall() == [expected]


def test_a_party_without_a_name_is_staged_and_reported(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    land(
        con,
        demo,
        "crm.account",
        {1: {"account_name": "N/A", "account_kind": "企业"}, 2: {"account_kind": "个人"}},
    )
    report = stage(con, demo)
    assert (report.read, report.written, report.rejected) == (2, 2, 0)
    assert (
        con.execute("select display_name, name_norm, name_key from staging.party").fetchall()
        == [(None, None, None)] * 2
    )
    issues = fetch(con, "select record_id, rule, severity, value, message from quality.issue order by record_id")
    assert issues == [
        {
            "record_id": 1,
            "rule": "no_name",
            "severity": "warn",
            "value": "N/A",
            "message": "crm.account, key k1, column account_name: 'N/A' is no name; "
            "the record is staged without one, enter it at the source",
        },
        {
            "record_id": 2,
            "rule": "no_name",
            "severity": "warn",
            "value": None,
            "message": "crm.account, key k2, column account_name: (empty) is no name; "
            "the record is staged without one, enter it at the source",
        },
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"customer_type": "1", "name1": "Rodriguez Foods and Beverages Inter", "name2": "national Inc."},
         ("organization", "Rodriguez Foods and Beverages International Inc.")),
        ({"customer_type": "1", "name1": "Rodriguez Foods", "name2": "International"},
         ("organization", "Rodriguez Foods International")),
        ({"customer_type": "2", "name1": "Miller", "name2": "William"}, ("person", "William Miller")),
        ({"customer_type": "2", "name1": "William Miller"}, ("person", "William Miller")),
        ({"customer_type": "1", "name1": "北京中科", "name2": "有限公司"}, ("organization", "北京中科有限公司")),
        ({"customer_type": "?", "name1": "北京中科有限公司"}, ("organization", "北京中科有限公司")),
    ],
)  # fmt: skip
def test_a_name_that_runs_over_two_fields_is_one_name(
    con: DuckDBPyConnection, row: dict[str, str], expected: tuple[str, str]
) -> None:
    demo = shipped("demo")
    land(con, demo, "erp.customers", {1: row})
    stage(con, demo)
    assert con.execute("select party_type, display_name from staging.party").fetchall() == [expected]


def test_scope_and_sole_trader_come_from_the_mapping(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    roles = {1: "customer", 2: "walk-in", 3: "test", 4: "internal"}
    land(
        con,
        demo,
        "crm.account",
        {i: {"account_name": "张记面馆", "account_kind": "个体工商户", "role": r} for i, r in roles.items()},
    )
    stage(con, demo)
    assert con.execute("select scope, party_type, is_sole_trader from staging.party order by record_id").fetchall() == [
        ("match", "organization", True),
        ("pass_through", "organization", True),
        ("excluded", "organization", True),
        ("pass_through", "organization", True),
    ]


def test_billing_and_credit_have_their_own_rows(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    land(con, demo, "erp.customers", {
        1: {"name1": "赵敏", "customer_type": "2", "credit_limit": "12,000", "currency": "rmb", "blocked": "X"},
        2: {"name1": "李敏", "customer_type": "2", "blocked": ""},
        3: {"name1": "王敏", "customer_type": "2", "credit_limit": "lots"},
    })  # fmt: skip
    land(
        con,
        demo,
        "finance.billing_customers",
        {4: {"发票抬头": "赵敏", "银行账号": "6222 0000-1111", "账套": "CN01"}},
    )
    stage(con, demo)
    assert con.execute(
        "select record_id, currency, amount::varchar, is_blocked from staging.credit_limit"
    ).fetchall() == [(1, "CNY", "12000.00", True)]
    assert con.execute(
        "select record_id, title, bank_account, legal_entity from staging.billing_profile"
    ).fetchall() == [(4, "赵敏", "622200001111", "CN01")]
    assert con.execute("select record_id, rule, value from quality.issue").fetchall() == [(3, "not_a_number", "lots")]


def test_hostile_values_are_staged_without_an_error(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    hostile = [
        "'; drop table staging.party; --",
        "\x00\x07",
        "🦄" * 300,
        "٣٤٥",
        "\u202eabc",
        "  ",
        "NaN",
        "1" * 5000,
        "a\nb\tc",
        "\ufeff",
    ]
    columns = (
        "account_name",
        "account_kind",
        "tax_no",
        "phone",
        "email",
        "website",
        "address",
        "birth_date",
        "updated_at",
        "role",
    )
    land(con, demo, "crm.account", {i: dict.fromkeys(columns, value) for i, value in enumerate(hostile)})
    report = stage(con, demo)
    assert (report.read, report.written, report.rejected) == (len(hostile), len(hostile), 0)
    assert con.execute("select count(*) from staging.party").fetchall() == [(len(hostile),)]


def test_a_mapped_column_that_never_came_holds_its_table_back(con: DuckDBPyConnection) -> None:
    good = company("t: {key: [a], party: {type: {otherwise: person}, names: [{full: name}]}}")
    land(con, good, "s.t", {1: {"name": "Ann Lee"}})
    stage(con, good)
    before = fetch(con, "select * from staging.party")
    wrong = company("t: {key: [a], party: {type: {otherwise: person}, names: [{full: nama}]}}")
    report = stage(con, wrong)
    assert len(report.held_back) == 1
    assert report.held_back[0].startswith(
        "s.t: the mapping names column 'nama', which was never delivered; did you mean name?"
    )
    assert fetch(con, "select * from staging.party") == before


def test_further_names_follow_the_main_one_and_masked_names_are_never_compared(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    people = {1: "Mary Smith née Jones", 2: "李伟 (Li Wei)", 3: "张*伟", 4: "13800138000"}
    land(con, demo, "crm.contact", {number: {"full_name": name} for number, name in people.items()})
    stage(con, demo)
    assert con.execute(
        "select record_id, name_no, kind, display_name, name_norm, name_key, name_mark "
        "from staging.party_name order by all"
    ).fetchall() == [
        (1, 1, "legal", "Mary Smith née Jones", "mary smith", "mary smith", None),
        (1, 2, "former", "Mary Jones", "mary jones", "jones mary", None),
        (2, 1, "legal", "李伟 (Li Wei)", "李伟", "li wei", None),
        (2, 2, "transliterated", "Li Wei", "wei li", "li wei", None),
        (3, 1, "legal", "张*伟", None, None, "masked"),
    ]
