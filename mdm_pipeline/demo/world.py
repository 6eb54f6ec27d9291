"""Small named worlds: what one is made of, and how it becomes the files of three systems.

In: a `World` of a few plain records with truth.
Out: the same folders that `generate` writes, for that world only.
Invariant: every cell of a party record is written exactly as the world states it, without random errors.
What does not belong here: the stories themselves (`worlds`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl

from mdm_pipeline.demo import crm, erp, finance
from mdm_pipeline.demo.calendar import TODAY
from mdm_pipeline.demo.generator import (
    ONE_TIME,
    VERSION,
    Delivery,
    DemoReport,
    deliver_once,
    deliver_sales,
    truth_of,
)


@dataclass(frozen=True)
class PartyRecord:
    """One record of one system.

    Attributes:
        table: account, contact, customers (ERP) or billing_customers (finance).
        key: the record's key in that table.
        truth_id: the party it describes; a P for persons, an O for organizations, an X for what joins nobody.
        kind: P person, O organization, S sole trader's shop.
        second_name: the name in the other script.
        works_for: of a contact, the accounts it belongs to.
        link_role: the role of those links.
        parent: of an account, the parent account.
    """

    table: str
    key: str
    truth_id: str
    kind: str
    name: str
    country: str = "CN"
    second_name: str | None = None
    first: str | None = None
    last: str | None = None
    gender: str | None = None
    birth: str | None = None
    mobile: str | None = None
    phone: str | None = None
    email: str | None = None
    tax: str | None = None
    province: str | None = None
    city: str | None = None
    address: str | None = None
    postcode: str | None = None
    former_name: str | None = None
    domain: str | None = None
    industry: str | None = None
    role: str = "customer"
    parent: str | None = None
    works_for: tuple[str, ...] = ()
    link_role: str = "buyer"

    @property
    def party_type(self) -> str:
        """Person or organization, as in `truth.csv`."""
        return "person" if self.kind == "P" else "organization"


@dataclass(frozen=True)
class World:
    """A story that a person would tell, as records with truth.

    Attributes:
        name: the name that tests use.
        title_en: what it is called in English docs.
        title_zh: what it is called in Chinese docs.
        story: what is true, in two or three sentences.
        records: the party records of all systems.
    """

    name: str
    title_en: str
    title_zh: str
    story: str
    records: tuple[PartyRecord, ...]

    @property
    def truth(self) -> dict[tuple[str, str], str]:
        """The truth id of every record, by table and key."""
        return {(record.table, record.key): record.truth_id for record in self.records}


def write_world(world: World, out: Path, *, crm_url: str | None = None) -> DemoReport:
    """Write one small world as the files of the three systems.

    Every ERP customer has one delivered order, with its invoice and payment, so that all tables have rows.

    Args:
        world: one of `worlds.WORLDS`.
        out: the folder; files of an earlier run in it are replaced.
        crm_url: a SQLAlchemy URL for the CRM in place of `OUT/crm/crm.db`.

    Returns:
        Where and how much was written.
    """
    rng = np.random.default_rng(sum(world.name.encode()))
    delivery = Delivery(out, crm_url)
    deliver_once(rng.spawn(1)[0], delivery)
    delivery.write("finance.fx_rates", finance.fx_rates(rng))
    parts = {name: _frame(world, name) for name in ("account", "contact", "customers", "billing_customers")}
    for part in parts.values():
        delivery.write("truth", truth_of(part))
    account = crm.accounts(rng, parts["account"].with_columns(parent_account_id="parent"), missing_kind=0.0)
    delivery.write("crm.account", account)
    contact = crm.contacts(rng, parts["contact"], only_full=0.0, only_parts=0.0, wechat=0.0)
    delivery.write("crm.contact", contact)
    links = crm.account_contacts(rng, _links(world))
    opportunity, stage = crm.opportunities(rng, account, 1)
    for name, frame in (
        ("account_contact", links),
        ("opportunity", opportunity),
        ("opportunity_stage", stage),
        ("activity", crm.activities(rng, links, account, 1)),
        ("service_case", crm.service_cases(rng, links, account, 1)),
    ):
        delivery.write(f"crm.{name}", frame)
    deliver_sales(rng.spawn(1)[0], delivery, account, contact, links, opportunity)
    _write_business(rng, world, parts, delivery)
    counts = delivery.close()
    customers = len({record.truth_id for record in world.records if not record.truth_id.startswith("X")})
    described = {
        "version": VERSION,
        "seed": 0,
        "world": world.name,
        "today": TODAY.isoformat(),
        "customers": customers,
        "records": len(world.records),
        "party_counter": customers,
        "counts": counts,
    }
    (out / "generated.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return DemoReport(out, 0, customers, len(world.records), counts)


def _write_business(rng: np.random.Generator, world: World, parts: dict[str, pl.DataFrame], delivery: Delivery) -> None:
    """ERP and finance: customers as stated, one order each, its invoice and payment."""
    billing = finance.billing_customers(rng, parts["billing_customers"], verbatim=True)
    delivery.write("finance.billing_customers", billing)
    customer = erp.customers(rng, parts["customers"], parted_names=0.0)
    delivery.write("erp.customers", customer)
    order, line = erp.one_order_each(rng, customer)
    delivery.write("erp.orders", order.select(erp.ORDER))
    delivery.write("erp.order_lines", line)
    payer_of = {r.truth_id: r.key for r in reversed(world.records) if r.table == "billing_customers"}
    truth_of_customer = {r.key: r.truth_id for r in world.records if r.table == "customers"}
    payer = [payer_of.get(truth_of_customer[number], ONE_TIME) for number in order["customer_no"]]
    issued = order["order_date"].cast(pl.Int32).to_numpy() + 3
    invoice = finance.invoice_rows(
        order.with_columns(payer=pl.Series(payer, dtype=pl.String)),
        order["net_cents"].to_numpy(),
        issued,
        crm.keys("IV", 1, order.height),
    ).select(finance.INVOICE)
    delivery.write("finance.invoices", invoice)
    delivery.write("finance.payments", finance.late_payments(invoice, billing, 1, TODAY))


def _frame(world: World, name: str) -> pl.DataFrame:
    """The records of one table as a frame; every column is text."""
    columns = [column.name for column in fields(PartyRecord) if column.name != "works_for"]
    records = [record for record in world.records if record.table == name]
    data = {column: [getattr(record, column) for record in records] for column in columns}
    party_type = pl.Series([record.party_type for record in records], dtype=pl.String)
    return pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String)).with_columns(party_type=party_type)


def _links(world: World) -> pl.DataFrame:
    rows = [
        (account_id, record.key, record.link_role)
        for record in world.records
        if record.table == "contact"
        for account_id in record.works_for
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("account_id", "contact_id", "role"), pl.String), orient="row")
