"""Billing profiles (开票信息) and credit limits of parties.

In: landed rows, mapping, countries. Out: rows of `staging.billing_profile` and `staging.credit_limit`.
Invariant: a row stands only where at least one of its cells is filled.
Does not belong here: invoices.
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.sources import BillingMapping, CreditMapping
from mdm_pipeline.hub.contract.staging import BILLING_PROFILE
from mdm_pipeline.staging.distinct import per_part, per_row
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.values import booleans, currencies, numbers, plain_text
from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.identifiers import standardize_identifiers

_FIELDS = BILLING_PROFILE.column_names[2:]


def billing_profiles(landed: LandedRows, mapping: BillingMapping, country: pl.Series) -> pl.DataFrame:
    """One profile per record that has any cell of it filled besides the legal entity."""
    text = {field: plain_text(landed.column(getattr(mapping, field))) for field in _FIELDS}
    text["tax_id"] = _tax_ids(text["tax_id"], country)
    text["bank_account"] = text["bank_account"].str.replace_all(r"[\s-]", "")
    text["delivery_email"] = _first_email(text["delivery_email"])
    filled = pl.any_horizontal(pl.col(field).is_not_null() for field in _FIELDS if field != "legal_entity")
    frame = pl.DataFrame({"record_id": landed.ids} | text).filter(filled)
    return frame.select("record_id", pl.lit(1).cast(pl.Int32).alias("profile_no"), *_FIELDS)


def credit_limits(landed: LandedRows, mapping: CreditMapping, findings: Findings) -> pl.DataFrame:
    """One limit per record that has an amount, terms of payment or a mark that it is blocked."""
    amount = numbers(landed.column(mapping.amount), 18, 2)
    blocked = booleans(landed.column(mapping.blocked))
    currency = currencies(landed.column(mapping.currency))
    for name, typed, kind in (
        (mapping.amount, amount, "number"),
        (mapping.blocked, blocked, "yes or no"),
        (mapping.currency, currency, "currency code"),
    ):
        if name is not None:
            findings.add(
                typed.bad,
                column=name,
                rule=f"not_a_{kind.replace(' ', '_')}",
                value=landed.column(name),
                expected=f"is not a {kind}; the value is left empty, correct it at the source",
            )
    frame = pl.DataFrame(
        {
            "record_id": landed.ids,
            "legal_entity": plain_text(landed.column(mapping.legal_entity)),
            "currency": currency.values,
            "amount": amount.values,
            "payment_terms": plain_text(landed.column(mapping.payment_terms)),
            "is_blocked": blocked.values,
        }
    )
    filled = pl.any_horizontal(pl.col("amount", "payment_terms").is_not_null()) | pl.col("is_blocked").fill_null(False)
    # A column of marks says "not blocked" by an empty cell.
    marked = pl.col("is_blocked").fill_null(False) if mapping.blocked else pl.col("is_blocked")
    return frame.filter(filled).with_columns(marked)


def _tax_ids(raw: pl.Series, country: pl.Series) -> pl.Series:
    inputs = pl.DataFrame({"raw": raw, "country": country}).with_columns(pl.lit("tax").alias("scheme_hint"))
    return per_row(inputs, standardize_identifiers)["value"]


def _first_email(text: pl.Series) -> pl.Series:
    read = per_part(text.to_frame("raw"), lambda frame: standardize_emails(frame["raw"]))
    first = read.drop_nulls("email").unique("row", keep="first", maintain_order=True).select("row", "email")
    joined = text.to_frame("raw").with_row_index("row").join(first, on="row", how="left", maintain_order="left")
    return joined.select(pl.coalesce("email", "raw").alias("email"))["email"]
