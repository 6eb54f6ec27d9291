"""Every entity of the canonical model, from a mapping in YAML to its staged row."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from duckdb import DuckDBPyConnection
from pydantic import ValidationError

from mdm_pipeline.config.codes import CodesConfig
from mdm_pipeline.config.mappings import EventName
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.staging.stage import make_stage
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import company, land, stage

# entity, its columns in YAML, a row, and what is staged of it (columns that stay null are not named)
Case = tuple[str, str, dict[str, str], dict[str, Any]]
CASES: list[Case] = [
    (
        "legal_entity",
        "{legal_entity: code, name: name, country_code: land, currency: cur, is_active: used}",
        {"code": "CN01", "name": "示例有限公司", "land": "中国", "cur": "人民币", "used": "1"},
        {"legal_entity": "CN01", "name": "示例有限公司", "country_code": "CN", "currency": "CNY", "is_active": True},
    ),
    (
        "business_unit",
        "{business_unit: code, parent_business_unit: up, owner_ref: {column: head, employee: s.staff}}",
        {"code": "BU-1", "up": "BU-0", "head": "7001"},
        {"business_unit": "BU-1", "parent_business_unit": "BU-0", "owner_ref": "s.staff:7001"},
    ),
    (
        "employee",
        "{employee_no: no1, name: who, status: {column: state, map: {离职: left}}, left_on: gone}",
        {"no1": "E0005", "who": "张悦", "state": "离职", "gone": "2026-07-03"},
        {"employee_no": "E0005", "name": "张悦", "status": "left", "left_on": date(2026, 7, 3)},
    ),
    (
        "billing_profile",
        "{party_ref: {column: cust, party: s.c}, legal_entity: le, title: head, tax_id: tax}",
        {"cust": "K1", "le": "CN01", "head": "示例有限公司", "tax": "91330100799655058B"},
        {
            "profile_no": 1,
            "party_ref": "s.c:K1",
            "legal_entity": "CN01",
            "title": "示例有限公司",
            "tax_id": "91330100799655058B",
        },
    ),
    (
        "bank_account",
        "{party_ref: {column: cust, party: s.c}, account: iban, mandate_no: m, mandate_signed_on: signed, "
        "mandate_sequence: {column: seq, map: {RCUR: recurring}}, mandate_status: {constant: active}}",
        {"cust": "K1", "iban": "DE89 3704 0044 0532 0130 00", "m": "M-1", "signed": "2026-02-01", "seq": "RCUR"},
        {
            "account_no": 1,
            "party_ref": "s.c:K1",
            "account": "DE89370400440532013000",
            "is_iban": True,
            "mandate_no": "M-1",
            "mandate_signed_on": date(2026, 2, 1),
            "mandate_sequence": "recurring",
            "mandate_status": "active",
        },
    ),
    (
        "credit_limit",
        "{party_ref: {column: cust, party: s.c}, amount: {column: limit, amount_unit: 万}, payment_term_code: terms}",
        {"cust": "K1", "limit": "12.5", "terms": "月结30天"},
        {"party_ref": "s.c:K1", "amount": Decimal("125000.00"), "payment_term_code": "eom_30"},
    ),
    (
        "campaign",
        "{campaign_no: no1, channel: {column: ch, codes: channel}, cost_amount: cost, currency: {constant: CNY}}",
        {"no1": "CP1", "ch": "展会", "cost": "3.2万"},
        {"campaign_no": "CP1", "channel": "event", "cost_amount": Decimal("32000.00"), "currency": "CNY"},
    ),
    (
        "campaign_member",
        "{campaign_no: no1, contact_ref: {column: who, party: s.p}, responded_at: at}",
        {"no1": "CP1", "who": "C1", "at": "2026-05-01 10:00"},
        {"campaign_no": "CP1", "contact_ref": "s.p:C1", "responded_at": datetime(2026, 5, 1, 10)},  # noqa: DTZ001
    ),
    (
        "lead",
        "{lead_no: no1, created_at: came, first_contact_at: called, outcome: {constant: converted}, converted_to: opp}",
        {"no1": "L1", "came": "2026-05-01 10:00", "called": "2026-05-01 12:30:59", "opp": "O1"},
        {
            "lead_no": "L1",
            "outcome": "converted",
            "converted_to": "O1",
            "created_at": datetime(2026, 5, 1, 10),  # noqa: DTZ001
            "first_contact_at": datetime(2026, 5, 1, 12, 30, 59),  # noqa: DTZ001
            "response_minutes": 150,
        },
    ),
    (
        "opportunity",
        "{opportunity_no: no1, stage: st, stage_code: st, won_reason: why, probability: p, "
        "owner_ref: {column: boss, employee: s.staff}}",
        {"no1": "O1", "st": "赢单", "why": "price", "p": "80", "boss": "7001"},
        {
            "opportunity_no": "O1",
            "stage": "赢单",
            "stage_code": "won",
            "won_reason": "price",
            "probability": Decimal("80.00"),
            "owner_ref": "s.staff:7001",
        },
    ),
    (
        "opportunity_contact",
        "{opportunity_no: no1, contact_ref: {column: who, party: s.p}, "
        "role: {column: r, map: {决策者: decision_maker}}, role_detail: r, "
        "attitude: {column: a, map: {反对: opponent}}, is_primary: main}",
        {"no1": "O1", "who": "C1", "r": "决策者", "a": "反对", "main": "是"},
        {
            "opportunity_no": "O1",
            "contact_ref": "s.p:C1",
            "role": "decision_maker",
            "role_detail": "决策者",
            "attitude": "opponent",
            "is_primary": True,
        },
    ),
    (
        "contract",
        "{contract_no: no1, starts_on: f, ends_on: t, is_auto_renewed: again, amount: {column: sum, amount_unit: 亿}}",
        {"no1": "HT1", "f": "2026-01-01", "t": "2026-12-31", "again": "N", "sum": "1.05"},
        {
            "contract_no": "HT1",
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2026, 12, 31),
            "is_auto_renewed": False,
            "amount": Decimal("105000000.00"),
        },
    ),
    (
        "sales_order_line",
        "{order_no: no1, line_no: pos, quantity: q, unit: u, unit_code: u, delivered_quantity: d}",
        {"no1": "SO1", "pos": "10", "q": "3", "u": "打", "d": "1"},
        {
            "order_no": "SO1",
            "line_no": "10",
            "quantity": Decimal("3.0000"),
            "unit": "打",
            "unit_code": "DZN",
            "base_quantity": Decimal("36.0000"),
            "base_unit": "H87",
            "delivered_quantity": Decimal("1.0000"),
            "open_quantity": Decimal("2.0000"),
        },
    ),
    (
        "invoice",
        "{invoice_no: no1, kind: {column: k, map: {红字: credit_note}}, original_invoice_no: of, gross_amount: g}",
        {"no1": "IV2", "k": "红字", "of": "IV1", "g": "(1,130.00)"},
        {
            "invoice_no": "IV2",
            "kind": "credit_note",
            "original_invoice_no": "IV1",
            "gross_amount": Decimal("-1130.00"),
        },
    ),
    (
        "installed_asset",
        "{asset_no: no1, product_no: p, serial_no: s, installed_on: day, life_months: life}",
        {"no1": "EQ1", "p": "P1", "s": "SN1", "day": "2020-08-31", "life": "78"},
        {
            "asset_no": "EQ1",
            "product_no": "P1",
            "serial_no": "SN1",
            "installed_on": date(2020, 8, 31),
            "life_months": 78,
            "replace_on": date(2027, 2, 28),
        },
    ),
    (
        "sales_target",
        "{starts_on: f, ends_on: t, measure: {constant: revenue}, owner: boss, amount: {column: sum, amount_unit: 万}}",
        {"f": "2026-01-01", "t": "2026-03-31", "boss": "王海", "sum": "40"},
        {
            "starts_on": date(2026, 1, 1),
            "ends_on": date(2026, 3, 31),
            "measure": "revenue",
            "owner": "王海",
            "amount": Decimal("400000.00"),
        },
    ),
    (
        "consent",
        "{party_ref: {column: who, party: s.p}, purpose: what, status: s, decided_at: at}",
        {"who": "C1", "what": "newsletter", "s": "withdrawn", "at": "2026-05-01T10:00:00+08:00"},
        {
            "party_ref": "s.p:C1",
            "purpose": "newsletter",
            "status": "withdrawn",
            "decided_at": datetime(2026, 5, 1, 2),  # noqa: DTZ001
        },
    ),
]


def staged(con: DuckDBPyConnection, entity: str, columns: str, row: dict[str, str], **mapping: Any) -> dict[str, Any]:
    """The one staged row, without its origin and without what is null."""
    event = {"entity": entity, "columns": yaml.safe_load(columns), **mapping}
    config = company(yaml.safe_dump({"t": {"key": ["id"], "event": event}}, allow_unicode=True))
    land(con, config, "s.t", {1: row})
    stage(con, config)
    (found,) = fetch(con, f"select * from staging.{entity}")  # noqa: S608
    return {k: v for k, v in found.items() if v is not None and k not in ("record_id", "record_ref", "source")}


@pytest.mark.parametrize(("entity", "columns", "row", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_row_of_each_entity_is_staged_as_mapped(
    con: DuckDBPyConnection, entity: str, columns: str, row: dict[str, str], expected: dict[str, Any]
) -> None:
    assert staged(con, entity, columns, row) == expected


def test_every_entity_that_can_be_mapped_has_a_table() -> None:
    tables = {table.name for table in contract.TABLES}
    assert set(get_args(EventName)) <= tables
    mappable = {t.name for t in (*contract.EVENT_TABLES, *contract.REFERENCE_TABLES)}
    assert mappable <= set(get_args(EventName))


@pytest.mark.parametrize(
    ("columns", "row", "rate"),
    [
        ("{currency: c, valid_on: d, rate: r}", {"r": "7.1"}, "7.10000000"),
        ("{currency: c, valid_on: d, rate: r, rate_unit: {constant: '100'}}", {"r": "4.85"}, "0.04850000"),
        ("{currency: c, valid_on: d, rate: r, is_inverse: {constant: '1'}}", {"r": "0.14"}, "7.14285714"),
        (
            "{currency: c, valid_on: d, rate: r, rate_unit: u, is_inverse: {constant: '1'}}",
            {"r": "2061.85567", "u": "100"},
            "0.04850000",
        ),
    ],
)
def test_a_rate_is_group_currency_for_one_unit_however_it_is_quoted(
    con: DuckDBPyConnection, columns: str, row: dict[str, str], rate: str
) -> None:
    found = staged(con, "fx_rate", columns, {"c": "JPY", "d": "2026-01-01"} | row)
    assert (found["rate"], found["quoted_rate"]) == (Decimal(rate), Decimal(row["r"]).quantize(Decimal("0.00000001")))


@pytest.mark.parametrize("quoted", ["0", "-1", "0.000000000001"])
def test_a_rate_that_is_not_above_zero_is_no_rate(con: DuckDBPyConnection, quoted: str) -> None:
    found = staged(con, "fx_rate", "{currency: c, rate: r}", {"c": "JPY", "r": quoted})
    assert "rate" not in found
    assert fetch(con, "select rule, value from quality.issue") == [{"rule": "rate_not_usable", "value": quoted}]


@pytest.mark.parametrize(
    ("ordered", "delivered", "left"),
    [("3", "5", "0"), ("-2", "-1", "-1"), ("-2", "-3", "0"), ("3", None, None), (None, "1", None)],
)
def test_what_is_left_to_deliver(
    con: DuckDBPyConnection, ordered: str | None, delivered: str | None, left: str | None
) -> None:
    row = {"no1": "SO1", "pos": "1", "q": ordered, "d": delivered}
    columns = "{order_no: no1, line_no: pos, quantity: q, delivered_quantity: d}"
    found = staged(con, "sales_order_line", columns, row)  # type: ignore[arg-type]
    assert found.get("open_quantity") == (None if left is None else Decimal(left))


def test_a_first_contact_before_the_lead_gives_no_response_time(con: DuckDBPyConnection) -> None:
    row = {"no1": "L1", "came": "2026-05-02", "called": "2026-05-01"}
    found = staged(con, "lead", "{lead_no: no1, created_at: came, first_contact_at: called}", row)
    assert "response_minutes" not in found
    assert fetch(con, "select rule, severity from quality.issue") == [
        {"rule": "contact_before_lead", "severity": "warn"}
    ]


def test_numbers_and_times_are_read_as_their_table_declares(con: DuckDBPyConnection) -> None:
    row = {"no1": "O1", "sum": "1.234,5", "at": "1767225600000", "day": "1767225600000"}
    columns = "{opportunity_no: no1, amount: sum, created_at: at, close_on: day}"
    found = staged(con, "opportunity", columns, row, decimal=",", number_dates="epoch_ms", time_zone="Asia/Shanghai")
    assert found == {
        "opportunity_no": "O1",
        "amount": Decimal("1234.50"),
        "created_at": datetime(2026, 1, 1),  # noqa: DTZ001
        "close_on": date(2026, 1, 1),
    }


def test_local_times_are_those_of_the_tables_own_zone(con: DuckDBPyConnection) -> None:
    row = {"no1": "O1", "at": "2026-07-01 12:00"}
    columns = "{opportunity_no: no1, created_at: at}"
    found = staged(con, "opportunity", columns, row, time_zone="Europe/Berlin")
    assert found["created_at"] == datetime(2026, 7, 1, 10)  # noqa: DTZ001


def test_a_box_counts_in_pieces_where_the_company_says_so(con: DuckDBPyConnection) -> None:
    config = company(
        "t: {key: [id], event: {entity: sales_order_line, "
        "columns: {order_no: o, line_no: l, quantity: q, unit_code: u}}}",
        codes={"unit": {"箱(12)": "CT"}},
    )
    codes = CodesConfig.model_validate({"units": {"CT": {"base": "H87", "factor": 12}}})
    config = config.model_copy(update={"codes": codes})
    land(con, config, "s.t", {1: {"o": "1", "l": "1", "q": "2.5", "u": "箱(12)"}})
    stage(con, config)
    assert con.execute("select unit_code, base_quantity, base_unit from staging.sales_order_line").fetchall() == [
        ("CT", Decimal("30.0000"), "H87")
    ]


PARTY = """
c:
  key: [id]
  party:
    type: {otherwise: organization}
    names: [{full: name}]
    owner: boss
    owner_table: s.staff
    channel: came
    region_code: prov
    legal_form_code: form
    billing:
      - {legal_entity: le1, title: t1}
      - {legal_entity: le2, title: t2, bank_account: acc2}
    bank_accounts:
      - {account: iban, holder: name, mandate_no: m, mandate_sequence: seq, mandate_status: st}
      - {account: acc2}
    credit: {amount: limit, payment_terms: terms}
"""


def test_a_party_has_several_profiles_and_accounts_an_owner_and_codes(con: DuckDBPyConnection) -> None:
    config = company(PARTY)
    row = {
        "name": "示例有限公司", "boss": "7001", "came": "展会", "prov": "浙江", "form": "有限责任公司",
        "le1": "CN01", "t1": "示例有限公司", "le2": "HK01", "t2": "Demo Ltd", "acc2": "6222 0000-1",
        "iban": "DE89370400440532013000", "m": "M-1", "seq": "FRST", "st": "Cancelled",
        "limit": "5万", "terms": "N30",
    }  # fmt: skip
    land(con, config, "s.c", {1: row, 2: {"name": "Other GmbH", "le1": "CN01", "seq": "?"}})
    stage(con, config)
    assert con.execute(
        "select owner, owner_ref, channel, region_code, legal_form_code from staging.party where record_id = 1"
    ).fetchall() == [("7001", "s.staff:7001", "展会", "330000", "cn_llc")]
    assert con.execute(
        "select record_id, profile_no, party_ref, legal_entity, title, bank_account from staging.billing_profile"
    ).fetchall() == [
        (1, 1, "s.c:k1", "CN01", "示例有限公司", None),
        (1, 2, "s.c:k1", "HK01", "Demo Ltd", "622200001"),
    ]
    assert con.execute(
        "select account_no, party_ref, account, is_iban, holder, mandate_no, mandate_sequence, mandate_status "
        "from staging.bank_account order by account_no"
    ).fetchall() == [
        (1, "s.c:k1", "DE89370400440532013000", True, "示例有限公司", "M-1", "first", "canceled"),
        (2, "s.c:k1", "622200001", False, None, None, None, None),
    ]
    assert con.execute(
        "select party_ref, amount, payment_terms, payment_term_code from staging.credit_limit"
    ).fetchall() == [("s.c:k1", Decimal("50000.00"), "N30", "net_30")]
    assert con.execute("select rule, value from quality.issue where rule like 'not_a_m%'").fetchall() == [
        ("not_a_mandate_sequence", "?")
    ]


def test_one_table_can_be_party_and_event_at_once_only_by_two_entries() -> None:
    with pytest.raises(ValidationError, match="exactly one of `party` and `event`"):
        company(
            "t: {key: [id], party: {type: {otherwise: person}, names: [{full: n}]}, "
            "event: {entity: lead, columns: {lead_no: id}}}"
        )


def test_a_column_means_one_thing() -> None:
    with pytest.raises(ValidationError, match="at most one of `party`, `employee` and `codes`"):
        company("t: {key: [id], event: {entity: lead, columns: {owner_ref: {column: o, party: a.b, employee: c.d}}}}")


GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "canonical-model.md").read_text(encoding="utf-8")


def test_the_mappings_of_the_guide_are_valid() -> None:
    table, party, of_source, of_all = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.S))
    given = party["party"] | {"type": {"otherwise": "organization"}, "names": [{"full": "name"}]}
    tables = table["tables"] | {"customers": {"key": ["id"], "party": given}}
    config = company(yaml.safe_dump(tables, allow_unicode=True), codes=of_source["codes"])
    make_stage(config.model_copy(update={"codes": CodesConfig.model_validate(of_all)}))


def test_the_guide_names_every_entity() -> None:
    tables = [*contract.EVENT_TABLES, *contract.REFERENCE_TABLES, contract.BILLING_PROFILE, contract.BANK_ACCOUNT]
    assert [table.name for table in tables if f"`{table.name}`" not in GUIDE] == []
