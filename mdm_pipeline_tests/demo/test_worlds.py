from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mdm_pipeline.demo import WORLDS, world, write_world

Company = dict[str, pl.DataFrame]
CUSTOMERS = {
    "father_and_son": 2,
    "branch_and_head_office": 2,
    "moved_and_renamed": 1,
    "switchboard": 4,
    "simplified_traditional": 2,
    "married_name": 2,
    "recycled_phone": 2,
    "group_tax_number": 3,
    "sole_trader_and_owner": 2,
    "li_wei_two_scripts": 2,
    "huawei_two_scripts": 2,
    "household": 3,
    "twins": 2,
    "joint_account": 3,
    "walk_in": 6,
}


def test_each_world_holds_the_customers_of_its_story() -> None:
    assert {name: len(set(each.truth.values())) for name, each in WORLDS.items()} == CUSTOMERS


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_written_as_it_is_told(name: str, tmp_path: Path, read: Callable[..., Company]) -> None:
    report = write_world(WORLDS[name], tmp_path)
    company = read(tmp_path)
    truth = {(row["table"], row["source_key"]): row["truth_id"] for row in company["truth"].iter_rows(named=True)}
    assert truth == WORLDS[name].truth
    assert report.records == len(truth)
    names = {
        **dict(company["crm.account"].select("account_id", "account_name").iter_rows()),
        **dict(company["crm.contact"].select("contact_id", "full_name").iter_rows()),
        **dict(company["erp.customers"].select("customer_no", "name1").iter_rows()),
        **dict(company["finance.billing_customers"].select("客户编码", "发票抬头").iter_rows()),
    }
    assert names == {record.key: record.name for record in WORLDS[name].records}


def test_the_shop_and_its_owner_are_linked(tmp_path: Path, read: Callable[..., Company]) -> None:
    write_world(world("sole_trader_and_owner"), tmp_path)
    links = read(tmp_path)["crm.account_contact"].select("account_id", "contact_id", "role").rows()
    assert links == [("A1", "C1", "owner")]


def test_an_unknown_world_is_refused_with_the_names_of_those_that_exist() -> None:
    with pytest.raises(KeyError, match="father_and_son"):
        world("nobody")
