"""The real definitions on a small demo company: invariants only, values belong to the stages' own tests."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.evaluation import evaluate, read_truth
from mdm_pipeline.hub.connection import open_read_only
from mdm_pipeline.hub.contract import CHANGE_KEY_TYPES
from mdm_pipeline.hub.diff import diff
from mdm_pipeline.stewardship.store import Decision, DecisionStore
from mdm_pipeline_tests.end_to_end.conftest import Company
from mdm_pipeline_tests.rows import fetch


def ask(path: Path, sql: str) -> list[dict[str, object]]:
    con: DuckDBPyConnection = open_read_only(path)
    try:
        return fetch(con, sql)
    finally:
        con.close()


def one(path: Path, sql: str) -> object:
    (row,) = ask(path, sql)
    (value,) = row.values()
    return value


def changes(company: Company) -> int:
    union = " union all ".join(f"select count(*) as n from {schema}.change" for schema in CHANGE_KEY_TYPES)
    return int(str(one(company.home.hub_file, f"select sum(n) from ({union})")))


def test_the_run_succeeds_and_every_stage_took_part(company: Company) -> None:
    assert company.first_run.errors == ()
    assert company.first_run.held_back == ()
    assert company.first_run.success
    names = [outcome.stage for outcome in company.first_run.outcomes]
    assert sorted(names) == sorted(
        [
            "steward",
            "landing.crm",
            "landing.erp",
            "landing.finance",
            "staging",
            "quality",
            "matching",
            "master",
            "mart",
            "publish",
        ]
    )


def test_every_source_row_is_landed(company: Company) -> None:
    crm = sqlite3.connect(company.data / "crm" / "crm.db")
    for table in ("account", "contact", "account_contact", "opportunity", "activity", "service_case"):
        delivered = crm.execute(f"select count(*) from {table}").fetchone()[0]
        assert one(company.home.hub_file, f"select count(*) from landing.crm__{table}") == delivered
    crm.close()
    orders = pl.read_parquet(company.data / "erp" / "orders.parquet").height
    assert one(company.home.hub_file, "select count(*) from landing.erp__orders") == orders


def test_every_record_in_scope_is_in_one_cluster_and_one_crosswalk_row(company: Company) -> None:
    in_scope = one(
        company.home.hub_file,
        "select count(*) from staging.party where scope <> 'excluded' "
        "and record_id not in (select record_id from quality.quarantined)",
    )
    for table, condition in (("matching.cluster", "true"), ("master.xref", "is_current")):
        assert one(company.home.hub_file, f"select count(*) from {table} where {condition}") == in_scope
        assert (
            one(company.home.hub_file, f"select count(distinct record_id) from {table} where {condition}") == in_scope
        )


def test_money_in_the_published_file_is_the_money_of_the_sources(company: Company) -> None:
    published = company.home.published_file
    orders = pl.read_parquet(company.data / "erp" / "orders.parquet")
    assert one(published, "select count(*) from customer_order") == orders.height
    total = sum((Decimal(str(v)) for v in orders["net_amount"]), Decimal(0))
    assert one(published, "select sum(net_amount) from customer_order") == total
    crm = sqlite3.connect(company.data / "crm" / "crm.db")
    wanted = sum((Decimal(str(v)) for (v,) in crm.execute("select amount from opportunity")), Decimal(0))
    crm.close()
    assert one(published, "select sum(amount) from customer_opportunity") == wanted
    for table, file, column in (
        ("customer_invoice", "invoices", "gross_amount"),
        ("customer_payment", "payments", "amount"),
    ):
        sheet = pl.read_excel(company.data / "finance" / f"{file}.xlsx", infer_schema_length=0)
        wanted = sum((Decimal(str(v)) for v in sheet[column]), Decimal(0))
        assert one(published, f"select sum({column}) from {table}") == wanted
    assert one(published, "select sum(order_count) from customer_360") == one(
        published, "select count(*) from customer_order where master_id is not null"
    )


def test_every_golden_value_names_the_record_that_it_comes_from(company: Company) -> None:
    published = company.home.published_file
    orphans = one(
        published,
        "select count(*) from attribute_source as a where is_winner and not exists "
        "(select 1 from crosswalk as x where x.record_ref = a.record_ref and x.master_id = a.master_id)",
    )
    assert orphans == 0
    assert one(published, "select count(*) from customers where display_name is not null") == one(
        published, "select count(*) from attribute_source where attribute = 'display_name' and is_winner"
    )


def test_the_customers_are_nearly_those_of_the_truth(company: Company) -> None:
    con = open_read_only(company.home.published_file)
    predicted = con.execute(
        'select source, source_table as "table", source_key, master_id as cluster_id from crosswalk'
    ).pl()
    con.close()
    result = evaluate(predicted, read_truth(company.data / "truth.csv")).by_party_type
    assert result["person"].pairwise.f1 > 0.9
    assert result["organization"].pairwise.f1 > 0.9


def test_the_same_run_again_changes_nothing(company: Company, tmp_path: Path) -> None:
    again = company.copy_to(tmp_path)
    before = changes(again)
    result = again.run(as_of="2026-11-23")
    assert result.success
    assert changes(again) == before
    assert diff(company.home.hub_file, again.home.hub_file) == []
    assert {o.stage for o in result.outcomes if not o.is_skipped and o.report.written} == set()


def test_a_full_refresh_gives_the_same_tables(company: Company, tmp_path: Path) -> None:
    again = company.copy_to(tmp_path)
    before = changes(again)
    assert again.run(is_full=True, as_of="2026-11-23").success
    assert diff(company.home.published_file, again.home.published_file) == []
    assert changes(again) == before


def test_the_next_day_run_as_a_delta_equals_a_full_refresh(company: Company, tmp_path: Path) -> None:
    from mdm_pipeline import demo

    delta = company.copy_to(tmp_path / "delta")
    demo.next_day(delta.data, delta.data, seed=3)
    full = delta.copy_to(tmp_path / "full")
    assert delta.run().success
    assert full.run(is_full=True).success
    assert changes(delta) > changes(company)
    assert diff(delta.home.hub_file, full.home.hub_file) == []
    assert diff(delta.home.published_file, full.home.published_file) == []


def test_a_decision_splits_what_matching_joined_and_keeps_doing_so(company: Company, tmp_path: Path) -> None:
    copy = company.copy_to(tmp_path)
    joined = ask(
        copy.home.published_file,
        "select master_id, min(record_ref) a, max(record_ref) b from crosswalk group by master_id "
        "having count(*) = 2 order by master_id limit 1",
    )[0]
    store = DecisionStore(copy.home.decision_store_url)
    store.add(Decision("judgement", str(joined["a"]), "lin", str(joined["b"]), "no_match"))
    store.close()
    for as_of in ("2100-01-01", "2100-01-02"):
        assert copy.run(as_of=as_of).success
        owners = ask(
            copy.home.published_file,
            f"select record_ref, master_id from crosswalk where record_ref in ('{joined['a']}', '{joined['b']}')",
        )
        assert len({row["master_id"] for row in owners}) == 2
        assert joined["master_id"] in {row["master_id"] for row in owners}


def test_a_source_that_cannot_be_taken_is_held_back_and_the_others_go_on(company: Company, tmp_path: Path) -> None:
    copy = company.copy_to(tmp_path)
    customers = copy.data / "erp" / "customers.csv"
    header = customers.read_bytes().split(b"\n", 1)[0]
    customers.write_bytes(header + b"\n")
    crm = sqlite3.connect(copy.data / "crm" / "crm.db")
    crm.execute("update account set industry = 'changed' where account_id = (select min(account_id) from account)")
    crm.commit()
    crm.close()
    result = copy.run()
    assert result.success
    assert len(result.held_back) == 1
    assert "erp" in result.held_back[0]
    assert "customers" in result.held_back[0]
    assert one(copy.home.published_file, "select count(*) from crosswalk where source = 'erp'") == one(
        company.home.published_file, "select count(*) from crosswalk where source = 'erp'"
    )
    assert one(copy.home.hub_file, "select count(*) from staging.party where industry = 'changed'") == 1
    assert one(copy.home.hub_file, "select outcome from hub.run order by as_of desc limit 1") == "held_back"


def test_materializing_one_source_alone_loses_nothing_downstream(company: Company, tmp_path: Path) -> None:
    """What a user does in the UI: one source now, the rest with the next run."""
    import dagster as dg

    from mdm_pipeline.config.loader import load_company
    from mdm_pipeline.orchestration.build import build_defs

    copy = company.copy_to(tmp_path)
    crm = sqlite3.connect(copy.data / "crm" / "crm.db")
    crm.execute("update account set industry = 'alone' where account_id = (select max(account_id) from account)")
    crm.commit()
    crm.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MDM_DEMO_DATA", str(copy.data))
        job = build_defs(copy.home, load_company("demo")).resolve_job_def("nightly_sync")
        keys = [k for k in job.asset_layer.asset_graph.get_all_asset_keys() if k.path[-1].startswith("crm__")]
        result = job.execute_in_process(asset_selection=keys, instance=dg.DagsterInstance.ephemeral())
    assert result.success
    assert one(copy.home.hub_file, "select count(*) from staging.party where industry = 'alone'") == 0
    assert copy.run().success
    assert one(copy.home.hub_file, "select count(*) from staging.party where industry = 'alone'") == 1
