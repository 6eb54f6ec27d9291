"""Billing profiles (开票信息), bank accounts with mandates, and credit limits of parties.

In: landed rows, mapping, countries. Out: rows of `staging.billing_profile`, `bank_account` and `credit_limit`.
Invariant: a row stands only where at least one of its cells is filled; the same account stands once per record.
Does not belong here: invoices; profiles, accounts and limits that a source keeps in tables of their own (`events`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from mdm_pipeline.config.mappings import BankAccountMapping, BillingMapping, CreditMapping, PartyMapping
from mdm_pipeline.hub.contract.staging import BANK_ACCOUNT, BILLING_PROFILE, CREDIT_LIMIT
from mdm_pipeline.staging.derived import accounts
from mdm_pipeline.staging.distinct import per_part, per_row
from mdm_pipeline.staging.events import coded
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.values import Typed, booleans, currencies, dates, numbers, plain_text
from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.identifiers import standardize_identifiers

_FIELDS = tuple(BillingMapping.model_fields)
_SEQUENCES = {"ooff": "one_off", "one-off": "one_off", "frst": "first", "rcur": "recurring", "fnal": "final"}
_STATUSES = {
    "a": "active", "valid": "active", "有效": "active", "cancelled": "canceled", "revoked": "canceled",
    "撤销": "canceled", "已撤销": "canceled", "失效": "expired", "过期": "expired", "暂停": "suspended",
}  # fmt: skip


def billing_profiles(landed: LandedRows, mappings: Sequence[BillingMapping], country: pl.Series) -> pl.DataFrame:
    """Profiles of each record that have any cell filled besides the legal entity, numbered in the mapping's order."""
    frames = [_profile(landed, mapping, country) for mapping in mappings]
    found = _numbered(pl.concat(frames), "profile_no")
    return found.select(BILLING_PROFILE.column_names)


def _profile(landed: LandedRows, mapping: BillingMapping, country: pl.Series) -> pl.DataFrame:
    text = {field: plain_text(landed.column(getattr(mapping, field))) for field in _FIELDS}
    text["tax_id"] = _tax_ids(text["tax_id"], country)
    text["bank_account"] = text["bank_account"].str.replace_all(r"[\s-]", "")
    text["delivery_email"] = _first_email(text["delivery_email"])
    filled = pl.any_horizontal(pl.col(field).is_not_null() for field in _FIELDS if field != "legal_entity")
    return _of_party(landed, text).filter(filled)


def bank_accounts(landed: LandedRows, party: PartyMapping, findings: Findings) -> pl.DataFrame:
    """Accounts of each record, each once, with their mandates."""
    frames = [_accounts(landed, party, mapping, findings) for mapping in party.bank_accounts]
    found = pl.concat(frames).unique(["record_id", "account", "mandate_no"], keep="first", maintain_order=True)
    return _numbered(found, "account_no").select(BANK_ACCOUNT.column_names)


def _accounts(landed: LandedRows, party: PartyMapping, mapping: BankAccountMapping, findings: Findings) -> pl.DataFrame:
    read = accounts(plain_text(landed.column(mapping.account)))
    currency = _currency(landed, mapping.currency)
    signed = dates(
        landed.column(mapping.mandate_signed_on), party.date_order, party.number_dates, landed.source.time_zone
    )
    sequence = _word(landed.column(mapping.mandate_sequence), "mandate_sequence", _SEQUENCES)
    status = _word(landed.column(mapping.mandate_status), "mandate_status", _STATUSES)
    _report(landed, findings, mapping.currency, currency, "currency code")
    _report(landed, findings, mapping.mandate_signed_on, signed, "date")
    _report(landed, findings, mapping.mandate_sequence, sequence, "mandate sequence")
    _report(landed, findings, mapping.mandate_status, status, "mandate status")
    columns = {
        "legal_entity": plain_text(landed.column(mapping.legal_entity)),
        "account": read["account"],
        "is_iban": read["is_iban"],
        "holder": plain_text(landed.column(mapping.holder)),
        "bank_name": plain_text(landed.column(mapping.bank_name)),
        "bank_code": plain_text(landed.column(mapping.bank_code)),
        "currency": currency.values,
        "mandate_no": plain_text(landed.column(mapping.mandate_no)),
        "mandate_signed_on": signed.values,
        "mandate_sequence": sequence.values,
        "mandate_status": status.values,
    }
    return _of_party(landed, columns).filter(pl.col("account").is_not_null())


def credit_limits(landed: LandedRows, mapping: CreditMapping, findings: Findings) -> pl.DataFrame:
    """One limit per record that has an amount, terms of payment or a mark that it is blocked."""
    amount = numbers(landed.column(mapping.amount), 18, 2)
    blocked = booleans(landed.column(mapping.blocked))
    currency = _currency(landed, mapping.currency)
    _report(landed, findings, mapping.amount, amount, "number")
    _report(landed, findings, mapping.blocked, blocked, "yes or no")
    _report(landed, findings, mapping.currency, currency, "currency code")
    terms = landed.column(mapping.payment_terms)
    columns = {
        "legal_entity": plain_text(landed.column(mapping.legal_entity)),
        "currency": currency.values,
        "amount": amount.values,
        "payment_terms": plain_text(terms),
        "payment_term_code": coded(landed, terms, column="payment_term_code", codes="payment_term", findings=findings),
        "is_blocked": blocked.values,
        "valid_from": pl.repeat(None, landed.frame.height, dtype=pl.Date, eager=True),
        "valid_to": pl.repeat(None, landed.frame.height, dtype=pl.Date, eager=True),
    }
    frame = _of_party(landed, columns).select(CREDIT_LIMIT.column_names)
    filled = pl.any_horizontal(pl.col("amount", "payment_terms").is_not_null()) | pl.col("is_blocked").fill_null(False)
    # A column of marks says "not blocked" by an empty cell.
    marked = pl.col("is_blocked").fill_null(False) if mapping.blocked else pl.col("is_blocked")
    return frame.filter(filled).with_columns(marked)


def _of_party(landed: LandedRows, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Rows that belong to the party of the same record."""
    own = {
        "record_id": landed.ids,
        "source": landed.same(landed.source.name),
        "party_ref": landed.frame["record_ref"],
    }
    return pl.DataFrame(own | dict(columns))


def _numbered(found: pl.DataFrame, name: str) -> pl.DataFrame:
    """Rows by record, in the order of their mappings, numbered from 1."""
    found = found.sort("record_id", maintain_order=True)
    return found.with_columns(pl.int_range(1, pl.len() + 1).over("record_id").cast(pl.Int32).alias(name))


def _currency(landed: LandedRows, column: str | None) -> Typed:
    return currencies(landed.codes.configured(landed.source.name, "currency", landed.column(column)))


def _word(raw: pl.Series, column: str, synonyms: Mapping[str, str]) -> Typed:
    """One of the values that the contract allows."""
    text = plain_text(raw).str.to_lowercase()
    known = {value: value for value in BANK_ACCOUNT.column(column).values} | dict(synonyms)
    values = text.replace_strict(
        pl.Series(list(known), dtype=pl.String),
        pl.Series(list(known.values()), dtype=pl.String),
        default=None,
        return_dtype=pl.String,
    )
    return Typed(values, values.is_null() & text.is_not_null())


def _report(landed: LandedRows, findings: Findings, column: str | None, typed: Typed, kind: str) -> None:
    if column is not None:
        findings.add(
            typed.bad,
            column=column,
            rule=f"not_a_{kind.replace(' ', '_')}",
            value=landed.column(column),
            expected=f"is not a {kind}; the value is left empty, correct it at the source",
        )


def _tax_ids(raw: pl.Series, country: pl.Series) -> pl.Series:
    inputs = pl.DataFrame({"raw": raw, "country": country}).with_columns(pl.lit("tax").alias("scheme_hint"))
    return per_row(inputs, standardize_identifiers)["value"]


def _first_email(text: pl.Series) -> pl.Series:
    read = per_part(text.to_frame("raw"), lambda frame: standardize_emails(frame["raw"]))
    first = read.drop_nulls("email").unique("row", keep="first", maintain_order=True).select("row", "email")
    joined = text.to_frame("raw").with_row_index("row").join(first, on="row", how="left", maintain_order="left")
    return joined.select(pl.coalesce("email", "raw").alias("email"))["email"]
