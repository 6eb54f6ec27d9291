"""The demo company as a whole: parties, their records in three systems, business events, truth.

In: a number of customers or records and a seed.
Out: the folders crm, erp, finance, and `truth.csv`, `generated.json`.
Invariant: the same arguments give the same content; work is done in chunks of parties, memory stays bounded.
What does not belong here: the following day (`next_day`) and the small named worlds (`worlds`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from mdm_pipeline.demo import crm, erp, finance, sales
from mdm_pipeline.demo.calendar import TODAY
from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.organization_records import organization_records
from mdm_pipeline.demo.organizations import organizations
from mdm_pipeline.demo.person_records import RECORD, person_records
from mdm_pipeline.demo.persons import persons
from mdm_pipeline.demo.placement import (
    ORGANIZATION_PATTERNS,
    PERSON_PATTERNS,
    SOURCES,
    TABLES,
    mean_records,
    place,
)
from mdm_pipeline.demo.sinks import CsvSink, DatabaseSink, ParquetSink, SheetSink
from mdm_pipeline.demo.special import joint_accounts, special_records
from mdm_pipeline.demo.tables import Rows, table

VERSION = 1
CHUNK = 200_000
PERSON_SHARE = 0.66
PREFIX = {"account": "A", "contact": "C", "customers": "K", "billing_customers": "F"}
ONE_TIME = "F9999999"
TRUTH = ["source", "table", "source_key", "truth_id", "party_type"]


@dataclass(frozen=True)
class DemoReport:
    """What was written where.

    Attributes:
        out: the folder.
        seed: the seed it was made from.
        customers: true parties (persons and organizations; walk-in, test and internal ones not counted).
        records: party records over all systems.
        counts: rows per table, named `system.table`.
    """

    out: Path
    seed: int
    customers: int
    records: int
    counts: dict[str, int] = field(default_factory=dict)


class Target(Protocol):
    """Where tables go: the files of three systems, or memory."""

    def write(self, name: str, frame: pl.DataFrame) -> None:
        """Append rows to a table named `system.table`."""

    def start(self, prefix: str) -> int:
        """The next running number of the keys with this prefix."""


class Delivery:
    """The open files of the three systems and of the truth."""

    def __init__(self, out: Path, crm_url: str | None) -> None:
        for folder in ("crm", "erp", "finance"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        if crm_url is None:
            (out / "crm" / "crm.db").unlink(missing_ok=True)
        self.crm = DatabaseSink(crm_url or f"sqlite:///{out / 'crm' / 'crm.db'}", crm.metadata())
        self.files: dict[str, CsvSink | ParquetSink | SheetSink] = {
            "erp.customers": CsvSink(out / "erp" / "customers.csv", encoding="gb18030"),
            "erp.products": CsvSink(out / "erp" / "products.csv"),
            "erp.legal_entities": CsvSink(out / "erp" / "legal_entities.csv"),
            "erp.business_units": CsvSink(out / "erp" / "business_units.csv"),
            "erp.employees": CsvSink(out / "erp" / "employees.csv"),
            "erp.orders": ParquetSink(out / "erp" / "orders.parquet"),
            "erp.order_lines": ParquetSink(out / "erp" / "order_lines.parquet"),
            "finance.billing_customers": SheetSink(out / "finance", "billing_customers"),
            "finance.invoices": SheetSink(out / "finance", "invoices"),
            "finance.payments": SheetSink(out / "finance", "payments"),
            "finance.fx_rates": CsvSink(out / "finance" / "fx_rates.csv"),
            "truth": CsvSink(out / "truth.csv"),
        }

    def write(self, name: str, frame: pl.DataFrame) -> None:
        """Append rows to `crm.<table>` or to one of the files."""
        if name.startswith("crm."):
            self.crm.write(name.removeprefix("crm."), frame)
        else:
            self.files[name].write(frame)

    def start(self, prefix: str) -> int:
        """The next running number of a kind of row."""
        names = {
            "OP": "opportunity",
            "AC": "activity",
            "SC": "service_case",
            "A": "account",
            "C": "contact",
            "LD": "lead",
            "HT": "contract",
            "EQ": "installed_asset",
            "CS": "consent",
        }
        if prefix in names:
            return self.crm.rows[names[prefix]] + 1
        files = {
            "K": "erp.customers",
            "F": "finance.billing_customers",
            "SO": "erp.orders",
            "IV": "finance.invoices",
        }
        return self.files[{**files, "PM": "finance.payments"}[prefix]].rows + 1

    def close(self) -> dict[str, int]:
        """Finish all files.

        Returns:
            Rows per table.
        """
        self.crm.close()
        for sink in self.files.values():
            sink.close()
        counts = {f"crm.{name}": rows for name, rows in self.crm.rows.items()}
        return counts | {name: sink.rows for name, sink in self.files.items()}


def generate(
    out: Path,
    *,
    customers: int | None = None,
    records: int | None = None,
    seed: int = 1,
    crm_url: str | None = None,
    rates: ErrorRates | None = None,
) -> DemoReport:
    """Write the demo company.

    Args:
        out: the folder; files of an earlier run in it are replaced.
        customers: how many true parties; either this or `records`.
        records: how many party records over all systems (accounts, contacts, ERP and billing customers).
        seed: the same seed gives the same company.
        crm_url: a SQLAlchemy URL for the CRM in place of `OUT/crm/crm.db`; its tables are replaced.
        rates: how often each error occurs.

    Returns:
        Where and how much was written.

    Raises:
        ValueError: both or neither of `customers` and `records` are given, or the number is not positive.
    """
    if (customers is None) == (records is None):
        raise ValueError("generate: expected either customers or records, exactly one of the two")
    wanted = customers if customers is not None else records
    if wanted is None or wanted < 1:
        raise ValueError(f"generate: {wanted} customers or records; expected at least 1")
    rates = rates or ErrorRates()
    delivery = Delivery(out, crm_url)
    deliver_once(np.random.default_rng([seed, 999_998]), delivery)
    delivery.write("finance.fx_rates", finance.fx_rates(np.random.default_rng([seed, 999_999])))
    parties = customers if customers is not None else round(wanted / _mean_records() * 1.01) + 40
    made, left = 0, records
    for number, first in enumerate(range(0, parties, CHUNK)):
        count = min(CHUNK, parties - first)
        rng = np.random.default_rng([seed, number])
        recorded = chunk_records(rng, count, first, rates, is_first=number == 0)
        if left is not None and recorded.height > left:
            recorded = _cut(rng, recorded, left)
        if left is not None:
            left -= recorded.height
        made += recorded.filter(pl.col("truth_id").str.contains("^[PO]"))["truth_id"].n_unique()
        deliver(rng, recorded, delivery, rates)
        if left == 0:
            break
    counts = delivery.close()
    total = sum(counts[name] for name in ("crm.account", "crm.contact", "erp.customers", "finance.billing_customers"))
    report = DemoReport(out, seed, made, total, counts)
    described = {
        "version": VERSION,
        "seed": seed,
        "today": TODAY.isoformat(),
        "customers": made,
        "records": total,
        "party_counter": parties,
        "counts": counts,
    }
    (out / "generated.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return report


def _mean_records() -> float:
    return PERSON_SHARE * mean_records(PERSON_PATTERNS) + (1 - PERSON_SHARE) * mean_records(ORGANIZATION_PATTERNS)


def chunk_records(
    rng: np.random.Generator, count: int, first: int, rates: ErrorRates, *, is_first: bool
) -> pl.DataFrame:
    """All records of one chunk of parties, in random order, each with `truth_id`, links and role."""
    people_count = max(round(count * PERSON_SHARE), 1)
    people = persons(rng, people_count, rates)
    companies = organizations(rng, max(count - people_count, 1), people, rates, known=20 if is_first else 0)
    placed_companies = place(rng, companies.height, ORGANIZATION_PATTERNS)
    placed_people = place(rng, people.height, PERSON_PATTERNS)
    with_account = placed_companies.filter(pl.col("table") == "account")["party"].unique(maintain_order=True)
    employer = _employers(rng, people, companies, with_account.to_numpy())
    person = person_records(rng, people, placed_people, companies, employer, rates).with_columns(
        truth_id="P" + (pl.col("party") + first).cast(pl.String).str.zfill(7),
        party_type=pl.lit("person"),
        parent=pl.lit(-1, dtype=pl.Int64),
        owner=pl.lit(-1, dtype=pl.Int64),
        domain=pl.lit(None, dtype=pl.String),
        industry=pl.lit(None, dtype=pl.String),
    )
    company = organization_records(rng, companies, placed_companies, rates)
    of = companies[company["party"]]
    company = company.with_columns(
        truth_id="O" + (pl.col("party") + first).cast(pl.String).str.zfill(7),
        party_type=pl.lit("organization"),
        parent=of["parent"],
        owner=of["owner"],
        domain=of["domain"],
        industry=of["industry"],
    )
    columns = [*RECORD, "truth_id", "party_type", "parent", "owner", "domain", "industry", "role"]
    every = pl.concat([person, company]).with_columns(role=_roles(rng, person.height + company.height)).select(columns)
    more = [joint_accounts(rng, people, rates, first), special_records(rng, count, rates, first)]
    every = pl.concat([every, *[frame.select(columns) for frame in more]])
    return every[rng.permutation(every.height)]


def _roles(rng: np.random.Generator, count: int) -> pl.Series:
    roles = np.array(["customer", "prospect", "partner", "supplier"], dtype=object)
    return pl.Series(roles[rng.choice(4, count, p=[0.78, 0.14, 0.04, 0.04])], dtype=pl.String)


def _employers(rng: np.random.Generator, people: pl.DataFrame, companies: pl.DataFrame, known: Rows) -> Rows:
    """Per person a company of the same country that has an account; few companies employ many of them."""
    employer = np.full(people.height, -1, dtype=np.int64)
    country_of = companies["country"].to_numpy()[known] if len(known) else np.array([], dtype=object)
    for code in people["country"].unique().sort():
        staff = np.flatnonzero((people["country"] == code).to_numpy())
        here = rng.permutation(known[country_of == code])
        if len(here):
            chosen = (rng.random(len(staff)) ** 1.7 * len(here)).astype(np.int64)
            employer[staff] = here[chosen]
    return employer


def _cut(rng: np.random.Generator, recorded: pl.DataFrame, left: int) -> pl.DataFrame:
    """Leave out random records until the wanted number is reached."""
    kept = np.sort(rng.permutation(recorded.height)[:left])
    return recorded[kept]


def deliver(rng: np.random.Generator, recorded: pl.DataFrame, delivery: Target, rates: ErrorRates) -> None:
    """Number the records of each table and write every table of the three systems."""
    parts = {}
    for name in TABLES.values():
        part = recorded.filter(pl.col("table") == name)
        start = delivery.start(PREFIX[name])
        parts[name] = part.with_columns(key=crm.keys(PREFIX[name], start, part.height))
        delivery.write("truth", truth_of(parts[name]))
    _deliver_crm(rng, parts["account"], parts["contact"], delivery, rates)
    billing = finance.billing_customers(rng, parts["billing_customers"])
    delivery.write("finance.billing_customers", billing)
    customer = erp.customers(rng, parts["customers"])
    delivery.write("erp.customers", customer)
    order, line = erp.orders(rng, customer, delivery.start("SO"))
    delivery.write("erp.orders", order.select(erp.ORDER))
    delivery.write("erp.order_lines", line)
    payer = _payers(order["customer_no"], parts["customers"], parts["billing_customers"])
    invoice = finance.invoices(rng, order, payer, delivery.start("IV"), ONE_TIME)
    delivery.write("finance.invoices", invoice.select(finance.INVOICE))
    buyer = (
        parts["customers"]
        .select(customer_no="key", title="name")
        .join(order.select("order_no", "customer_no"), on="customer_no", how="right", maintain_order="right")
    )
    delivery.write("finance.payments", finance.payments(rng, invoice, billing, buyer, delivery.start("PM")))


def deliver_once(rng: np.random.Generator, delivery: Target) -> None:
    """What the company has once: its own companies, units, people, products, campaigns, targets."""
    for name in ("products", "legal_entities", "business_units", "employees"):
        delivery.write(f"erp.{name}", table(name))
    delivery.write("crm.sales_user", sales.sales_users())
    delivery.write("crm.campaign", sales.campaigns(rng))
    delivery.write("crm.sales_target", sales.sales_targets())


def deliver_sales(
    rng: np.random.Generator,
    delivery: Target,
    account: pl.DataFrame,
    contact: pl.DataFrame,
    links: pl.DataFrame,
    opportunity: pl.DataFrame,
) -> None:
    """What the sales department keeps of these accounts and contacts."""
    for name, frame in (
        ("lead", sales.leads(rng, account, opportunity, delivery.start("LD"))),
        ("campaign_member", sales.campaign_members(rng, contact)),
        ("opportunity_contact", sales.opportunity_contacts(rng, links, opportunity)),
        ("contract", sales.contracts(rng, opportunity, delivery.start("HT"))),
        ("installed_asset", sales.installed_assets(rng, account, delivery.start("EQ"))),
        ("consent", sales.consents(rng, contact, delivery.start("CS"))),
    ):
        delivery.write(f"crm.{name}", frame)


def truth_of(part: pl.DataFrame) -> pl.DataFrame:
    """The rows of `truth.csv` for records with keys."""
    return part.select(
        source=pl.col("table").replace_strict(SOURCES), table="table", source_key="key", truth_id="truth_id",
        party_type="party_type",
    )  # fmt: skip


def _payers(customer_no: pl.Series, customers: pl.DataFrame, billing: pl.DataFrame) -> pl.Series:
    """Per order the billing customer of the same true party, or null."""
    code = billing.unique("truth_id", keep="first", maintain_order=True).select("truth_id", payer="key")
    known = customers.select("truth_id", customer_no="key").join(code, on="truth_id", how="left")
    return customer_no.to_frame().join(known, on="customer_no", how="left", maintain_order="left")["payer"]


def _deliver_crm(
    rng: np.random.Generator,
    account: pl.DataFrame,
    contact: pl.DataFrame,
    delivery: Target,
    rates: ErrorRates,
) -> None:
    """Accounts with their parents, contacts, who belongs to whom, and what happened."""
    companies = account.filter(pl.col("truth_id").str.starts_with("O"))
    first_of = companies.unique("party", keep="first", maintain_order=True)
    parent = account.select("parent").join(
        first_of.select(parent="party", parent_account_id="key"),
        on="parent",
        how="left",
        maintain_order="left",
    )
    accounts = crm.accounts(
        rng, account.with_columns(parent_account_id=parent["parent_account_id"]), rates.missing_kind
    )
    delivery.write("crm.account", accounts)
    contacts = crm.contacts(rng, contact)
    delivery.write("crm.contact", contacts)
    links = crm.account_contacts(rng, _links(rng, account, contact, first_of))
    opportunity, stage = crm.opportunities(rng, accounts, delivery.start("OP"))
    activity = crm.activities(rng, links, accounts, delivery.start("AC"))
    service_case = crm.service_cases(rng, links, accounts, delivery.start("SC"))
    for name, frame in (
        ("account_contact", links),
        ("opportunity", opportunity),
        ("opportunity_stage", stage),
        ("activity", activity),
        ("service_case", service_case),
    ):
        delivery.write(f"crm.{name}", frame)
    # Numbers of their own: what is drawn here changes nothing of what parties and their records are.
    deliver_sales(rng.spawn(1)[0], delivery, accounts, contacts, links, opportunity)


def _links(
    rng: np.random.Generator, account: pl.DataFrame, contact: pl.DataFrame, first_of: pl.DataFrame
) -> pl.DataFrame:
    """Pairs of account and contact: employees, shop owners, persons with an account of their own."""
    office = first_of.select(employer="party", account_id="key")
    roles = np.array(["buyer", "decision maker", "finance", "technical", "user"], dtype=object)
    employees = contact.select("employer", contact_id="key").join(
        office, on="employer", how="inner", maintain_order="left"
    )
    employees = employees.with_columns(
        role=pl.Series(roles[rng.integers(0, 5, employees.height)], dtype=pl.String)
    ).select("account_id", "contact_id", "role")
    person = contact.select("truth_id", "party", contact_id="key")
    own = account.filter(pl.col("party_type") == "person").select("truth_id", account_id="key")
    own = person.join(own, on="truth_id", how="inner", maintain_order="left")
    own = own.filter(pl.Series(spread(rng, own.height, 0.8)))
    shops = account.filter(pl.col("owner") >= 0).select(party="owner", account_id="key")
    owners = person.filter(pl.col("truth_id").str.starts_with("P")).join(
        shops, on="party", how="inner", maintain_order="left"
    )
    return pl.concat(
        [
            employees,
            own.select("account_id", "contact_id", role=pl.lit("self")),
            owners.select("account_id", "contact_id", role=pl.lit("owner")),
        ]
    )
