from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mdm_pipeline.demo.generator import DemoReport
from mdm_pipeline.demo.next_day import next_day

Company = dict[str, pl.DataFrame]
KEY = {
    "crm.account": "account_id",
    "crm.contact": "contact_id",
    "erp.customers": "customer_no",
    "finance.billing_customers": "客户编码",
}
STAMP = {
    "crm.account": "updated_at",
    "crm.contact": "updated_at",
    "erp.customers": "changed_on",
    "finance.billing_customers": "更新时间",
}


@pytest.fixture(scope="module")
def night(
    tmp_path_factory: pytest.TempPathFactory, company_report: DemoReport, read: Callable[..., Company]
) -> tuple[Company, dict[str, dict[str, list[str]]]]:
    out = tmp_path_factory.mktemp("next")
    next_day(company_report.out, out, seed=1)
    return read(out), json.loads((out / "changes.json").read_text(encoding="utf-8"))["tables"]


@pytest.mark.parametrize("table", KEY)
def test_changes_lists_exactly_the_rows_that_differ(
    table: str, company: Company, night: tuple[Company, dict[str, dict[str, list[str]]]]
) -> None:
    after, changes = night
    key, noted = KEY[table], changes[table]
    before, now = company[table], after[table].unique(maintain_order=True)
    common = before.join(now, on=before.columns, how="semi", nulls_equal=True)[key]
    vanished = set(before[key]) - set(now[key])
    merged = {pair.split(">")[0] for pair in noted.get("merged", [])}
    assert vanished == set(noted.get("deleted", [])) | set(noted.get("absent", [])) | merged
    assert set(now[key]) - set(before[key]) == set(noted["inserted"])
    touched = set(noted["updated"]) | set(noted["updated_without_timestamp"]) | set(noted.get("parent_removed", []))
    assert set(before[key]) - set(common) - vanished == touched - vanished


@pytest.mark.parametrize("table", KEY)
def test_some_rows_change_with_and_some_without_a_new_time_stamp(
    table: str, company: Company, night: tuple[Company, dict[str, dict[str, list[str]]]]
) -> None:
    after, changes = night
    key, stamp = KEY[table], STAMP[table]
    both = company[table].select(key, old=stamp).join(after[table].select(key, new=stamp), on=key)
    newer = set(both.filter(pl.col("new") > pl.col("old"))[key])
    assert set(changes[table]["updated"]) - newer == set()
    assert newer & set(changes[table]["updated_without_timestamp"]) == set()
    assert changes[table]["updated_without_timestamp"]


def test_the_erp_snapshot_holds_rows_twice(night: tuple[Company, dict[str, dict[str, list[str]]]]) -> None:
    after, changes = night
    twice = after["erp.customers"].filter(pl.col("customer_no").is_duplicated())["customer_no"]
    assert set(twice) == set(changes["erp.customers"]["repeated"])


def test_orders_of_a_customer_merged_at_source_point_to_the_survivor(
    company: Company, night: tuple[Company, dict[str, dict[str, list[str]]]]
) -> None:
    after, changes = night
    survivors = dict(pair.split(">") for pair in changes["erp.customers"]["merged"])
    truth = dict(company["truth"].filter(pl.col("table") == "customers").select("source_key", "truth_id").iter_rows())
    assert survivors
    assert all(truth[gone] == truth[stays] for gone, stays in survivors.items())
    orders = company["erp.orders"].filter(pl.col("customer_no").is_in(list(survivors)))
    assert set(orders["order_no"]) == set(changes["erp.orders"]["repointed"])
    moved = after["erp.orders"].filter(pl.col("order_no").is_in(orders["order_no"].to_list()))
    assert set(moved["customer_no"]) <= set(survivors.values())


def test_late_orders_carry_an_earlier_date_and_are_billed_at_once(
    night: tuple[Company, dict[str, dict[str, list[str]]]],
) -> None:
    after, changes = night
    late = after["erp.orders"].filter(pl.col("order_no").is_in(changes["erp.orders"]["late"]))
    assert late.height > 0
    assert (late["order_date"] < late["changed_at"].dt.date()).all()
    assert set(late["order_no"]) <= set(after["finance.invoices"]["order_no"])


def test_the_truth_names_the_records_that_are_there(
    night: tuple[Company, dict[str, dict[str, list[str]]]],
) -> None:
    after, _ = night
    for (_, name), part in after["truth"].partition_by(["source", "table"], as_dict=True).items():
        table = next(table for table in KEY if table.endswith(f".{name}"))
        assert sorted(part["source_key"]) == sorted(after[table][KEY[table]].unique())


def test_in_place_gives_the_same_day_as_into_another_folder(
    tmp_path: Path,
    company_report: DemoReport,
    night: tuple[Company, dict[str, dict[str, list[str]]]],
    read: Callable[..., Company],
) -> None:
    import shutil

    shutil.copytree(company_report.out, tmp_path / "company")
    next_day(tmp_path / "company", tmp_path / "company", seed=1)
    here, there = read(tmp_path / "company"), night[0]
    assert all(here[name].equals(there[name]) for name in there)


def test_the_day_after_the_next_day_follows(
    tmp_path: Path, company_report: DemoReport, read: Callable[..., Company]
) -> None:
    next_day(company_report.out, tmp_path, seed=1)
    next_day(tmp_path, tmp_path, seed=1)
    listed = json.loads((tmp_path / "changes.json").read_text(encoding="utf-8"))
    assert listed["day"] == "2026-11-02"
    keys = read(tmp_path)["crm.account"]["account_id"]
    assert keys.is_unique().all()
