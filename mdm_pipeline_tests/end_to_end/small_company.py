"""A company of a handful of parties in three systems, as plain lists of rows that a test changes at will.

In: `Settings` (what an administrator edits), `Systems` (what the systems would deliver now). Out: a `CompanyConfig`,
and the SQLite database and CSV files that it reads. Does not belong here: what happens to them (`history`).
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdm_pipeline.config.company import CompanyConfig

Row = dict[str, str | None]

PARTY_TABLES = ("crm.party", "erp.customer")
KEYS = {
    "crm.party": "id",
    "crm.works_for": "no",
    "erp.customer": "id",
    "erp.orders": "no",
    "bank.invoice": "no",
    "bank.payment": "no",
    "bank.rate": "no",
}
COLUMNS = {
    **dict.fromkeys(
        PARTY_TABLES, ("id", "kind", "name", "role", "phone", "email", "tax_no", "birth", "owner", "changed_at")
    ),
    "crm.works_for": ("no", "person", "company", "since"),
    "erp.orders": ("no", "customer", "day", "currency", "amount", "changed_at"),
    "bank.invoice": ("no", "payer", "order_no", "day", "due", "currency", "amount"),
    "bank.payment": ("no", "payer", "invoice_no", "day", "currency", "amount"),
    "bank.rate": ("no", "currency", "day", "rate"),
}
# Which of our tables another table's column refers to: when a system merges two of its keys, these follow.
REFERENCES = {
    "crm.party": (("crm.works_for", "person"), ("crm.works_for", "company")),
    "erp.customer": (("erp.orders", "customer"), ("bank.invoice", "payer"), ("bank.payment", "payer")),
}


@dataclass(frozen=True)
class Settings:
    """What an administrator edits; every field is a part of another stage's section."""

    threshold: float = 0.95
    duplicate_free: tuple[str, ...] = ()
    phone_rule: tuple[str, ...] = ("most_recent", "source_priority")
    crm_priority: int = 30
    name_rule: str = "quarantine"
    date_is_required: bool = False
    maps_owner: bool = True
    walk_in: str = "pass_through"
    group_currency: str = "CNY"
    erp_deletes: str = "by_absence"
    erp_shrink: float = 0.6
    erp_key: tuple[str, ...] = ("id",)
    crm_country: str = "CN"
    bank_zone: str = "UTC"
    model: str = "shipped"
    title: str = "Small"
    id_prefix: str = "C"
    switched_off: tuple[str, ...] = ()


@dataclass
class Systems:
    """What every table would deliver now, in this order.

    Args:
        tables: the rows.
        extra: columns that a table has gained.
        lost: columns that a table has lost.
        away: systems that do not answer.
    """

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in KEYS})
    extra: dict[str, list[str]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    def copy(self) -> Systems:
        """The same systems, to be kept as they are now."""
        return Systems(
            {name: [dict(row) for row in rows] for name, rows in self.tables.items()},
            {name: list(columns) for name, columns in self.extra.items()},
            dict(self.lost),
            set(self.away),
        )

    def add(self, table: str, *rows: Mapping[str, str | None]) -> None:
        """Append rows."""
        self.tables[table] += [dict(row) for row in rows]

    def write(self, folder: Path) -> None:
        """Deliver: the CRM as a SQLite database, the others as CSV files."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        con = sqlite3.connect(":memory:" if "crm" in self.away else folder / "crm.db")
        for table, rows in self.tables.items():
            system, name = table.split(".")
            if system in self.away:
                continue
            columns = self.columns(table)
            cells = [[row.get(column) for column in columns] for row in rows]
            if system == "crm":
                con.execute(f"create table {name} ({', '.join(columns)})")
                con.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", cells)
            else:
                _write_csv(folder / system / f"{name}.csv", columns, cells)
        con.commit()
        con.close()

    def columns(self, table: str) -> list[str]:
        """The columns that a table has now."""
        return [c for c in (*COLUMNS[table], *self.extra.get(table, [])) if c != self.lost.get(table)]


def company(data: Path, settings: Settings = Settings()) -> CompanyConfig:
    """The configuration of the company whose systems deliver into `data`."""
    return CompanyConfig.model_validate(
        {
            "name": "small",
            "title": settings.title,
            "data_dir": str(data),
            "folder": data,
            "group_currency": settings.group_currency,
            "matching": {
                "person": {"threshold": settings.threshold, "model": settings.model},
                "organization": {"threshold": settings.threshold, "model": settings.model},
                "duplicate_free_sources": list(settings.duplicate_free),
            },
            "mastering": {
                "id_prefix": settings.id_prefix,
                "attributes": {"phone": {"strategies": list(settings.phone_rule)}},
            },
            "quality": {"suites": _suites(settings)},
            "sources": [
                source
                for source in (_crm(settings), _erp(settings), _bank(settings))
                if source["name"] not in settings.switched_off
            ],
        }
    )


def _suites(settings: Settings) -> dict[str, Any]:
    party = [
        {
            "name": "name_has_letters",
            "expectation": "expect_column_values_to_match_regex",
            "arguments": {"column": "name_original", "regex": r"\p{L}"},
            "severity": settings.name_rule,
            "dimension": "accuracy",
            "message": "No letter in the name.",
        }
    ]
    if settings.date_is_required:
        party.append(
            {
                "name": "is_dated",
                "expectation": "expect_column_values_to_not_be_null",
                "arguments": {"column": "updated_at"},
                "severity": "quarantine",
                "dimension": "completeness",
                "message": "Nobody knows how old it is.",
            }
        )
    return {
        "party": {"table": "staging.party", "expectations": party},
        "orders": {
            "table": "staging.sales_order",
            "expectations": [
                {
                    "name": "customer_is_known",
                    "expectation": "referential",
                    "arguments": {"column": "party_ref", "table": "staging.party", "target": "record_ref"},
                    "severity": "warn",
                    "dimension": "consistency",
                    "message": "Nobody knows who ordered.",
                }
            ],
        },
    }


def _party(settings: Settings, **more: Any) -> dict[str, Any]:
    return {
        "key": ["id"],
        "updated_at": "changed_at",
        "party": {
            "type": {"column": "kind", "map": {"P": "person", "O": "organization"}, "otherwise": "guess"},
            "scope": {
                "column": "role",
                "map": {"walk-in": settings.walk_in, "test": "excluded"},
                "otherwise": "match",
            },
            "names": [{"full": "name"}],
            "birth_date": "birth",
            "owner": "owner" if settings.maps_owner else None,
            "identifiers": [{"column": "tax_no"}],
            "contact_points": [{"kind": "phone", "column": "phone"}, {"kind": "email", "column": "email"}],
        },
        **more,
    }


def _event(entity: str, columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": ["no"], "event": {"entity": entity, "columns": columns}, **more}


def _crm(settings: Settings) -> dict[str, Any]:
    works_for = {
        "from_ref": {"column": "person", "party": "crm.party"},
        "to_ref": {"column": "company", "party": "crm.party"},
        "role": {"constant": "contact_of"},
        "started_on": "since",
    }
    return {
        "name": "crm",
        "priority": settings.crm_priority,
        "default_country": settings.crm_country,
        "connection": {"kind": "sql", "url": "sqlite:///crm.db"},
        "tables": {"party": _party(settings), "works_for": _event("party_link", works_for)},
    }


def _erp(settings: Settings) -> dict[str, Any]:
    orders = {
        "order_no": "no",
        "party_ref": {"column": "customer", "party": "erp.customer"},
        "ordered_on": "day",
        "currency": "currency",
        "net_amount": "amount",
    }
    erp = {"shrink_limit": settings.erp_shrink, "key": list(settings.erp_key)}
    more = {"deletes": "never", "updated_at": "changed_at", "files": ["orders.csv"]}
    return {
        "name": "erp",
        "priority": 20,
        "connection": {"kind": "files", "folder": "erp", "stable_for": 0},
        "tables": {
            "customer": _party(settings, files=["customer.csv"], deletes=settings.erp_deletes, **erp),
            "orders": _event("sales_order", orders, **more),
        },
    }


def _bank(settings: Settings) -> dict[str, Any]:
    payer = {"party_ref": {"column": "payer", "party": "erp.customer"}, "currency": "currency"}
    invoice = {**payer, "invoice_no": "no", "order_no": "order_no", "invoiced_on": "day", "due_on": "due"}
    invoice |= {"net_amount": "amount", "gross_amount": "amount"}
    payment = {**payer, "payment_no": "no", "invoice_no": "invoice_no", "received_on": "day", "amount": "amount"}
    rate = {"currency": "currency", "valid_on": "day", "rate": "rate"}
    return {
        "name": "bank",
        "time_zone": settings.bank_zone,
        "priority": 10,
        "connection": {"kind": "files", "folder": "bank", "stable_for": 0},
        "tables": {
            "invoice": _event("invoice", invoice, files=["invoice.csv"]),
            "payment": _event("payment", payment, files=["payment.csv"], deletes="never"),
            "rate": _event("fx_rate", rate, files=["rate.csv"], deletes="never"),
        },
    }


def _write_csv(path: Path, columns: list[str], cells: Iterable[list[str | None]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(cells)


def founding() -> Systems:
    """The systems on the first day: nine parties, two of them known to both systems."""
    systems = Systems()
    names = COLUMNS["crm.party"]
    given = """
        crm.party|A1|P|Ngozi Okafor|buyer|13512345670|ngozi@okafor.org||1980-05-03|lin|2026-01-01
        crm.party|A2|P|Tilda Barnes|buyer|13912345671|tilda@barnes.org||1975-02-11|lin|2026-01-02
        crm.party|A3|P|Kenji Watanabe|buyer|13812345672|kenji@wata.jp||1990-09-09|wu|2026-01-03
        crm.party|A4|O|Hansen Maschinenbau GmbH|buyer|+4989555123401|info@hansen-bau.de|DE136695976||wu|2026-01-04
        crm.party|A5|O|Arctic Shipping Ltd|buyer|+442079460101|office@arctic.co.uk|||lin|2026-01-05
        crm.party|A6|P|Walk-in customer|walk-in||||||2026-01-06
        erp.customer|K1|P|Okafor Ngozi|buyer|13512345670||||lin|2026-02-01
        erp.customer|K2|P|Tilda Barnes|buyer||tilda@barnes.org||1975-02-11||2026-02-02
        erp.customer|K3|O|Boreal Timber AB|buyer|+46855512345|skog@boreal.se||||2026-02-03
        erp.customer|K4|O|Polar Foods AG|buyer|+41445551234|hallo@polar.ch||||2026-02-04
        erp.customer|K5|P|Ngozi Okafor|buyer||ngozi@okafor.org||1980-05-03||2026-02-05
    """
    for line in filter(None, map(str.strip, given.splitlines())):
        table, *cells = line.split("|")
        systems.add(table, {name: cell or None for name, cell in zip(names, cells, strict=False)})
    systems.add("crm.works_for", {"no": "1", "person": "A3", "company": "A4", "since": "2025-01-01"})
    for number, customer in enumerate(("K1", "K2", "K3", "K4"), start=1):
        order = {"no": f"O{number}", "customer": customer, "day": "2026-04-01", "currency": "CNY", "amount": "100"}
        systems.add("erp.orders", order)
    for number, payer in enumerate(("K1", "K3"), start=1):
        invoice = {"no": f"R{number}", "payer": payer, "order_no": f"O{number}", "day": "2026-04-02"}
        systems.add("bank.invoice", invoice | {"due": "2026-05-02", "currency": "EUR", "amount": "80"})
        payment = {"no": f"P{number}", "payer": payer, "invoice_no": f"R{number}", "day": "2026-04-20"}
        systems.add("bank.payment", payment | {"currency": "EUR", "amount": "50"})
    systems.add("bank.rate", {"no": "1", "currency": "EUR", "day": "2026-01-01", "rate": "7.8"})
    return systems
