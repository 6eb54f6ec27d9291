"""The following day of the demo company, delivered in the ways that real systems deliver.

In: the files of a day and a seed.
Out: the files of the next day and `changes.json`, which lists what changed.
Invariant: what `changes.json` does not name is as it was; `truth.csv` names the records that are there.
What does not belong here: how a new party is made (`generator`).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import sqlalchemy as sa

from mdm_pipeline.demo import crm, erp, finance
from mdm_pipeline.demo.calendar import TODAY
from mdm_pipeline.demo.day_files import read_day, write_crm, write_files
from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.generator import ONE_TIME, TRUTH, DemoReport, chunk_records, deliver
from mdm_pipeline.demo.identifiers import digits

Listing = dict[str, list[str]]
# What hangs on accounts and contacts; a deleted contact takes the second group with it.
DEPENDENTS = (
    "account_contact",
    "lead",
    "contract",
    "opportunity",
    "opportunity_stage",
    "opportunity_contact",
    "activity",
    "service_case",
    "installed_asset",
    "campaign_member",
    "consent",
)
OF_CONTACT = ("account_contact", "opportunity_contact", "campaign_member", "consent")


@dataclass(frozen=True)
class DayRates:
    """How much of each table a night touches, as shares of its rows (at least one row each).

    Attributes:
        new_parties: new customers, with records in all systems.
        changed: rows changed with a new time stamp.
        silent: rows changed without a new time stamp.
        deleted: rows deleted in the CRM.
        absent: rows missing in the ERP's full snapshot.
        repeated: rows twice in the ERP's full snapshot.
        copied: accounts entered a second time.
        merged: ERP customers merged into a duplicate of the same party.
        late_orders: orders that arrive days after their date, and orders of the day.
        late_payments: payments of invoices that were open.
    """

    new_parties: float = 0.004
    changed: float = 0.008
    silent: float = 0.002
    deleted: float = 0.002
    absent: float = 0.002
    repeated: float = 0.002
    copied: float = 0.001
    merged: float = 0.001
    late_orders: float = 0.004
    late_payments: float = 0.01


class Memory:
    """Tables of new parties, kept in memory and numbered after those that exist."""

    def __init__(self, starts: dict[str, int]) -> None:
        self.starts = starts
        self.tables: dict[str, pl.DataFrame] = {}

    def write(self, name: str, frame: pl.DataFrame) -> None:
        """Append rows to a table."""
        self.tables[name] = pl.concat([self.tables[name], frame]) if name in self.tables else frame

    def start(self, prefix: str) -> int:
        """The next running number of the keys with this prefix."""
        return self.starts[prefix]


@dataclass
class Day:
    """One night's work: random numbers, tables in memory, and the list of changes."""

    rng: np.random.Generator
    today: date
    rates: DayRates
    tables: dict[str, pl.DataFrame]
    changes: dict[str, Listing] = field(default_factory=dict)

    @property
    def stamp(self) -> str:
        """A time stamp of the day."""
        return f"{self.today.isoformat()} 09:30:00"

    def some(self, rows: np.ndarray, share: float) -> np.ndarray:
        """A few of the given row numbers, at least one if there are any; never one twice."""
        count = min(max(round(len(rows) * share), 1), len(rows))
        return np.sort(self.rng.permutation(rows)[:count])

    def note(self, table: str, what: str, keys: pl.Series | list[str]) -> None:
        """Remember what was changed."""
        self.changes.setdefault(table, {}).setdefault(what, []).extend(list(keys))


def next_day(
    base: Path, out: Path, *, seed: int, crm_url: str | None = None, rates: DayRates | None = None
) -> DemoReport:
    """Write the day after the one in `base`.

    The CRM is changed in place (rows updated, some without a new `updated_at`, rows deleted and added). The
    ERP delivers a full snapshot (rows changed, missing, twice, two customers merged, late orders), finance
    adds invoices and late payments.

    Args:
        base: a folder that `generate` or `next_day` wrote.
        out: where the next day goes; may be `base` itself.
        seed: the same seed on the same base gives the same day.
        crm_url: the CRM's database, if it is not `crm/crm.db`; it is changed in place.
        rates: how much changes.

    Returns:
        Where and how much is there now. `OUT/changes.json` lists every change by table.
    """
    described = json.loads((base / "generated.json").read_text(encoding="utf-8"))
    today = date.fromisoformat(described["today"]) + timedelta(days=1)
    if base.resolve() != out.resolve():
        shutil.copytree(base, out, dirs_exist_ok=True)
    url = crm_url or f"sqlite:///{out / 'crm' / 'crm.db'}"
    engine = sa.create_engine(url)
    try:
        tables = read_day(out, engine)
        rng = np.random.default_rng([seed, (today - TODAY).days, 4_242])
        day = Day(rng, today, rates or DayRates(), tables)
        _change_crm(day)
        _change_erp(day)
        _new_orders(day)
        _change_finance(day)
        described = _new_parties(day, described)
        write_crm(day.tables, engine)
    finally:
        engine.dispose()
    write_files(day.tables, out)
    counts = {name: frame.height for name, frame in day.tables.items()}
    records = sum(counts[n] for n in ("crm.account", "crm.contact", "finance.billing_customers"))
    records += day.tables["erp.customers"]["customer_no"].n_unique()
    described |= {"today": today.isoformat(), "records": records, "counts": counts}
    (out / "generated.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    listed = {"day": today.isoformat(), "seed": seed, "tables": day.changes}
    (out / "changes.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return DemoReport(out, seed, described["customers"], records, counts)


def _set(frame: pl.DataFrame, rows: np.ndarray, **values: pl.Series | str) -> pl.DataFrame:
    """A frame with other values in some rows."""
    columns = {
        name: frame[name].scatter(rows, value if isinstance(value, pl.Series) else pl.Series([value] * len(rows)))
        for name, value in values.items()
    }
    return frame.with_columns(**columns)


def _parted(day: Day, rows: np.ndarray, *shares: float) -> list[np.ndarray]:
    """Disjoint small samples of the rows, one per share."""
    parts = []
    for share in shares:
        part = day.some(rows, share)
        parts.append(part)
        rows = np.setdiff1d(rows, part)
    return parts


def _change_crm(day: Day) -> None:
    """Accounts and contacts: changed with and without a new time stamp, deleted, entered twice."""
    for name, key, phone in (("account", "account_id", "phone"), ("contact", "contact_id", "mobile")):
        table = f"crm.{name}"
        frame = day.tables[table]
        rows = np.arange(frame.height)
        stamped, silent, deleted = _parted(day, rows, day.rates.changed, day.rates.silent, day.rates.deleted)
        number = "139" + digits(day.rng, len(stamped), 8)
        frame = _set(frame, stamped, **{phone: number}, updated_at=day.stamp)
        frame = _set(frame, silent, address="新华路" + digits(day.rng, len(silent), 3) + "号")
        day.note(table, "updated", frame[key].gather(stamped))
        day.note(table, "updated_without_timestamp", frame[key].gather(silent))
        gone = frame[key].gather(deleted)
        day.tables[table] = frame[np.setdiff1d(rows, deleted)]
        _delete_dependents(day, key, gone)
        day.note(table, "deleted", gone)
        _forget(day, "crm", name, gone)
    account = day.tables["crm.account"]
    copied = account[day.some(np.arange(account.height), day.rates.copied)]
    start = _next_number(account["account_id"])
    twin = copied.with_columns(
        account_id=crm.keys("A", start, copied.height),
        created_at=pl.lit(day.stamp),
        updated_at=pl.lit(day.stamp),
    )
    day.tables["crm.account"] = pl.concat([account, twin])
    day.note("crm.account", "inserted", twin["account_id"])
    truth = day.tables["truth"].filter(pl.col("table") == "account")
    known = pl.DataFrame({"source_key": copied["account_id"], "new_key": twin["account_id"]})
    same = known.join(truth, on="source_key", how="left", maintain_order="left").with_columns(source_key="new_key")
    day.tables["truth"] = pl.concat([day.tables["truth"], same.select(TRUTH)])


def _delete_dependents(day: Day, key: str, gone: pl.Series) -> None:
    """What hangs on a deleted account goes with it; of a contact the links go, the rest forgets it."""
    for name in DEPENDENTS:
        table = f"crm.{name}"
        frame = day.tables[table]
        identity = crm.KEYS[name][0]
        if name == "opportunity_stage" or (name == "opportunity_contact" and key == "account_id"):
            kept = frame.filter(
                pl.col("opportunity_id").is_in(day.tables["crm.opportunity"]["opportunity_id"].implode())
            )
        elif key not in frame.columns:
            continue
        elif key == "contact_id" and name not in OF_CONTACT:
            hit = np.flatnonzero(frame[key].is_in(gone.implode()).fill_null(False).to_numpy())
            day.note(table, "contact_removed", frame[identity].gather(hit))
            day.tables[table] = _set(frame, hit, **{key: pl.Series([None] * len(hit), dtype=pl.String)})
            continue
        else:
            kept = frame.filter(~pl.col(key).is_in(gone.implode()).fill_null(False))
        lost = frame.join(kept, on=list(crm.KEYS[name]), how="anti")
        if lost.height:
            day.note(
                table,
                "deleted",
                lost.select(pl.concat_str(list(crm.KEYS[name]), separator="|")).to_series().sort(),
            )
        day.tables[table] = kept
    if key == "account_id":
        account = day.tables["crm.account"]
        orphans = np.flatnonzero(account["parent_account_id"].is_in(gone.implode()).fill_null(False).to_numpy())
        none = pl.Series([None] * len(orphans), dtype=pl.String)
        day.tables["crm.account"] = _set(account, orphans, parent_account_id=none)
        day.note("crm.account", "parent_removed", account["account_id"].gather(orphans))


def _forget(day: Day, source: str, table: str, gone: pl.Series) -> None:
    """Take records that are no longer there out of the truth."""
    hit = (pl.col("source") == source) & (pl.col("table") == table) & pl.col("source_key").is_in(gone.implode())
    day.tables["truth"] = day.tables["truth"].filter(~hit)


def _next_number(keys: pl.Series) -> int:
    """One more than the largest running number of the keys."""
    largest = keys.str.extract(r"(\d+)$").cast(pl.Int64).max()
    return (largest if isinstance(largest, int) else 0) + 1


def _change_erp(day: Day) -> None:
    """The full snapshot of customers: changed, silently changed, absent, merged and repeated rows."""
    frame = day.tables["erp.customers"].unique(maintain_order=True)
    key = "customer_no"
    merged = _merge_at_source(day, frame)
    rows = np.flatnonzero(~frame[key].is_in(merged.implode()).to_numpy())
    rates = day.rates
    stamped, silent, absent, repeated = _parted(day, rows, rates.changed, rates.silent, rates.absent, rates.repeated)
    frame = _set(frame, stamped, phone="137" + digits(day.rng, len(stamped), 8), changed_on=f"{day.today:%Y%m%d}")
    frame = _set(frame, silent, street="人民路" + digits(day.rng, len(silent), 3) + "号")
    for what, chosen in (("updated", stamped), ("updated_without_timestamp", silent), ("absent", absent)):
        day.note("erp.customers", what, frame[key].gather(chosen))
    day.note("erp.customers", "repeated", frame[key].gather(repeated))
    gone = frame[key].gather(absent)
    _forget(day, "erp", "customers", gone)
    present = frame.filter(~pl.col(key).is_in(pl.concat([gone, merged]).implode()))
    day.tables["erp.customers"] = pl.concat([present, frame[repeated]])


def _merge_at_source(day: Day, frame: pl.DataFrame) -> pl.Series:
    """Merge ERP duplicates of one party: the later number disappears, its orders point to the earlier one.

    Returns:
        The numbers that disappear.
    """
    truth = day.tables["truth"].filter(pl.col("table") == "customers")
    listed = frame.select("customer_no").join(
        truth.select("truth_id", customer_no="source_key"),
        on="customer_no",
        how="inner",
        maintain_order="left",
    )
    pairs = listed.sort("truth_id", "customer_no").with_columns(
        survivor=pl.col("customer_no").first().over("truth_id"), twins=pl.len().over("truth_id")
    )
    pairs = pairs.filter((pl.col("twins") > 1) & (pl.col("customer_no") != pl.col("survivor")))
    if not pairs.height:
        return pl.Series([], dtype=pl.String)
    pairs = pairs[day.some(np.arange(pairs.height), day.rates.merged * frame.height / pairs.height)]
    orders = day.tables["erp.orders"]
    moved = orders.join(pairs.select("customer_no", "survivor"), on="customer_no", how="left", maintain_order="left")
    day.note("erp.orders", "repointed", moved.filter(pl.col("survivor").is_not_null())["order_no"])
    day.tables["erp.orders"] = moved.with_columns(
        customer_no=pl.coalesce("survivor", "customer_no"),
        changed_at=pl.when(pl.col("survivor").is_not_null())
        .then(pl.lit(day.today).cast(pl.Datetime("us")))
        .otherwise(pl.col("changed_at")),
    ).select(erp.ORDER)
    told = pairs["customer_no"] + ">" + pairs["survivor"]
    day.note("erp.customers", "merged", told)
    _forget(day, "erp", "customers", pairs["customer_no"])
    return pairs["customer_no"]


def _new_orders(day: Day) -> None:
    """Orders of the day and late ones for customers that exist; open orders get delivered."""
    orders, lines = day.tables["erp.orders"], day.tables["erp.order_lines"]
    open_ones = np.flatnonzero(orders["status"].is_in(["open", "confirmed"]).to_numpy())
    delivered = day.some(open_ones, 0.2)
    moment = pl.Series([day.today] * len(delivered), dtype=pl.Date).cast(pl.Datetime("us"))
    orders = _set(orders, delivered, status="delivered", changed_at=moment)
    day.note("erp.orders", "updated", orders["order_no"].gather(delivered))
    customers = day.tables["erp.customers"].unique(maintain_order=True)
    buyers = customers[day.some(np.arange(customers.height), day.rates.late_orders * 2)]
    made, made_lines = erp.orders(day.rng, buyers, _next_number(orders["order_no"]))
    late = day.rng.random(made.height) < 0.5
    ages = np.where(late, day.rng.integers(4, 25, made.height), 0)
    dates = (np.full(made.height, (day.today - date(1970, 1, 1)).days) - ages).astype(np.int32)
    made = made.with_columns(
        order_date=pl.Series(dates).cast(pl.Date),
        changed_at=pl.lit(day.today).cast(pl.Datetime("us")),
        status=pl.when(pl.Series(late)).then(pl.lit("delivered")).otherwise(pl.lit("open")),
    )
    day.note("erp.orders", "inserted", made.filter(~pl.Series(late))["order_no"])
    day.note("erp.orders", "late", made.filter(pl.Series(late))["order_no"])
    day.tables["erp.orders"] = pl.concat([orders, made.select(erp.ORDER)])
    lines = pl.concat([lines, made_lines])
    day.tables["erp.order_lines"] = erp.with_deliveries(lines, day.tables["erp.orders"])


def _change_finance(day: Day) -> None:
    """Billing customers changed; invoices of orders delivered today; late payments."""
    billing = day.tables["finance.billing_customers"]
    stamped, silent = _parted(day, np.arange(billing.height), day.rates.changed, day.rates.silent)
    billing = _set(billing, stamped, 银行账号=digits(day.rng, len(stamped), 16), 更新时间=day.stamp)
    billing = _set(billing, silent, 收票手机="136" + digits(day.rng, len(silent), 8))
    day.tables["finance.billing_customers"] = billing
    day.note("finance.billing_customers", "updated", billing["客户编码"].gather(stamped))
    day.note("finance.billing_customers", "updated_without_timestamp", billing["客户编码"].gather(silent))
    _bill(day, billing)
    invoices, payments = day.tables["finance.invoices"], day.tables["finance.payments"]
    unpaid = invoices.filter(pl.col("kind") == "blue").join(
        payments, on="invoice_no", how="anti", maintain_order="left"
    )
    unpaid = unpaid.filter(pl.col("invoice_date") < (day.today - timedelta(days=3)).isoformat())
    paid = unpaid[day.some(np.arange(unpaid.height), day.rates.late_payments * 10)]
    received = finance.late_payments(paid, billing, _next_number(payments["payment_no"]), day.today)
    day.note("finance.payments", "late", received["payment_no"])
    day.tables["finance.payments"] = pl.concat([payments, received])


def _bill(day: Day, billing: pl.DataFrame) -> None:
    """One blue invoice for each order delivered today."""
    changes = day.changes["erp.orders"]
    delivered = [*changes.get("updated", []), *changes.get("late", [])]
    order = day.tables["erp.orders"].filter(pl.col("order_no").is_in(delivered))
    truth = day.tables["truth"]
    code = truth.filter(
        (pl.col("table") == "billing_customers") & pl.col("source_key").is_in(billing["客户编码"].implode())
    )
    code = code.unique("truth_id", keep="first", maintain_order=True).select("truth_id", payer="source_key")
    buyer = truth.filter(pl.col("table") == "customers").select("truth_id", customer_no="source_key")
    known = buyer.join(code, on="truth_id", how="left").select("customer_no", "payer")
    of = order.join(known, on="customer_no", how="left", maintain_order="left").with_columns(
        payer=pl.col("payer").fill_null(ONE_TIME)
    )
    net = (of["net_amount"].cast(pl.Float64).to_numpy() * 100).round().astype(np.int64)
    issued = np.full(of.height, (day.today - date(1970, 1, 1)).days)
    start = _next_number(day.tables["finance.invoices"]["invoice_no"])
    made = finance.invoice_rows(of, net, issued, crm.keys("IV", start, of.height)).select(finance.INVOICE)
    made = made.with_columns(pl.col(pl.Date).cast(pl.String))
    day.tables["finance.invoices"] = pl.concat([day.tables["finance.invoices"], made])
    day.note("finance.invoices", "inserted", made["invoice_no"])


def _new_parties(day: Day, described: dict[str, Any]) -> dict[str, Any]:
    """New customers with records in all systems, entered today."""
    counter = described["party_counter"]
    count = max(round(described["customers"] * day.rates.new_parties), 2)
    memory = Memory(
        {
            prefix: _next_number(day.tables[table][key])
            for prefix, (table, key) in {
                "A": ("crm.account", "account_id"),
                "C": ("crm.contact", "contact_id"),
                "OP": ("crm.opportunity", "opportunity_id"),
                "AC": ("crm.activity", "activity_id"),
                "SC": ("crm.service_case", "case_id"),
                "LD": ("crm.lead", "lead_id"),
                "HT": ("crm.contract", "contract_id"),
                "EQ": ("crm.installed_asset", "asset_id"),
                "CS": ("crm.consent", "consent_id"),
                "K": ("erp.customers", "customer_no"),
                "SO": ("erp.orders", "order_no"),
                "F": ("finance.billing_customers", "客户编码"),
                "IV": ("finance.invoices", "invoice_no"),
                "PM": ("finance.payments", "payment_no"),
            }.items()
        }
    )
    recorded = chunk_records(day.rng, count, counter, ErrorRates(special=0.0), is_first=False)
    deliver(day.rng, recorded, memory, ErrorRates())
    stamps = dict.fromkeys(("created_at", "updated_at", "更新时间"), day.stamp)
    stamps["changed_on"] = f"{day.today:%Y%m%d}"
    for name, frame in memory.tables.items():
        known = day.tables[name]
        plain = frame.with_columns(pl.col(pl.Date).cast(pl.String)) if name not in ("erp.orders",) else frame
        if name in ("crm.account", "crm.contact", "erp.customers", "finance.billing_customers"):
            plain = plain.with_columns(**{c: pl.lit(v) for c, v in stamps.items() if c in plain.columns})
        day.tables[name] = pl.concat([known, plain.select(pl.col(c).cast(t) for c, t in known.schema.items())])
        if name not in ("truth", "erp.order_lines") and len(crm.KEYS.get(name.removeprefix("crm."), ("one",))) == 1:
            day.note(name, "inserted", frame.to_series(0))
    return described | {"customers": described["customers"] + count, "party_counter": counter + count}
