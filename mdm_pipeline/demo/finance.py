"""Finance: billing customers (开票信息), invoices with credit notes (红字), payments, exchange rates.

In: records of parties and the ERP's orders. Out: frames with exactly the columns of finance's sheets.
Invariant: the invoices of an invoiced order add up to its net amount; gross is net plus tax; an invoice of a
party without billing customer is booked on the collective account of one-time customers.
What does not belong here: matching payments to customers.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from mdm_pipeline.demo import corruption
from mdm_pipeline.demo.calendar import TODAY, days, days_ago, stamps
from mdm_pipeline.demo.crm import keys
from mdm_pipeline.demo.erp import LEGAL_ENTITY, RATES_TO_CNY, money
from mdm_pipeline.demo.identifiers import digits, spread
from mdm_pipeline.demo.places import DIAL_CODE, by_country
from mdm_pipeline.demo.tables import words

BILLING = [
    "客户编码",
    "发票抬头",
    "纳税人识别号",
    "注册地址",
    "注册电话",
    "开户银行",
    "银行账号",
    "发票类型",
    "收票邮箱",
    "收票手机",
    "账套",
    "更新时间",
]
INVOICE = [
    "invoice_no",
    "customer_code",
    "order_no",
    "kind",
    "original_invoice_no",
    "invoice_date",
    "due_date",
    "currency",
    "net_amount",
    "tax_amount",
    "gross_amount",
    "legal_entity",
]
PAYMENT = [
    "payment_no",
    "received_on",
    "payer_name",
    "payer_account",
    "currency",
    "amount",
    "fee",
    "remark",
    "invoice_no",
    "customer_code",
    "legal_entity",
]
TAX_PERCENT = {"CN01": 13, "HK01": 0, "US01": 6, "DE01": 19}
REMARKS = ("货款", "往来款", "payment", "invoice payment", "预付款", "", "服务费")


def billing_customers(rng: np.random.Generator, records: pl.DataFrame, *, verbatim: bool = False) -> pl.DataFrame:
    """The sheet `billing_customers`, with Chinese headings; a person is billed by name.

    Args:
        rng: random numbers.
        records: records with keys.
        verbatim: take the address as it stands, without postcode and city.
    """
    count = records.height
    kind = corruption.choose(
        (records["kind"] == "O") & pl.Series(spread(rng, count, 0.7)),
        pl.lit("增值税专用发票"),
        pl.lit("电子普通发票"),
    )
    return records.select(
        客户编码="key",
        发票抬头="name",
        纳税人识别号="tax",
        注册地址=records["address"]
        if verbatim
        else corruption.choose(
            records["city"].is_not_null() & records["address"].is_not_null() & (records["country"] != "CN"),
            records["address"] + ", " + records["postcode"].fill_null("") + " " + records["city"].fill_null(""),
            _with_city(records),
        ),
        注册电话="phone",
        开户银行=_banks(rng, records["country"]),
        银行账号=digits(rng, count, 16),
        发票类型=kind,
        收票邮箱="email",
        收票手机="mobile",
        账套=records["country"].replace_strict(LEGAL_ENTITY),
        更新时间=stamps(rng, days_ago(rng, count, 900, recent=1.5)),
    ).select(BILLING)


def _with_city(records: pl.DataFrame) -> pl.Series:
    """A registered address in China starts with the city, unless it does already."""
    city = pl.col("city").str.replace("市$", "")
    known = pl.col("address").str.contains(city, literal=True)
    return records.select(
        pl.when(known | pl.col("address").is_null()).then("address").otherwise(city + pl.lit("市") + pl.col("address"))
    ).to_series()


def _banks(rng: np.random.Generator, country: pl.Series) -> pl.Series:
    parts = {}
    for code in DIAL_CODE:
        count = int((country == code).sum())
        if count:
            listed = words("banks") if code == "CN" else words("banks_latin", country=code)
            parts[code] = listed.pick(rng, count, "name").to_frame("bank")
    return by_country(country, parts)["bank"] if parts else country


def invoices(
    rng: np.random.Generator, order: pl.DataFrame, payer: pl.Series, start: int, one_time: str
) -> pl.DataFrame:
    """Blue invoices of delivered and closed orders, some in two parts, and red ones that credit them.

    Args:
        rng: random numbers.
        order: the ERP's orders with `net_cents`.
        payer: per order the billing customer of the same party, or null.
        one_time: the collective account for parties without billing customer.
        start: the first running number.

    Returns:
        Invoices with the helper columns `gross_cents` and `age`.
    """
    billed = order["status"].is_in(["delivered", "closed"]) & (
        payer.is_not_null() | pl.Series(spread(rng, order.height, 0.4))
    )
    rows = np.flatnonzero(billed.to_numpy())
    parts = 1 + spread(rng, len(rows), 0.08).astype(np.int64)
    rows_of = np.repeat(rows, parts)
    second = np.concatenate([[False], rows_of[1:] == rows_of[:-1]]) if len(rows_of) else np.zeros(0, dtype=bool)
    of = order[rows_of].with_columns(payer=payer.gather(rows_of).fill_null(one_time))
    whole = of["net_cents"].to_numpy()
    first_part = np.where(np.repeat(parts, parts) == 2, whole * 6 // 10, whole)
    net = np.where(second, whole - first_part, first_part)
    ordered = of["order_date"].cast(pl.Int32).to_numpy()
    issued = np.minimum(
        ordered + rng.integers(1, 25, len(rows_of)) + second * 15, (TODAY - timedelta(1)).toordinal() - 719163
    )
    blue = invoice_rows(of, net, issued, keys("IV", start, len(rows_of)))
    credited = np.flatnonzero(spread(rng, blue.height, 0.03))
    source = blue[credited]
    share = rng.choice([100, 30], len(credited), p=[0.6, 0.4])
    red_net = -(source["net_cents"].to_numpy() * share // 100)
    red_day = np.minimum(issued[credited] + rng.integers(5, 60, len(credited)), TODAY.toordinal() - 719163)
    red = invoice_rows(of[credited], red_net, red_day, keys("IV", start + blue.height, len(credited))).with_columns(
        kind=pl.lit("red"), original_invoice_no=source["invoice_no"]
    )
    return pl.concat([blue, red])


def invoice_rows(of: pl.DataFrame, net: np.ndarray, issued: np.ndarray, numbers: pl.Series) -> pl.DataFrame:
    """Blue invoices over `net` cents for orders with their `payer`, issued on the given days since 1970."""
    percent = of["legal_entity"].replace_strict(TAX_PERCENT, return_dtype=pl.Int64).to_numpy()
    tax = np.sign(net) * ((np.abs(net) * percent + 50) // 100)
    return of.select(
        invoice_no=numbers,
        customer_code="payer",
        order_no="order_no",
        kind=pl.lit("blue"),
        original_invoice_no=pl.lit(None, dtype=pl.String),
        invoice_date=pl.Series(issued.astype(np.int32)).cast(pl.Date),
        due_date=pl.Series((issued + 30).astype(np.int32)).cast(pl.Date),
        currency="currency",
        net_amount=money(net),
        tax_amount=money(tax),
        gross_amount=money(net + tax),
        legal_entity="legal_entity",
        net_cents=pl.Series(net),
        gross_cents=pl.Series(net + tax),
    )


def payments(
    rng: np.random.Generator, invoice: pl.DataFrame, billing: pl.DataFrame, buyer: pl.DataFrame, start: int
) -> pl.DataFrame:
    """Payments of most blue invoices, with payer names as banks write them.

    Names are cut at 18 characters or widened, some payers are third parties, fees are taken off on the way,
    some payments name neither invoice nor customer, some come in two parts.

    Args:
        rng: random numbers.
        invoice: `invoices`.
        billing: the sheet of billing customers.
        buyer: per `order_no` the ERP's name of the customer in `title`, for orders without billing customer.
        start: the first running number.
    """
    blue = invoice.filter(pl.col("kind") == "blue")
    age = TODAY.toordinal() - 719163 - blue["invoice_date"].cast(pl.Int32).to_numpy()
    paid = (rng.random(blue.height) < np.where(age > 60, 0.93, 0.45)) & (age > 3)
    rows = np.flatnonzero(paid)
    parts = 1 + spread(rng, len(rows), 0.06).astype(np.int64)
    rows_of = np.repeat(rows, parts)
    count = len(rows_of)
    second = np.concatenate([[False], rows_of[1:] == rows_of[:-1]]) if count else np.zeros(0, dtype=bool)
    of = (
        blue[rows_of]
        .join(
            billing.select(customer_code="客户编码", title="发票抬头", account="银行账号"),
            on="customer_code",
            how="left",
            maintain_order="left",
        )
        .join(buyer.select("order_no", buyer="title"), on="order_no", how="left", maintain_order="left")
    )
    gross = of["gross_cents"].to_numpy()
    half = np.where(np.repeat(parts, parts) == 2, gross // 2, gross)
    due = np.where(second, gross - half, half)
    fee = np.where(spread(rng, count, 0.06), np.minimum(np.maximum(due // 200, 500), np.maximum(due // 2, 0)), 0)
    delay = 1 + (rng.random(count) * np.minimum(age[rows_of] - 1, 75)).astype(np.int64)
    received = of["invoice_date"].cast(pl.Int32).to_numpy() + delay
    third = spread(rng, count, 0.03)
    known = pl.concat([billing["发票抬头"], buyer["title"]])
    stranger = known.gather(rng.integers(0, max(len(known), 1), count))
    name = corruption.choose(third, stranger, of["title"].fill_null(of["buyer"]))
    name = corruption.choose(spread(rng, count, 0.2), name.str.slice(0, 18), name)
    name = corruption.choose(spread(rng, count, 0.25), name.str.to_uppercase(), name)
    name = corruption.full_width(name, spread(rng, count, 0.1))
    silent = spread(rng, count, 0.15)
    remark = pl.Series(REMARKS).gather(rng.integers(0, len(REMARKS), count))
    remark = corruption.choose(spread(rng, count, 0.3), remark + " " + of["invoice_no"], remark)
    account = corruption.choose(third, digits(rng, count, 16), of["account"])
    return pl.DataFrame(
        {
            "payment_no": keys("PM", start, count),
            "received_on": pl.Series(received.astype(np.int32)).cast(pl.Date),
            "payer_name": name,
            "payer_account": corruption.blank(account, spread(rng, count, 0.1)),
            "currency": of["currency"],
            "amount": money(due - fee),
            "fee": money(fee),
            "remark": remark,
            "invoice_no": corruption.blank(of["invoice_no"], silent),
            "customer_code": corruption.blank(of["customer_code"], silent | spread(rng, count, 0.1)),
            "legal_entity": of["legal_entity"],
        }
    ).select(PAYMENT)


def late_payments(invoice: pl.DataFrame, billing: pl.DataFrame, start: int, received_on: date) -> pl.DataFrame:
    """Payments in full of the given invoices, all received on one day."""
    payer = billing.select(customer_code="客户编码", title="发票抬头", account="银行账号")
    of = invoice.join(payer, on="customer_code", how="left", maintain_order="left")
    return of.select(
        payment_no=keys("PM", start, of.height),
        received_on=pl.lit(received_on.isoformat()),
        payer_name=pl.col("title").str.slice(0, 18),
        payer_account="account",
        currency="currency",
        amount="gross_amount",
        fee=pl.lit(0).cast(pl.Decimal(18, 2)),
        remark=pl.lit("货款"),
        invoice_no="invoice_no",
        customer_code="customer_code",
        legal_entity="legal_entity",
    ).select(PAYMENT)


def fx_rates(rng: np.random.Generator) -> pl.DataFrame:
    """Month-end rates of three years and today's, to CNY."""
    ages = np.arange(0, 1110, 30)
    frames = []
    for currency, rate in RATES_TO_CNY.items():
        drift = np.ones(len(ages)) if currency == "CNY" else 1 + rng.normal(0, 0.008, len(ages))
        frames.append(
            pl.DataFrame(
                {
                    "currency": pl.Series([currency]).new_from_index(0, len(ages)),
                    "rate_on": days(ages).cast(pl.String),
                    "rate_to_cny": np.round(rate * drift, 4),
                }
            )
        )
    return pl.concat(frames)
