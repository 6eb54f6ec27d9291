"""The ERP: customers, products, orders and order lines.

In: records of parties with their keys. Out: frames with exactly the columns of the ERP's files.
Invariant: the net amount of an order is the sum of its lines; a line is quantity x price less discount.
What does not belong here: invoices (`finance`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo import corruption
from mdm_pipeline.demo.calendar import days, days_ago
from mdm_pipeline.demo.crm import keys
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.places import CURRENCY
from mdm_pipeline.demo.tables import table

CUSTOMER = [
    "customer_no",
    "customer_type",
    "name1",
    "name2",
    "search_term",
    "birth_date",
    "reg_no",
    "phone",
    "email",
    "street",
    "city",
    "region",
    "postcode",
    "country_code",
    "legal_entity",
    "business_unit",
    "payment_terms",
    "currency",
    "credit_limit",
    "blocked",
    "changed_on",
]
TYPES = {"O": "1", "P": "2", "S": "3"}
LEGAL_ENTITY = {
    "CN": "CN01",
    "HK": "HK01",
    "SG": "HK01",
    "US": "US01",
    "GB": "US01",
    "DE": "DE01",
    "FR": "DE01",
}
BUSINESS_UNITS = ("BU-IND", "BU-CON", "BU-SVC")
RATES_TO_CNY = {"CNY": 1.0, "USD": 7.1, "EUR": 7.8, "HKD": 0.91, "GBP": 9.1}


def money(cents: np.ndarray) -> pl.Series:
    """Whole cents as a decimal with two places."""
    return pl.select((pl.Series(cents).cast(pl.Decimal(20, 2)) / 100).cast(pl.Decimal(18, 2)).alias("m"))["m"]


def customers(rng: np.random.Generator, records: pl.DataFrame, *, parted_names: float = 0.06) -> pl.DataFrame:
    """The file `customers.csv`: long names run over into name2, as fields of 35 characters make them.

    Args:
        rng: random numbers.
        records: records with keys.
        parted_names: share of persons with the last name in name1 and the first name in name2.
    """
    count = records.height
    name = records["name"]
    personal = records["kind"] == "P"
    parted = personal & pl.Series(spread(rng, count, parted_names)) & records["first"].is_not_null()
    head = corruption.choose(parted, records["last"], name.str.slice(0, 35))
    rest = corruption.choose(name.str.len_chars() > 35, name.str.slice(35), pl.lit(None, dtype=pl.String))
    rest = corruption.choose(parted, records["first"], rest)
    birth = records["birth"].str.replace_all("-", "")
    phone = corruption.choose(records["mobile"].is_not_null(), records["mobile"], records["phone"])
    limit = np.round(rng.lognormal(10, 1, count), -3)
    return records.with_columns(
        customer_no="key",
        customer_type=records["kind"].replace_strict(TYPES),
        name1=head,
        name2=rest,
        search_term=name.str.replace_all("[ .,&（）()]", "").str.slice(0, 10).str.to_uppercase(),
        birth_date=birth,
        reg_no="tax",
        phone=phone,
        street="address",
        region="province",
        country_code="country",
        legal_entity=records["country"].replace_strict(LEGAL_ENTITY),
        business_unit=pl.Series(BUSINESS_UNITS).gather(rng.integers(0, 3, count)),
        payment_terms=pl.Series(["N30", "N60", "COD", "N14"]).gather(rng.integers(0, 4, count)),
        currency=records["country"].replace_strict(CURRENCY),
        credit_limit=pl.select(pl.when(~personal).then(pl.Series(limit)).alias("l"))["l"].cast(pl.Int64),
        blocked=corruption.choose(spread(rng, count, 0.02), pl.lit("X"), pl.lit("")),
        changed_on=days(days_ago(rng, count, 900, recent=1.5)).dt.strftime("%Y%m%d"),
    ).select(CUSTOMER)


def orders(rng: np.random.Generator, customer: pl.DataFrame, start: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines; few customers place most of the orders.

    Returns:
        Orders (with the helper column `net_cents`) and order lines.
    """
    often = np.minimum(rng.geometric(0.42, customer.height) - 1, 40) + np.minimum(rng.pareto(1.6, customer.height), 40)
    per_customer = np.floor(often * (0.55 + 0.6 * rng.random(customer.height))).astype(np.int64)
    rows = np.repeat(np.arange(customer.height), per_customer)
    count = len(rows)
    of = customer[rows]
    age = days_ago(rng, count, 1095, recent=1.2)
    status = np.where(age < 20, rng.integers(0, 2, count), rng.choice([2, 3, 4], count, p=[0.2, 0.75, 0.05]))
    order = pl.DataFrame(
        {
            "order_no": keys("SO", start, count),
            "customer_no": of["customer_no"],
            "order_date": days(age),
            "legal_entity": of["legal_entity"],
            "business_unit": of["business_unit"],
            "currency": of["currency"],
            "status": pl.Series(["open", "confirmed", "delivered", "closed", "cancelled"]).gather(status),
        }
    )
    line = _lines(rng, order)
    return _with_totals(order, line, np.maximum(age - rng.integers(0, 30, count), 0))


def one_order_each(rng: np.random.Generator, customer: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One delivered order per customer, 30 days old; orders with `net_cents`, and their lines."""
    order = customer.select(
        "customer_no",
        "legal_entity",
        "business_unit",
        "currency",
        order_no=keys("SO", 1, customer.height),
        order_date=days(np.full(customer.height, 30)),
        status=pl.lit("delivered"),
    )
    return _with_totals(order, _lines(rng, order), np.full(customer.height, 20))


def _with_totals(order: pl.DataFrame, line: pl.DataFrame, changed: np.ndarray) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders with the sum of their lines and the day of the last change, and the lines."""
    sums = line.group_by("order_no", maintain_order=True).agg(pl.col("net_cents").sum())
    order = order.join(sums, on="order_no", how="left", maintain_order="left")
    order = order.with_columns(
        net_amount=money(order["net_cents"].to_numpy()), changed_at=days(changed).cast(pl.Datetime("us"))
    )
    return order, with_deliveries(line.drop("net_cents"), order)


def with_deliveries(line: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    """Lines with what was delivered of them by the order's status; confirmed orders are half on their way."""
    status = line.select("order_no").join(
        order.select("order_no", "status"), on="order_no", how="left", maintain_order="left"
    )["status"]
    whole = status.is_in(["delivered", "closed"])
    part = pl.when(pl.lit(status == "confirmed")).then(pl.col("quantity") // 2).otherwise(0)
    return line.with_columns(delivered_quantity=pl.when(pl.lit(whole)).then("quantity").otherwise(part).cast(pl.Int64))


ORDER = [
    "order_no",
    "customer_no",
    "order_date",
    "legal_entity",
    "business_unit",
    "currency",
    "status",
    "net_amount",
    "changed_at",
]


def _lines(rng: np.random.Generator, order: pl.DataFrame) -> pl.DataFrame:
    products = table("products")
    per_order = np.minimum(rng.geometric(0.5, order.height), 8)
    rows = np.repeat(np.arange(order.height), per_order)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(per_order) - per_order, per_order) + 1
    product = rng.integers(0, products.height, len(rows))
    list_price = products["list_price"].cast(pl.Float64).to_numpy()[product]
    rate = order["currency"].replace_strict(RATES_TO_CNY, return_dtype=pl.Float64).to_numpy()[rows]
    price = np.maximum(np.round(list_price / rate * 100), 1).astype(np.int64)
    quantity = np.minimum(rng.geometric(0.25, len(rows)), 200).astype(np.int64)
    discount = rng.choice([0, 5, 10, 15], len(rows), p=[0.6, 0.2, 0.15, 0.05])
    net = (price * quantity * (100 - discount) + 50) // 100
    return pl.DataFrame(
        {
            "order_no": order["order_no"].gather(rows),
            "line_no": number * 10,
            "product_no": products["product_no"].gather(product),
            "quantity": quantity,
            "unit": products["unit"].gather(product),
            "unit_price": money(price),
            "discount_rate": discount / 100,
            "net_amount": money(net),
            "net_cents": net,
        }
    )
