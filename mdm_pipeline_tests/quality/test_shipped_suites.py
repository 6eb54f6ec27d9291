"""The suites that ship with the example companies load, and judge an empty and an honest hub."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
import yaml
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import QualityConfig
from mdm_pipeline.hub.contract.landing import source_table
from mdm_pipeline.hub.contract.staging import PARTY
from mdm_pipeline.hub.ddl import create_table
from mdm_pipeline.hub.worklist import Work
from mdm_pipeline.quality.stage import validate
from mdm_pipeline.quality.suites import checked_suites
from mdm_pipeline_tests.rows import rows

LANDED = {
    ("crm", "account"): ["account_id", "account_name"],
    ("erp", "customers"): ["customer_no", "name1"],
    ("finance", "billing_customers"): ["客户编码", "发票抬头"],
}


def shipped(company: str) -> QualityConfig:
    text = files("mdm_pipeline.config").joinpath("companies", company, "quality.yaml").read_text(encoding="utf-8")
    return QualityConfig.model_validate(yaml.safe_load(text))


@pytest.mark.parametrize("company", ["demo", "senzing_truthset"])
def test_every_shipped_suite_can_be_evaluated(con: DuckDBPyConnection, company: str):
    for (source, table), columns in LANDED.items():
        create_table(con, source_table(source, table, columns))
    config = shipped(company)

    report = validate(con, config, Work("quality", 1, True, ("staging",), 0), datetime(2026, 11, 23, tzinfo=UTC))

    assert list(report.held_back) == []
    assert con.execute("select distinct outcome from quality.validation_run").fetchall() == [("passed",)]


def test_the_demo_quarantines_rubbish_and_nobody_else(con: DuckDBPyConnection):
    honest = [
        "王伟",
        "测试仪器有限公司",
        "Test Rite GmbH",
        "无锡药明",
        "3M中国有限公司",
        "Xu",
        "Null Systems Ltd",
        "Na",
    ]
    rubbish = [
        "???",
        "13800000000",
        "测试客户",
        "测试123",
        "TEST - DO NOT USE",
        "Test Test",
        "N/A",
        "暂无",
        "xxx",
    ]
    names = honest + rubbish
    rows(
        con,
        PARTY,
        *(
            {"record_id": n, "name_original": name, "name_norm": norm(name), "scope": "match"}
            for n, name in enumerate(names)
        ),
        {"record_id": 90, "name_original": "Ann", "scope": "match", "birth_on": date(2031, 1, 1)},
        {"record_id": 91, "name_original": "Test", "name_norm": "test", "scope": "excluded"},
    )
    config = shipped("demo")
    only_party = config.model_copy(update={"suites": {"party": config.suites["party"]}})
    assert checked_suites(only_party)

    validate(con, only_party, Work("quality", 1, True, ("staging",), 0), datetime(2026, 11, 23, tzinfo=UTC))

    waiting = [n for (n,) in con.execute("select record_id from quality.quarantined order by 1").fetchall()]
    assert [names[n] if n < 90 else n for n in waiting] == [*rubbish, 90]


def norm(name: str) -> str:
    """As staging folds names: lower case, punctuation gone."""
    return re.sub(r"\W+", " ", name.lower()).strip()
