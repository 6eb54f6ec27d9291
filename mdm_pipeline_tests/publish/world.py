"""A hub file with a small company in it, mastered and ready to be published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.hub.contract.hub import RUN
from mdm_pipeline.hub.contract.matching import PAIR
from mdm_pipeline.hub.contract.staging import INVOICE, PARTY_CONTACT_POINT, PAYMENT, SALES_ORDER, SALES_ORDER_LINE
from mdm_pipeline.mart import stage as mart
from mdm_pipeline.master import stage as master
from mdm_pipeline_tests.master.company import AS_OF, cluster, company, party, run
from mdm_pipeline_tests.rows import rows


def open_home(root: Path) -> tuple[Home, Hub]:
    """An empty home."""
    home = Home(root)
    home.create()
    return home, open_hub(home.hub_file, memory_limit="1GB")


def fill(con: DuckDBPyConnection, customers: int = 3) -> None:
    """Customer 1 has two records, an order with a line, an unpaid invoice and a payment; the others one record."""
    for record_id in range(1, customers + 2):
        party(con, record_id, "crm" if record_id % 2 else "erp", display_name=f"Name {record_id}")
    party(con, 9001, "fin", display_name="客户 9001")
    cluster(con, {1, 2}, *({r} for r in range(3, customers + 2)), {9001})
    rows(con, RUN, {"run_id": "run", "as_of": AS_OF.replace(tzinfo=None), "outcome": "running"})
    rows(
        con,
        PAIR,
        {"record_id_l": 1, "record_id_r": 2, "is_link": True, "levels": "name=same_key", "match_keys": "name"},
    )
    rows(
        con,
        PARTY_CONTACT_POINT,
        {"record_id": 1, "contact_no": 1, "kind": "phone", "value": "+8613900000001", "is_usable": True},
    )
    common = {"party_ref": "crm.account:1", "currency": "CNY", "source": "erp"}
    day = date(2026, 1, 10)
    rows(con, SALES_ORDER, {"record_id": 101, "order_no": "O1", "net_amount": 100, "ordered_on": day, **common})
    rows(con, SALES_ORDER_LINE, {"record_id": 111, "order_no": "O1", "source": "erp", "net_amount": 100})
    rows(con, INVOICE, {"record_id": 201, "invoice_no": "I1", "gross_amount": 113, "due_on": day, **common})
    rows(con, PAYMENT, {"record_id": 301, "currency": "CNY", "amount": 7})
    run(con, master.make_stage(company()))
    run(con, mart.make_stage(company()))
