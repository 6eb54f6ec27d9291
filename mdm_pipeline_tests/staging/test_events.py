"""Rows of business events and links, typed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.staging.stage import make_stage
from mdm_pipeline.staging.translation import MappingInvalid
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import company, land, shipped, stage


def test_an_invoice_is_typed_and_points_to_its_party(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    row = {
        "invoice_no": "IV1", "customer_code": "F1", "order_no": "SO1", "kind": "red",
        "original_invoice_no": "IV0",
        "invoice_date": "2026-03-04", "due_date": "20260403", "currency": "CNY", "net_amount": "-1,000.5",
        "tax_amount": "-130.07", "gross_amount": "-1130.57", "legal_entity": "CN01",
    }  # fmt: skip
    land(con, demo, "finance.invoices", {5: row})
    stage(con, demo)
    assert fetch(con, "select * from staging.invoice") == [
        {
            "record_id": 5,
            "record_ref": "finance.invoices:k5",
            "source": "finance",
            "party_ref": "finance.billing_customers:F1",
            "invoice_no": "IV1",
            "kind": "credit_note",
            "original_invoice_no": "IV0",
            "order_no": "SO1",
            "contract_no": None,
            "invoiced_on": date(2026, 3, 4),
            "due_on": date(2026, 4, 3),
            "legal_entity": "CN01",
            "business_unit": None,
            "currency": "CNY",
            "net_amount": Decimal("-1000.50"),
            "tax_amount": Decimal("-130.07"),
            "gross_amount": Decimal("-1130.57"),
        }
    ]


def test_what_cannot_be_read_is_null_and_reported_and_a_row_without_its_number_is_rejected(
    con: DuckDBPyConnection,
) -> None:
    demo = shipped("demo")
    land(con, demo, "finance.invoices", {
        1: {"invoice_no": "IV1", "kind": "green", "net_amount": "a lot", "invoice_date": "2026-02-30"},
        2: {"invoice_no": "  ", "kind": "blue"},
        3: {"invoice_no": "IV3", "kind": "blue"},
    })  # fmt: skip
    report = stage(con, demo)
    assert (report.read, report.written, report.unchanged, report.rejected) == (3, 2, 0, 1)
    assert con.execute(
        "select record_id, kind, net_amount, invoiced_on from staging.invoice order by 1"
    ).fetchall() == [
        (1, None, None, None),
        (3, "invoice", None, None),
    ]
    assert con.execute(
        "select record_id, table_name, column_name, rule, severity, value from quality.issue "
        "order by record_id, column_name"
    ).fetchall() == [
        (1, "finance.invoices", "invoice_date", "invoiced_on_unreadable", "warn", "2026-02-30"),
        (1, "finance.invoices", "kind", "kind_unreadable", "warn", "green"),
        (1, "finance.invoices", "net_amount", "net_amount_unreadable", "warn", "a lot"),
        (2, "finance.invoices", "invoice_no", "invoice_no_missing", "reject", "  "),
    ]


def test_an_opportunity_knows_its_outcome_by_its_stage(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    stages = {1: "prospecting", 2: "won", 3: "LOST", 4: "dreaming"}
    land(con, demo, "crm.opportunity", {i: {"opportunity_id": f"O{i}", "stage": s} for i, s in stages.items()})
    stage(con, demo)
    assert con.execute("select stage, outcome from staging.opportunity order by record_id").fetchall() == [
        ("prospecting", "open"),
        ("won", "won"),
        ("LOST", "lost"),
        ("dreaming", None),
    ]


def test_a_contact_is_linked_to_its_account(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    row = {
        "account_id": "A1",
        "contact_id": "C1",
        "role": "buyer",
        "is_primary": "1",
        "started_on": "2024-03-01",
    }
    land(con, demo, "crm.account_contact", {1: row, 2: row | {"contact_id": None}})
    report = stage(con, demo)
    assert (report.written, report.rejected) == (1, 1)
    assert fetch(con, "select * from staging.party_link") == [
        {
            "record_id": 1,
            "record_ref": "crm.account_contact:k1",
            "from_ref": "crm.contact:C1",
            "to_ref": "crm.account:A1",
            "role": "contact_of",
            "role_detail": "buyer",
            "is_primary": True,
            "started_on": date(2024, 3, 1),
            "ended_on": None,
            "origin": None,
        }
    ]


def test_times_of_events_are_local_times_of_the_source(con: DuckDBPyConnection) -> None:
    demo = shipped("demo")
    land(con, demo, "crm.activity", {1: {"account_id": "A1", "happened_at": "2026-01-01 07:30:00"}})
    stage(con, demo)
    assert con.execute("select happened_at, contact_ref from staging.activity").fetchall() == [
        (datetime(2025, 12, 31, 23, 30), None)  # noqa: DTZ001
    ]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            "t: {key: [a], party: {type: {otherwise: robot}, names: [{full: n}]}}",
            "party.type: 'robot' is none of",
        ),
        (
            "t: {key: [a], party: {type: {otherwise: person}, scope: {otherwise: some}, names: [{full: n}]}}",
            "party.scope",
        ),
        (
            "t: {key: [a], event: {entity: invoice, columns: {number: n}}}",
            "staging.invoice has no column 'number'",
        ),
        (
            "t: {key: [a], event: {entity: invoice, columns: {kind: {column: k, map: {rot: red}}}}}",
            "event.columns.kind: 'red' is none of invoice, credit_note",
        ),
        (
            "t: {key: [a], event: {entity: lead, columns: {channel: {column: c, codes: chanel}}}}",
            "event.columns.channel.codes: no code list 'chanel'; expected one of industry, ",
        ),
    ],
)
def test_a_mapping_to_unknown_values_is_refused_at_once(tables: str, message: str) -> None:
    with pytest.raises(MappingInvalid, match=message):
        make_stage(company(tables))
