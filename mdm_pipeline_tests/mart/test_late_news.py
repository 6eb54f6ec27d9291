"""What arrives late: rates, their corrections, merges at the source. The mart is then what a rebuild would make it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract.staging import FX_RATE, INVOICE, OPPORTUNITY, PARTY_REDIRECT, PAYMENT, SALES_ORDER
from mdm_pipeline.mart.stage import make_stage
from mdm_pipeline.master import stage as master
from mdm_pipeline_tests.master.company import AS_OF, cluster, company, party, run
from mdm_pipeline_tests.rows import rows

DAYS = [date(2026, 1, 1), date(2026, 1, 15), date(2026, 2, 1)]
AMOUNTS = (
    "select 'order', record_id, group_amount from mart.customer_order union all "
    "select 'invoice', record_id, group_amount from mart.customer_invoice union all "
    "select 'payment', record_id, group_amount from mart.customer_payment union all "
    "select 'opportunity', record_id, group_amount from mart.customer_opportunity order by all"
)
OWNERS = "select record_id, master_id from mart.customer_order order by all"


def with_events(con: DuckDBPyConnection) -> DuckDBPyConnection:
    """One event of each kind per day, 100 USD each; two customers."""
    party(con, 1, "crm", display_name="Li Wei")
    party(con, 2, "crm", display_name="Wang Fang")
    cluster(con, {1}, {2})
    kinds = ((SALES_ORDER, "ordered_on", "net_amount"), (INVOICE, "invoiced_on", "net_amount"))
    kinds += ((PAYMENT, "received_on", "amount"), (OPPORTUNITY, "close_on", "amount"))
    for number, (table, day, amount) in enumerate(kinds, start=1):
        event = {"currency": "USD", amount: 100}
        rows(con, table, *({"record_id": number * 100 + n, day: d} | event for n, d in enumerate(DAYS)))
    run(con, master.make_stage(company()), AS_OF)
    return con


def rate(con: DuckDBPyConnection, record_id: int, day: date, value: str | None) -> None:
    """A rate, new or corrected; none takes it back."""
    con.execute("delete from staging.fx_rate where record_id = $id", {"id": record_id})
    if value is not None:
        rows(con, FX_RATE, {"record_id": record_id, "currency": "USD", "valid_on": day, "rate": Decimal(value)})


def mart(con: DuckDBPyConnection) -> None:
    run(con, make_stage(company()), AS_OF, force_full=True)


@pytest.fixture
def hub(con: DuckDBPyConnection) -> DuckDBPyConnection:
    return with_events(con)


def test_a_late_rate_changes_the_amounts_from_its_day_on_and_no_others(hub: DuckDBPyConnection) -> None:
    rate(hub, 901, DAYS[0], "7")
    mart(hub)
    seen = hub.execute("select coalesce(max(seq), 0) from mart.change").fetchall()[0][0]
    rate(hub, 902, DAYS[1], "8")
    mart(hub)
    assert hub.execute(AMOUNTS).fetchall() == [
        (kind, number * 100 + n, Decimal(100 * value))
        for kind, number in (("invoice", 2), ("opportunity", 4), ("order", 1), ("payment", 3))
        for n, value in enumerate((7, 8, 8))
    ]
    changed = hub.execute(
        "select distinct key from mart.change where seq > $seq and entity = 'customer_order' order by 1", {"seq": seen}
    ).fetchall()
    assert changed == [("101",), ("102",)]


def test_a_corrected_rate_corrects_its_amounts(hub: DuckDBPyConnection) -> None:
    rate(hub, 901, DAYS[0], "7")
    mart(hub)
    rate(hub, 901, DAYS[0], "7.5")
    mart(hub)
    assert {amount for _, _, amount in hub.execute(AMOUNTS).fetchall()} == {Decimal(750)}


@settings(max_examples=3, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(901, 903), st.sampled_from(DAYS), st.sampled_from(["7", "7.1", "0.0485", None])),
        min_size=1,
        max_size=3,
    )
)
def test_rates_that_come_and_change_end_as_a_rebuild(news: list[tuple[int, date, str | None]]) -> None:
    by_steps, at_once = with_events(open_in_memory()), with_events(open_in_memory())
    for record_id, day, value in news:
        rate(by_steps, record_id, day, value)
        mart(by_steps)
        rate(at_once, record_id, day, value)
    mart(at_once)
    assert by_steps.execute(AMOUNTS).fetchall() == at_once.execute(AMOUNTS).fetchall()
    by_steps.close()
    at_once.close()


def test_orders_of_a_row_merged_at_its_source_follow_to_the_row_that_remained(hub: DuckDBPyConnection) -> None:
    hub.execute("update staging.sales_order set party_ref = 'crm.account:1' where record_id in (100, 101)")
    hub.execute("update staging.sales_order set party_ref = 'crm.account:77' where record_id = 102")
    mart(hub)
    one, two = (
        hub.execute("select master_id from master.xref where record_id = $id", {"id": n}).fetchall()[0][0]
        for n in (1, 2)
    )
    assert hub.execute(OWNERS).fetchall() == [(100, one), (101, one), (102, None)]
    redirects = [
        {"record_id": 1, "from_ref": "crm.account:1", "to_ref": "crm.account:2"},
        {"record_id": 77, "from_ref": "crm.account:77", "to_ref": "crm.account:2"},
    ]
    rows(hub, PARTY_REDIRECT, *redirects)
    mart(hub)
    assert hub.execute(OWNERS).fetchall() == [(100, two), (101, two), (102, two)]
    hub.execute("update staging.party_redirect set to_ref = 'crm.account:99'")
    mart(hub)
    assert hub.execute(OWNERS).fetchall() == [(100, one), (101, one), (102, None)]
