"""From a web service to the published file: the Fxiaoke template through the product's own job, night after night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.orchestration.launcher import launch
from mdm_pipeline_tests.sources.rest.companies import company, environment
from mdm_pipeline_tests.sources.rest.server import serving
from mdm_pipeline_tests.sources.rest.services.fxiaoke import Fxiaoke, record

OTHERS = ["LeadsObj", "SalesOrderProductObj", "PaymentObj", "CasesObj"]


@pytest.mark.long
def test_customers_of_a_web_service_are_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["杭州云帆科技有限公司", "杭州云帆科技有限责任公司", "苏州明德贸易有限公司"]
    accounts = [record(n, name=name, tel=f"021-6288123{n % 2}") for n, name in enumerate(names)]
    order = record(1, account_id=accounts[2]["_id"], order_amount="1200.50", order_time=1_777_600_000_000)
    objects: dict[str, list[dict[str, Any]]] = {name: [] for name in OTHERS}
    objects |= {"AccountObj": accounts, "SalesOrderObj": [order], "NewOpportunityContactsObj": []}
    objects |= {"ContactObj": [record(9, name="张伟", account_id=accounts[0]["_id"])], "NewOpportunityObj": []}
    with serving(Fxiaoke(objects).answer) as service:
        for name, value in environment(service).items():
            monkeypatch.setenv(name, value)
        company(tmp_path / "company", "fxiaoke", service)
        home = tmp_path / "home"
        first = launch(home, str(tmp_path / "company"), as_of="2026-06-01")
        del accounts[1]
        second = launch(home, str(tmp_path / "company"), as_of="2026-06-02")
    assert (first.success, first.held_back, second.success, second.held_back) == (True, (), True, ())
    with open_read_only(Home(home).published_file) as con:
        customers = dict(con.execute("select display_name, order_count from customer_360").fetchall())
        orders = con.execute("select order_no, net_amount from customer_order").fetchall()
    assert {name: customers.get(name) for name in ("杭州云帆科技有限公司", "苏州明德贸易有限公司")} == {
        "杭州云帆科技有限公司": 0,
        "苏州明德贸易有限公司": 1,
    }
    assert [(number, str(amount)[:7]) for number, amount in orders] == [(order["_id"], "1200.50")]
