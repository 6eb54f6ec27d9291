from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mdm_pipeline.demo import ErrorRates, crm, erp, finance
from mdm_pipeline.demo.generator import ONE_TIME, DemoReport, generate

Company = dict[str, pl.DataFrame]
RECORD_TABLES = {
    ("crm", "account"): ("crm.account", "account_id"),
    ("crm", "contact"): ("crm.contact", "contact_id"),
    ("erp", "customers"): ("erp.customers", "customer_no"),
    ("finance", "billing_customers"): ("finance.billing_customers", "客户编码"),
}


def test_the_tables_have_exactly_the_columns_of_their_systems(company: Company) -> None:
    assert {name: frame.columns for name, frame in company.items()} == {
        **{f"crm.{name}": columns.split() for name, columns in crm.COLUMNS.items()},
        "erp.customers": erp.CUSTOMER,
        "erp.orders": erp.ORDER,
        "erp.order_lines": [
            "order_no",
            "line_no",
            "product_no",
            "quantity",
            "unit",
            "unit_price",
            "discount_rate",
            "net_amount",
            "delivered_quantity",
        ],
        "finance.billing_customers": finance.BILLING,
        "finance.invoices": finance.INVOICE,
        "finance.payments": finance.PAYMENT,
        "truth": ["source", "table", "source_key", "truth_id", "party_type"],
    }


def test_the_truth_names_every_party_record_once(company: Company) -> None:
    named = {
        key: sorted(part["source_key"].to_list())
        for key, part in company["truth"].partition_by(["source", "table"], as_dict=True).items()
    }
    assert named == {key: sorted(company[name][column]) for key, (name, column) in RECORD_TABLES.items()}


def test_the_same_seed_gives_the_same_company_and_another_seed_another(
    tmp_path: Path, read: Callable[..., Company]
) -> None:
    reports = [generate(tmp_path / str(i), customers=150, seed=seed) for i, seed in enumerate((5, 5, 6))]
    first, again, other = (read(report.out) for report in reports)
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["crm.account"].equals(other["crm.account"])
    for name in (
        "truth.csv",
        "erp/customers.csv",
        "finance/fx_rates.csv",
        "finance/payments.xlsx",
        "generated.json",
    ):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes(), name


def test_a_wanted_number_of_records_is_met(tmp_path: Path, read: Callable[..., Company]) -> None:
    report = generate(tmp_path, records=700, seed=2)
    assert report.records == 700
    assert read(tmp_path)["truth"].height == 700
    assert json.loads((tmp_path / "generated.json").read_text())["records"] == 700


def test_a_wanted_number_of_customers_is_met(company: Company, company_report: DemoReport) -> None:
    real = company["truth"].filter(pl.col("truth_id").str.contains("^[PO]"))
    assert (company_report.customers, real["truth_id"].n_unique()) == (2000, 2000)


@pytest.mark.parametrize("arguments", [{}, {"customers": 5, "records": 5}, {"customers": 0}])
def test_a_size_is_given_in_one_way_only(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        generate(tmp_path, **arguments)


@pytest.mark.parametrize("customers", [1, 2, 5])
def test_the_smallest_companies_are_whole(tmp_path: Path, customers: int, read: Callable[..., Company]) -> None:
    report = generate(tmp_path, customers=customers, seed=customers)
    assert read(tmp_path)["truth"].height == report.records


def test_parties_have_one_to_four_records_about_two_on_average(company: Company) -> None:
    real = company["truth"].filter(pl.col("truth_id").str.contains("^[PO]"))
    sizes = real.group_by("truth_id").len()["len"]
    assert (sizes.min(), sizes.max()) == (1, 4)
    assert 2.1 < sizes.mean() < 2.3


def test_the_mix_is_two_thirds_persons_and_half_chinese(company: Company) -> None:
    share = (company["truth"]["party_type"] == "person").mean()
    chinese = (company["crm.account"]["country"] == "CN").mean()
    assert 0.60 <= share <= 0.70
    assert 0.45 <= chinese <= 0.55


def test_walk_in_test_and_internal_customers_join_nobody(company: Company) -> None:
    special = company["truth"].filter(pl.col("truth_id").str.starts_with("X"))
    assert special.height > 0
    assert special["truth_id"].is_unique().all()
    roles = company["crm.account"].filter(pl.col("role").is_in(["walk-in", "test", "internal"]))["account_id"]
    assert set(roles) == set(special.filter(pl.col("table") == "account")["source_key"])


def test_every_reference_points_to_a_row(company: Company) -> None:
    for child, column, parent, key in (
        ("crm.account", "parent_account_id", "crm.account", "account_id"),
        ("crm.account_contact", "account_id", "crm.account", "account_id"),
        ("crm.account_contact", "contact_id", "crm.contact", "contact_id"),
        ("crm.opportunity", "account_id", "crm.account", "account_id"),
        ("crm.opportunity_stage", "opportunity_id", "crm.opportunity", "opportunity_id"),
        ("crm.activity", "account_id", "crm.account", "account_id"),
        ("crm.service_case", "account_id", "crm.account", "account_id"),
        ("crm.account", "owner", "crm.sales_user", "user_name"),
        ("crm.lead", "account_id", "crm.account", "account_id"),
        ("crm.lead", "opportunity_id", "crm.opportunity", "opportunity_id"),
        ("crm.lead", "campaign_id", "crm.campaign", "campaign_id"),
        ("crm.campaign_member", "campaign_id", "crm.campaign", "campaign_id"),
        ("crm.campaign_member", "contact_id", "crm.contact", "contact_id"),
        ("crm.opportunity_contact", "opportunity_id", "crm.opportunity", "opportunity_id"),
        ("crm.opportunity_contact", "contact_id", "crm.contact", "contact_id"),
        ("crm.contract", "account_id", "crm.account", "account_id"),
        ("crm.contract", "opportunity_id", "crm.opportunity", "opportunity_id"),
        ("crm.installed_asset", "account_id", "crm.account", "account_id"),
        ("crm.consent", "contact_id", "crm.contact", "contact_id"),
        ("crm.sales_target", "owner", "crm.sales_user", "user_name"),
        ("erp.orders", "customer_no", "erp.customers", "customer_no"),
        ("erp.order_lines", "order_no", "erp.orders", "order_no"),
        ("finance.invoices", "order_no", "erp.orders", "order_no"),
        ("finance.invoices", "original_invoice_no", "finance.invoices", "invoice_no"),
        ("finance.payments", "invoice_no", "finance.invoices", "invoice_no"),
    ):
        given = set(company[child][column].drop_nulls())
        assert given <= set(company[parent][key]), (child, column)
    payers = set(company["finance.invoices"]["customer_code"])
    assert payers - set(company["finance.billing_customers"]["客户编码"]) <= {ONE_TIME}


def test_a_branch_is_a_party_of_its_own_below_its_head_office(company: Company) -> None:
    account = company["crm.account"].filter(pl.col("parent_account_id").is_not_null())
    truth = dict(company["truth"].filter(pl.col("table") == "account").select("source_key", "truth_id").iter_rows())
    assert account.height > 0
    assert all(truth[row["account_id"]] != truth[row["parent_account_id"]] for row in account.iter_rows(named=True))


def test_a_shop_owner_is_a_person_and_the_shop_an_organization(company: Company) -> None:
    owners = company["crm.account_contact"].filter(pl.col("role") == "owner")
    kinds = dict(company["truth"].select("source_key", "party_type").iter_rows())
    assert owners.height > 0
    assert {(kinds[row["account_id"]], kinds[row["contact_id"]]) for row in owners.iter_rows(named=True)} == {
        ("organization", "person")
    }


def test_an_order_is_the_sum_of_its_lines(company: Company) -> None:
    sums = company["erp.order_lines"].group_by("order_no").agg(total=pl.col("net_amount").sum())
    joined = company["erp.orders"].join(sums, on="order_no", how="full")
    assert (joined["net_amount"] == joined["total"]).all()


def test_an_order_is_delivered_as_its_status_says(company: Company) -> None:
    line = company["erp.order_lines"].join(company["erp.orders"].select("order_no", "status"), on="order_no")
    whole = line["status"].is_in(["delivered", "closed"])
    assert (line.filter(whole)["delivered_quantity"] == line.filter(whole)["quantity"]).all()
    rest = line.filter(~whole)
    assert (rest["delivered_quantity"] < rest["quantity"]).all()


def test_the_blue_invoices_of_an_order_add_up_to_it_and_gross_is_net_plus_tax(company: Company) -> None:
    invoice = company["finance.invoices"]
    assert (invoice["gross_amount"] == invoice["net_amount"] + invoice["tax_amount"]).all()
    billed = invoice.filter(pl.col("kind") == "blue").group_by("order_no").agg(net=pl.col("net_amount").sum())
    joined = billed.join(company["erp.orders"], on="order_no", how="inner")
    assert joined.height == billed.height
    assert (joined["net"] == joined["net_amount"]).all()


def test_a_credit_note_never_exceeds_its_invoice(company: Company) -> None:
    invoice = company["finance.invoices"]
    red = invoice.filter(pl.col("kind") == "red").join(
        invoice.select(original_invoice_no="invoice_no", original="net_amount"), on="original_invoice_no"
    )
    assert red.height > 0
    assert ((red["net_amount"] <= 0) & (-red["net_amount"] <= red["original"])).all()


def test_payments_and_fees_never_exceed_the_invoice(company: Company) -> None:
    paid = company["finance.payments"].group_by("invoice_no").agg(paid=(pl.col("amount") + pl.col("fee")).sum())
    joined = company["finance.invoices"].join(paid, on="invoice_no", how="inner")
    assert joined.height > 0
    assert (joined["paid"] <= joined["gross_amount"]).all()


def test_without_errors_the_names_of_a_person_agree_in_all_systems(
    tmp_path: Path, read: Callable[..., Company]
) -> None:
    exact = ErrorRates(**dict.fromkeys(ErrorRates.__dataclass_fields__, 0.0))
    generate(tmp_path, customers=200, seed=4, rates=exact)
    company = read(tmp_path)
    people = company["truth"].filter(pl.col("truth_id").str.starts_with("P"))
    billed = company["finance.billing_customers"].select(source_key="客户编码", name="发票抬头")
    held = company["crm.account"].select(source_key="account_id", name="account_name")
    named = (
        pl.concat([billed, held])
        .join(people, on="source_key")
        .with_columns(pl.col("name").str.replace(r" [A-Z]\. ", " "))
    )
    assert named.group_by("truth_id").agg(pl.col("name").n_unique())["name"].max() == 1


def test_other_databases_take_the_crm_by_url(tmp_path: Path, read: Callable[..., Company]) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    report = generate(tmp_path / "company", customers=20, seed=1, crm_url=url)
    assert not (tmp_path / "company" / "crm" / "crm.db").exists()
    assert read(report.out, url)["crm.account"].height == report.counts["crm.account"]
