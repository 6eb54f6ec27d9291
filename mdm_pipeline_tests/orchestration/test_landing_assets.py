"""What people see of a source in the UI: kind, freshness, samples without personal data, warnings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.landing.lateness import late_tables
from mdm_pipeline.orchestration.assets.landing import landing_assets
from mdm_pipeline.orchestration.metadata.landed import landed_metadata, sample_rows
from mdm_pipeline_tests.landing.nights import DAY_ONE, crm, delivery, night

PARTY = {
    "type": {"otherwise": "person"},
    "names": [{"full": "name"}],
    "contact_points": [{"kind": "phone", "column": "id"}],
    "addresses": [{"raw": "street", "city": "city"}],
    "status": "status",
}


def company(*sources: dict[str, Any]) -> CompanyConfig:
    return CompanyConfig.model_validate({"name": "t", "data_dir": ".", "folder": Path(), "sources": list(sources)})


def source(kind: str = "files", name: str = "s", **more: Any) -> dict[str, Any]:
    connection = {"kind": "files", "folder": "in"} if kind == "files" else {"kind": "sql", "url": kind}
    table = {"key": ["id"], "party": PARTY, **more.pop("table", {})}
    return {"name": name, "connection": connection, "tables": {"t": table}, **more}


def spec(given: dict[str, Any]) -> dg.AssetSpec:
    (definition,) = landing_assets(company(given))
    return next(iter(definition.specs))


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (source("postgresql+psycopg2://reader:${PASSWORD}@db/crm"), "postgres"),
        (source("mysql+pymysql://reader@db/crm"), "mysql"),
        (source("sqlite:///crm.sqlite"), "sqlite"),
        (source("${CRM_URL}"), "sql"),
        (source(table={"files": ["buyers*.csv.gz"]}), "csv"),
        (source(table={"files": ["*.tsv"]}), "csv"),
        (source(table={"files": ["b.xlsx"]}), "excel"),
        (source(table={"files": ["b.jsonl"]}), "json"),
        (source(table={"files": ["b.dat"], "format": {"format": "parquet"}}), "parquet"),
    ],
)
def test_an_asset_shows_the_kind_of_its_source(given: dict[str, Any], kind: str) -> None:
    assert spec(given).kinds == {"duckdb", kind}


@pytest.mark.parametrize(
    ("expected", "policy"),
    [
        (
            {"every": "PT6H"},
            dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=6.6), fail_window=timedelta(hours=13.2)),
        ),
        (
            {"at": "06:30", "zone": "Asia/Shanghai"},
            dg.FreshnessPolicy.cron("30 6 * * *", timedelta(hours=23), timezone="Asia/Shanghai"),
        ),
        (
            {"at": "06:30", "zone": "America/New_York"},
            dg.FreshnessPolicy.cron("30 6 * * *", timedelta(hours=23), timezone="America/New_York"),
        ),
    ],
)
def test_the_expected_delivery_is_a_freshness_policy(expected: dict[str, str], policy: dg.FreshnessPolicy) -> None:
    given = source(table={"files": ["b.csv"]}, expected=expected)
    assert spec(given).freshness_policy == policy
    assert spec(given | {"enabled": False}).freshness_policy is None
    assert spec(source(table={"files": ["b.csv"]})).freshness_policy is None


def test_checks_tell_whether_a_source_is_taken_on_time_and_configured() -> None:
    definitions = landing_assets(
        company(
            source("sqlite:///a.sqlite", "a"),
            source("sqlite:///b.sqlite", "b", expected={"every": "P1D"}),
        )
    )
    assert [sorted(check.name for check in definition.check_specs) for definition in definitions] == [
        ["ledger_balances", "source_taken", "sources_are_configured"],
        ["ledger_balances", "source_is_on_time", "source_taken"],
    ]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("masked", {"id": "1***", "name": "张***", "street": "人***", "city": "上海", "status": "A", "note": "c***"}),
        ("open", {"id": "139", "name": "张三", "street": "人民路1号", "city": "上海", "status": "A", "note": "calls"}),
    ],
)
def test_a_sample_shows_no_personal_data_unless_the_configuration_says_so(
    con: DuckDBPyConnection, sample: str, expected: dict[str, str]
) -> None:
    row = {"id": "139", "name": "张三", "street": "人民路1号", "city": "上海", "status": "A", "note": "calls"}
    given = crm(event=None, party=PARTY, sample=sample)
    night(con, given, delivery(row))
    assert sample_rows(con, "crm", "account", given.tables["account"]) == [expected]
    metadata = landed_metadata(con, given, "account")
    assert (metadata["dagster/row_count"], metadata["last_delivery_inserted"]) == (1, 1)
    assert "张三" not in str(landed_metadata(con, crm(event=None, party=PARTY, sample="none"), "account"))


def late(con: DuckDBPyConnection, now: datetime, **expected: str) -> list[str]:
    configured = SourceConfig.model_validate({**crm().model_dump(exclude={"connection"}), "expected": expected,
                                              "connection": {"kind": "sql", "url": "sqlite:///x"}})  # fmt: skip
    return [str(each) for each in late_tables(con, [configured], now)]


def test_a_source_is_late_when_its_last_delivery_is_too_old(con: DuckDBPyConnection) -> None:
    assert late(con, DAY_ONE, every="P1D") == ["crm.account: never delivered"]
    night(con, crm(), delivery({"id": "1", "name": "a"}))  # 2026-03-01 02:00 UTC, 10:00 in Shanghai
    assert late(con, DAY_ONE + timedelta(hours=24, minutes=30), every="P1D") == []
    told = ["crm.account: last delivery 2026-03-01 02:00 UTC"]
    assert late(con, DAY_ONE + timedelta(hours=26), every="P1D") == told
    china = {"at": "12:00", "zone": "Asia/Shanghai"}
    assert late(con, datetime(2026, 3, 2, 3, 59, tzinfo=UTC), **china) == []  # 11:59: yesterday's noon counts
    assert late(con, datetime(2026, 3, 2, 4, 1, tzinfo=UTC), **china) == told
