"""A business registry beside a company's own records: whom its rows join, and which invoices would be rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.sql import sql_text
from mdm_pipeline.mart import stage as mart
from mdm_pipeline.master import stage as master
from mdm_pipeline.matching import stage as matching
from mdm_pipeline.orchestration import checks
from mdm_pipeline.staging import stage as staging
from mdm_pipeline_tests.master.company import AS_OF, run
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import delete, land

SOURCES = """
- name: erp
  priority: 20
  connection: {kind: files, folder: erp}
  tables:
    customer:
      key: [id]
      party:
        type: {otherwise: organization}
        names: [{full: name}]
        identifiers: [{column: tax, scheme: auto}]
        billing: {title: title, tax_id: tax, legal_entity: books}
    orders:
      key: [number]
      event:
        entity: sales_order
        columns:
          order_no: number
          party_ref: {column: customer, party: erp.customer}
          net_amount: amount
          currency: {constant: CNY}
- name: registry
  priority: 1
  connection: {kind: files, folder: registry}
  tables:
    company:
      key: [code]
      party:
        type: {otherwise: organization}
        scope: {otherwise: reference}
        names: [{full: name}, {full: former, kind: former}]
        identifiers: [{column: code, scheme: cn_uscc}]
        status: status
        registration: {status: status, legal_representative: boss}
"""
ONE, TWO, THREE = "91110108551385082Q", "913101156311583262", "91440300708461136T"


def config() -> CompanyConfig:
    mastering: dict[str, Any] = {"attributes": {"status": {"strategies": ["source_priority"]}}}
    return CompanyConfig(
        name="test",
        data_dir=".",
        folder=".",
        group_currency="CNY",
        sources=yaml.safe_load(SOURCES),
        mastering=mastering,
    )


def night(con: DuckDBPyConnection) -> None:
    for room in (staging, matching, master, mart):
        run(con, room.make_stage(config()), AS_OF)


def customer(con: DuckDBPyConnection, number: int, name: str, tax: str | None, title: str | None = None) -> None:
    land(con, config(), "erp.customer", {number: {"name": name, "tax": tax, "title": title or name}})


def registered(
    con: DuckDBPyConnection, number: int, name: str, code: str, status: str = "存续", former: str = ""
) -> None:
    row = {"name": name, "code": code, "status": status, "former": former, "boss": "张伟"}
    land(con, config(), "registry.company", {number: row})


def findings(con: DuckDBPyConnection) -> list[dict[str, Any]]:
    return fetch(con, "select record_id, finding, registered_name from mart.billing_check order by record_id")


def clusters(con: DuckDBPyConnection) -> list[dict[str, Any]]:
    return fetch(con, "select record_id, cluster_id from matching.cluster order by record_id")


def test_a_registration_joins_the_customer_with_its_number_or_full_name_and_is_none_alone(
    con: DuckDBPyConnection,
) -> None:
    customer(con, 1, "中科软件", ONE)
    customer(con, 2, "上海大地物流有限公司", None)
    registered(con, 11, "北京中科软件有限公司", ONE)
    registered(con, 12, "上海大地物流有限公司", TWO)
    registered(con, 13, "深圳某某贸易有限公司", THREE)
    night(con)
    assert clusters(con) == [
        {"record_id": 1, "cluster_id": 1},
        {"record_id": 2, "cluster_id": 2},
        {"record_id": 11, "cluster_id": 1},
        {"record_id": 12, "cluster_id": 2},
    ]
    assert fetch(con, "select count(*) as customers from master.customer") == [{"customers": 2}]
    assert fetch(con, "select distinct status from master.customer") == [{"status": "存续"}]
    for check in ("records_are_in_one_cluster", "records_have_one_customer"):
        assert fetch(con, sql_text(Path(checks.__file__).parent / f"{check}.sql"))[0]["failures"] == 0


def test_another_number_is_another_company_whatever_its_name(con: DuckDBPyConnection) -> None:
    customer(con, 1, "上海大地物流有限公司", ONE)
    registered(con, 11, "上海大地物流有限公司", TWO)
    night(con)
    assert clusters(con) == [{"record_id": 1, "cluster_id": 1}]


def test_a_registration_leaves_with_the_last_record_of_its_customer(con: DuckDBPyConnection) -> None:
    customer(con, 1, "中科软件", ONE)
    registered(con, 11, "北京中科软件有限公司", ONE)
    night(con)
    delete(con, "erp.customer", 1)
    night(con)
    assert clusters(con) == []
    assert fetch(con, "select count(*) as customers from master.customer") == [{"customers": 0}]


@pytest.mark.parametrize(
    ("title", "tax", "status", "finding"),
    [
        ("北京中科软件有限公司", ONE, "存续", None),
        ("北京中科软件 有限公司", ONE, "存续", None),
        ("中科软件", ONE, "存续", "title_differs"),
        ("北京中科电脑有限公司", ONE, "存续", "title_is_former_name"),
        ("北京中科软件有限公司", ONE, "注销", "deregistered"),
        ("北京中科软件有限公司", ONE, "吊销，未注销", "revoked"),
        ("北京中科软件有限公司", None, "存续", "tax_id_missing"),
        ("南京山河贸易有限公司", TWO, "存续", "tax_id_unknown"),
    ],
)
def test_a_billing_profile_is_checked_against_the_registry(
    con: DuckDBPyConnection, title: str, tax: str | None, status: str, finding: str | None
) -> None:
    name = "南京山河贸易有限公司" if tax == TWO else "北京中科软件有限公司"
    customer(con, 1, name, tax, title)
    registered(con, 11, "北京中科软件有限公司", ONE, status, former="北京中科电脑有限公司")
    night(con)
    assert [row["finding"] for row in findings(con)] == ([finding] if finding else [])


def test_without_a_registry_nothing_is_checked(con: DuckDBPyConnection) -> None:
    customer(con, 1, "中科软件", ONE)
    night(con)
    assert findings(con) == []


def test_orders_that_are_not_invoiced_yet_are_at_stake_and_a_corrected_title_is_done(con: DuckDBPyConnection) -> None:
    customer(con, 1, "中科软件", ONE)
    registered(con, 11, "北京中科软件有限公司", ONE)
    land(con, config(), "erp.orders", {21: {"number": "O1", "customer": "k1", "amount": "120.50"}})
    night(con)
    assert fetch(
        con, "select finding, registered_name, open_order_amount::varchar as amount from mart.billing_check"
    ) == [{"finding": "title_differs", "registered_name": "北京中科软件有限公司", "amount": "120.50"}]
    customer(con, 1, "中科软件", ONE, "北京中科软件有限公司")
    night(con)
    assert findings(con) == []
