from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract.matching import PAIR
from mdm_pipeline.hub.contract.staging import (
    ACTIVITY,
    FX_RATE,
    INVOICE,
    OPPORTUNITY,
    PARTY_LINK,
    PARTY_NAME,
    PAYMENT,
    SALES_ORDER,
    SERVICE_CASE,
)
from mdm_pipeline.mart.stage import make_stage
from mdm_pipeline.master import stage as master
from mdm_pipeline_tests.master.company import AS_OF, cluster, company, party, run
from mdm_pipeline_tests.rows import fetch, rows

DAY = date(2026, 1, 10)
JANUARY = datetime(2026, 1, 1)  # noqa: DTZ001  hub time is naive UTC
A, B = "crm.account:1", "erp.account:2"


@pytest.fixture
def hub(con):
    """One customer of two records (1, 2), another of one (3)."""
    party(con, 1, "crm", display_name="Li Wei")
    party(con, 2, "erp", display_name="李伟")
    party(con, 3, "crm", display_name="Shop")
    cluster(con, {1, 2}, {3})
    return con


def mart(con, as_of=AS_OF):
    run(con, master.make_stage(company()), as_of)
    return run(con, make_stage(company()), as_of, force_full=True)


def ids(con):
    return dict(con.execute("select record_id, master_id from master.xref where is_current").fetchall())


def test_events_follow_their_record_to_the_customer_and_strays_stay(hub):
    rows(
        hub,
        SALES_ORDER,
        {"record_id": 101, "party_ref": A, "currency": "CNY", "net_amount": 10, "ordered_on": DAY},
        {"record_id": 102, "party_ref": B, "currency": "CNY", "net_amount": 20, "ordered_on": DAY},
        {"record_id": 103, "party_ref": "erp.account:99", "currency": "CNY", "net_amount": 40, "ordered_on": DAY},
    )
    mart(hub)
    one = ids(hub)[1]
    assert fetch(hub, "select record_id, master_id, group_amount from mart.customer_order order by 1") == [
        {"record_id": 101, "master_id": one, "group_amount": D(10)},
        {"record_id": 102, "master_id": one, "group_amount": D(20)},
        {"record_id": 103, "master_id": None, "group_amount": D(40)},
    ]


def test_rates_are_the_latest_by_the_day_else_the_earliest(hub):
    rows(
        hub,
        FX_RATE,
        {"record_id": 901, "currency": "USD", "valid_on": date(2026, 1, 1), "rate": 7},
        {"record_id": 902, "currency": "USD", "valid_on": date(2026, 2, 1), "rate": 8},
    )
    days = [date(2025, 1, 1), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), None]
    rows(
        hub,
        SALES_ORDER,
        *({"record_id": 101 + i, "currency": "USD", "net_amount": 1, "ordered_on": d} for i, d in enumerate(days)),
    )
    mart(hub)
    found = hub.execute("select group_amount from mart.customer_order order by record_id").fetchall()
    assert found == [(D(7),), (D(7),), (D(7),), (D(8),), (D(7),)]


def test_an_unknown_currency_has_no_group_amount_and_an_issue(hub):
    rows(hub, SALES_ORDER, {"record_id": 101, "source": "erp", "currency": "XXX", "net_amount": 5, "ordered_on": DAY})
    report = mart(hub)
    assert report.metadata["amounts_without_rate"] == 1
    assert fetch(hub, "select group_amount from mart.customer_order") == [{"group_amount": None}]
    assert fetch(hub, "select source, table_name, record_id, rule, severity, value from quality.issue") == [
        {
            "source": "erp",
            "table_name": "mart.customer_order",
            "record_id": 101,
            "rule": "unknown_currency",
            "severity": "warn",
            "value": "XXX",
        }
    ]


def test_a_payment_without_party_belongs_to_the_customer_of_its_invoice(hub):
    rows(hub, INVOICE, {"record_id": 201, "party_ref": B, "invoice_no": "I1", "currency": "CNY", "gross_amount": 113})
    rows(
        hub,
        PAYMENT,
        {"record_id": 301, "invoice_no": "I1", "currency": "CNY", "amount": 100},
        {"record_id": 302, "party_ref": "crm.account:3", "invoice_no": "I1", "currency": "CNY", "amount": 1},
        {"record_id": 303, "currency": "CNY", "amount": 7},
    )
    mart(hub)
    assert hub.execute("select master_id from mart.customer_payment order by record_id").fetchall() == [
        (ids(hub)[2],),
        (ids(hub)[3],),
        (None,),
    ]


def test_open_amounts_are_gross_less_payments_fees_and_credit_notes(hub):
    rows(
        hub,
        INVOICE,
        {"record_id": 201, "invoice_no": "I1", "kind": "invoice", "currency": "CNY", "gross_amount": 113},
        {
            "record_id": 202,
            "invoice_no": "C1",
            "kind": "credit_note",
            "original_invoice_no": "I1",
            "currency": "CNY",
            "gross_amount": -13,
        },
        {
            "record_id": 203,
            "invoice_no": "C2",
            "kind": "credit_note",
            "original_invoice_no": "?",
            "currency": "CNY",
            "gross_amount": -5,
        },
    )
    rows(hub, PAYMENT, {"record_id": 301, "invoice_no": "I1", "currency": "CNY", "amount": 60, "fee": D("0.5")})
    mart(hub)
    assert hub.execute("select paid_amount, open_amount from mart.customer_invoice order by record_id").fetchall() == [
        (D("73.50"), D("39.50")),
        (D("-13.00"), D("0.00")),
        (D("0.00"), D("-5.00")),
    ]


def test_of_two_invoices_with_one_number_the_one_of_the_same_company_is_paid(hub):
    rows(
        hub,
        INVOICE,
        {"record_id": 201, "invoice_no": "I1", "legal_entity": "SH", "currency": "CNY", "gross_amount": 10},
        {"record_id": 202, "invoice_no": "I1", "legal_entity": "BJ", "currency": "CNY", "gross_amount": 10},
    )
    rows(hub, PAYMENT, {"record_id": 301, "invoice_no": "I1", "legal_entity": "BJ", "currency": "CNY", "amount": 10})
    mart(hub)
    assert hub.execute("select open_amount from mart.customer_invoice order by record_id").fetchall() == [
        (D(10),),
        (D(0),),
    ]


def test_the_360_row_tells_everything(hub):
    rows(
        hub,
        PARTY_NAME,
        {"record_id": 2, "name_no": 2, "kind": "alias", "display_name": "William", "name_script": "latin"},
    )
    rows(hub, PARTY_LINK, {"record_id": 401, "from_ref": "crm.account:3", "to_ref": A, "role": "contact_of"})
    rows(
        hub,
        PAIR,
        {
            "record_id_l": 1,
            "record_id_r": 2,
            "is_link": True,
            "levels": "phone=equal name=same_key email=missing location=different",
            "match_keys": "phone",
        },
    )
    for number, (record_id, day, amount) in enumerate([(101, DAY, 10), (102, DAY + timedelta(days=5), 20)]):
        rows(
            hub,
            SALES_ORDER,
            {
                "record_id": record_id,
                "party_ref": (A, B)[number],
                "currency": "CNY",
                "net_amount": amount,
                "ordered_on": day,
            },
        )
    invoice = {
        "party_ref": A,
        "kind": "invoice",
        "currency": "CNY",
        "invoiced_on": DAY,
        "net_amount": 100,
        "gross_amount": 113,
    }
    rows(
        hub,
        INVOICE,
        {"record_id": 201, "invoice_no": "I1", "due_on": AS_OF.date() - timedelta(days=1), **invoice},
        {"record_id": 202, "invoice_no": "I2", "due_on": AS_OF.date(), **invoice},
    )
    rows(
        hub,
        PAYMENT,
        {"record_id": 301, "party_ref": A, "invoice_no": "I1", "currency": "CNY", "amount": 13, "received_on": DAY},
    )
    rows(
        hub,
        OPPORTUNITY,
        {"record_id": 501, "party_ref": A, "outcome": "open", "currency": "CNY", "amount": 7, "close_on": DAY},
        {
            "record_id": 502,
            "party_ref": B,
            "outcome": "won",
            "currency": "CNY",
            "amount": 9,
            "created_at": JANUARY,
        },
        {"record_id": 503, "party_ref": B, "outcome": "lost", "currency": "CNY", "amount": 11, "close_on": DAY},
    )
    at = JANUARY
    rows(hub, ACTIVITY, {"record_id": 601, "contact_ref": A, "happened_at": at})
    rows(hub, SERVICE_CASE, {"record_id": 701, "party_ref": A}, {"record_id": 702, "party_ref": A, "closed_at": at})
    mart(hub)
    golden = fetch(hub, "select * from master.customer where master_id = $id", id=ids(hub)[1])[0]
    assert fetch(hub, "select * from mart.customer_360 where master_id = $id", id=ids(hub)[1]) == [
        {
            **golden,
            "aliases": "William | 李伟",
            "contact_count": 1,
            "order_count": 2,
            "order_amount": D(30),
            "first_order_on": DAY,
            "last_order_on": DAY + timedelta(days=5),
            "invoice_count": 2,
            "invoiced_amount": D(200),
            "open_amount": D(213),
            "overdue_amount": D(100),
            "payment_count": 1,
            "paid_amount": D(13),
            "last_payment_on": DAY,
            "opportunity_count": 3,
            "open_opportunity_amount": D(7),
            "won_opportunity_amount": D(9),
            "activity_count": 1,
            "last_activity_at": at,
            "open_case_count": 1,
            "match_key": "+name +phone",
        }
    ]


def test_only_the_day_makes_a_second_run_write(hub):
    rows(
        hub,
        INVOICE,
        {
            "record_id": 201,
            "party_ref": A,
            "currency": "CNY",
            "gross_amount": 113,
            "invoiced_on": DAY,
            "due_on": AS_OF.date(),
        },
    )
    mart(hub)
    again = mart(hub)
    assert (again.read, again.written) == (3, 0)
    next_day = mart(hub, AS_OF + timedelta(days=1))
    assert (next_day.read, next_day.written) == (3, 1)
    assert fetch(hub, "select entity, key from mart.change where seq = (select max(seq) from mart.change)") == [
        {"entity": "customer_360", "key": ids(hub)[1]}
    ]


amounts = st.lists(
    st.tuples(
        st.sampled_from([A, B, "crm.account:3", "crm.account:99", None]),
        st.sampled_from(["CNY", "USD", "XXX", None]),
        st.decimals(-1000, 1000, places=2),
        st.sampled_from(["I1", "I2", "I3", None]),
    ),
    max_size=6,
)


@settings(max_examples=5, deadline=None)
@given(amounts, amounts)
def test_no_money_gets_lost(billed, received):
    con = open_in_memory()
    for record_id, source in ((1, "crm"), (2, "erp"), (3, "crm")):
        party(con, record_id, source)
    cluster(con, {1, 2}, {3})
    rows(con, FX_RATE, {"record_id": 901, "currency": "USD", "valid_on": DAY, "rate": 7})
    for number, (ref, currency, amount, no) in enumerate(billed):
        common = {"party_ref": ref, "currency": currency}
        rows(con, SALES_ORDER, {"record_id": 100 + number, "net_amount": amount, **common})
        rows(con, INVOICE, {"record_id": 200 + number, "gross_amount": amount, "invoice_no": no or "I9", **common})
        rows(con, OPPORTUNITY, {"record_id": 500 + number, "amount": amount, **common})
    for number, (ref, currency, amount, no) in enumerate(received):
        rows(
            con,
            PAYMENT,
            {"record_id": 300 + number, "party_ref": ref, "currency": currency, "amount": amount, "invoice_no": no},
        )
    mart(con)
    for staged, marted, amount in (
        ("sales_order", "customer_order", "net_amount"),
        ("invoice", "customer_invoice", "gross_amount"),
        ("payment", "customer_payment", "amount"),
        ("opportunity", "customer_opportunity", "amount"),
    ):
        total = f"select currency, count(*), sum({amount}) from {{}} group by currency order by currency"
        assert (
            con.execute(total.format(f"staging.{staged}")).fetchall()
            == con.execute(total.format(f"mart.{marted}")).fetchall()
        )
    in_360 = con.execute("select sum(order_amount) from mart.customer_360").fetchone()
    known = con.execute(
        "select coalesce(sum(group_amount), 0) from mart.customer_order where master_id is not null"
    ).fetchone()
    assert in_360 == known
    con.close()


def test_an_invoice_to_a_collective_account_belongs_to_whoever_ordered(hub):
    rows(hub, SALES_ORDER, {"record_id": 101, "party_ref": A, "order_no": "O1"}, {"record_id": 102, "order_no": "O2"})
    rows(
        hub,
        INVOICE,
        {
            "record_id": 201,
            "party_ref": "finance.billing:F999",
            "order_no": "O1",
            "invoice_no": "I1",
            "kind": "invoice",
        },
        {
            "record_id": 202,
            "party_ref": "finance.billing:F999",
            "order_no": "O2",
            "invoice_no": "I2",
            "kind": "invoice",
        },
        {"record_id": 203, "party_ref": "crm.account:3", "order_no": "O1", "invoice_no": "I3", "kind": "invoice"},
    )
    rows(hub, PAYMENT, {"record_id": 301, "party_ref": "finance.billing:F999", "invoice_no": "I1"})
    mart(hub)
    customer = ids(hub)
    assert dict(hub.execute("select record_id, master_id from mart.customer_invoice").fetchall()) == {
        201: customer[1],
        202: None,
        203: customer[3],
    }
    assert hub.execute("select master_id from mart.customer_payment").fetchall() == [(customer[1],)]


def test_an_order_number_that_two_customers_use_tells_nothing(hub):
    rows(
        hub,
        SALES_ORDER,
        {"record_id": 101, "party_ref": A, "order_no": "O1"},
        {"record_id": 102, "party_ref": "crm.account:3", "order_no": "O1"},
    )
    rows(
        hub, INVOICE, {"record_id": 201, "party_ref": "x.y:1", "order_no": "O1", "invoice_no": "I1", "kind": "invoice"}
    )
    mart(hub)
    assert hub.execute("select master_id from mart.customer_invoice").fetchall() == [(None,)]
