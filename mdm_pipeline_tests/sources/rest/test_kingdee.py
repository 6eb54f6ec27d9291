"""The shipped 金蝶云星空 template against a server that answers as its clients see it: full, incremental, deletion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline_tests.sources.rest.companies import company, land, ledger, live
from mdm_pipeline_tests.sources.rest.deliveries import read
from mdm_pipeline_tests.sources.rest.server import Service, serving
from mdm_pipeline_tests.sources.rest.services.kingdee import Kingdee, customer, order


@pytest.fixture
def kingdee() -> Kingdee:
    """2,100 customers (two pages), one order."""
    forms: dict[str, list[dict[str, Any]]] = {name: [] for name in ("BD_Supplier", "AR_receivable", "AR_RECEIVEBILL")}
    return Kingdee({**forms, "BD_Customer": [customer(n) for n in range(2100)], "SAL_SaleOrder": [order(1, 1)]})


@pytest.fixture
def service(kingdee: Kingdee) -> Iterator[Service]:
    with serving(kingdee.answer) as running:
        yield running


def test_three_nights_full_then_changes_then_deletions(
    con: DuckDBPyConnection, tmp_path: Path, kingdee: Kingdee, service: Service
) -> None:
    config = company(tmp_path, "kingdee_k3cloud", service)
    land(con, config)
    assert ledger(con, "customer") == [(2100, 2100, 0, 0, 0)]
    assert live(con, "kingdee__customer", "FCUSTID", "FName", "FINVOICEBANKACCOUNT", "FUseOrgId.FNumber")[1] == (
        "100001",
        "上海云帆1科技有限公司",
        "0012345678901234567",
        "100",
    )
    assert live(con, "kingdee__sales_order", "FBillNo", "FBillAmount") == [("XSDD000001", "1234567890.12")]
    assert kingdee.logins == 1

    service.calls.clear()
    rows = kingdee.forms["BD_Customer"]
    rows[3] = {**customer(3, "2026-06-01T12:00:00"), "FTEL": "010-10086"}
    rows[4] = {**customer(4, "2026-06-01T12:00:01"), "FForbidStatus": "B"}
    rows.append(customer(5000, "2026-06-01T12:00:02.5"))
    del rows[10]
    land(con, config, 2)
    assert ledger(con, "customer")[-1][1:4] == (1, 1, 2)  # deleted at the source, and forbidden
    first = next(c.body["data"] for c in service.calls if c.body.get("data", {}).get("FormId") == "BD_Customer")
    assert first["FilterString"] == "FModifyDate >= '2026-05-01 09:45:00'"
    assert len(live(con, "kingdee__customer", "FCUSTID")) == 2099


def test_a_session_that_is_lost_within_the_walk_is_opened_again(
    tmp_path: Path, kingdee: Kingdee, service: Service
) -> None:
    kingdee.lose_session_after = 3
    found = read(company(tmp_path, "kingdee_k3cloud", service).sources[0], table="customer")
    assert len(found.rows) == 2100
    assert kingdee.logins > 1


def test_a_field_that_the_form_lacks_is_an_error_inside_a_200(
    tmp_path: Path, kingdee: Kingdee, service: Service
) -> None:
    for row in kingdee.forms["BD_Customer"]:
        del row["FSOCIALCRECODE"]
    with pytest.raises(SourceHeldBack, match=r"kingdee: customer, page 1: .*error inside .*字段不存在"):
        read(company(tmp_path, "kingdee_k3cloud", service).sources[0], table="customer")
