"""Rows of a business registry: what they say, in which words, and what changed there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.staging.registrations import capital_and_currency, status_codes
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import company, delete, land, stage

COMPANY = company(
    """
company:
  key: [code]
  party:
    type: {otherwise: organization}
    scope: {otherwise: reference}
    names: [{kind: legal, full: name}, {full: other, kind: alias, kind_by: {column: other_kind, map: {OLD: former}}}]
    birth_date: since
    identifiers: [{column: code, scheme: cn_uscc}]
    links: [{role: branch_of, to_table: s.company, column: head}]
    registration:
      {status: status, legal_representative: boss, capital: capital, capital_unit: 万, capital_currency: CNY}
"""
)
ROW = {
    "code": "91110108551385082Q",
    "name": "北京中科软件有限公司",
    "other": "北京中科电脑有限公司",
    "other_kind": "OLD",
    "since": "2010-04-06",
    "status": "存续(在营、开业、在册)",
    "boss": "张伟",
    "capital": "1,500",
    "head": None,
}
EVENTS = "select record_id, attribute, old_value, new_value from staging.registry_event order by all"


def test_a_registration_keeps_name_status_representative_and_capital(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.company", {1: ROW})
    stage(con, COMPANY)
    assert fetch(con, "select * exclude (source) from staging.registration") == [
        {
            "record_id": 1,
            "party_ref": "s.company:k1",
            "registered_name": "北京中科软件有限公司",
            "status": "存续(在营、开业、在册)",
            "status_code": "active",
            "legal_representative": "张伟",
            "capital": Decimal("15000000.00"),
            "currency": "CNY",
            "established_on": date(2010, 4, 6),
        }
    ]
    assert fetch(con, "select kind, display_name from staging.party_name order by name_no") == [
        {"kind": "legal", "display_name": "北京中科软件有限公司"},
        {"kind": "former", "display_name": "北京中科电脑有限公司"},
    ]
    assert fetch(con, "select scope from staging.party") == [{"scope": "reference"}]


def test_a_branch_is_linked_to_its_head(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.company", {1: ROW, 2: ROW | {"name": "北京中科软件有限公司上海分公司", "head": "k1"}})
    stage(con, COMPANY)
    assert fetch(con, "select from_ref, to_ref, role from staging.party_link") == [
        {"from_ref": "s.company:k2", "to_ref": "s.company:k1", "role": "branch_of"}
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("存续", "active"),
        ("在业", "active"),
        ("ACTIVE", "active"),
        ("吊销，未注销", "revoked"),
        ("吊销", "revoked"),
        ("注销", "deregistered"),
        ("INACTIVE", "deregistered"),
        ("迁出", "moved_out"),
        ("停业", "suspended"),
        ("清算", "liquidation"),
        ("其他", None),
        (None, None),
    ],
)
def test_a_status_is_told_by_its_first_word(text: str | None, code: str | None) -> None:
    assert status_codes(pl.Series("status", [text], dtype=pl.String)).to_list() == [code]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1500万元人民币", "1500万", "CNY"),
        ("200万美元", "200万", "USD"),
        ("1,500.0000", "1,500.0000", None),
        ("人民币3000万元", "3000万", "CNY"),
        ("1亿港元", "1亿", "HKD"),
        (None, None, None),
    ],
)
def test_a_capital_names_its_currency(text: str | None, amount: str | None, currency: str | None) -> None:
    amounts, currencies = capital_and_currency(pl.Series("capital", [text], dtype=pl.String))
    assert (amounts.to_list(), currencies.to_list()) == ([amount], [currency])


def test_what_changes_in_the_registry_is_an_event(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.company", {1: ROW, 2: ROW | {"code": "91310115631158326Q"}})
    stage(con, COMPANY)
    assert fetch(con, EVENTS) == []
    land(con, COMPANY, "s.company", {1: ROW | {"name": "北京中科智能有限公司", "status": "注销"}})
    stage(con, COMPANY)
    delete(con, "s.company", 2)
    stage(con, COMPANY)
    assert fetch(con, EVENTS) == [
        {
            "record_id": 1,
            "attribute": "registered_name",
            "old_value": "北京中科软件有限公司",
            "new_value": "北京中科智能有限公司",
        },
        {"record_id": 1, "attribute": "status", "old_value": "存续(在营、开业、在册)", "new_value": "注销"},
        {"record_id": 2, "attribute": "record", "old_value": "registered", "new_value": None},
    ]


def test_the_same_content_again_is_no_event(con: DuckDBPyConnection) -> None:
    land(con, COMPANY, "s.company", {1: ROW})
    stage(con, COMPANY)
    land(con, COMPANY, "s.company", {1: ROW})
    stage(con, COMPANY)
    assert fetch(con, EVENTS) == []
