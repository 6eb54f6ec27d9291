"""What a business registry says of a party, and what changed there since the last run.

In: landed rows of a registry (scope `reference`) and their mapping. Out: rows of `staging.registration`; one row of
`staging.registry_event` per attribute that changed. Invariant: an event has the old and the new value as the registry
wrote them, so a better standardizer is no event; the same nights give the same events.
Does not belong here: which customer a registry row joins (matching).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.mappings import RegistrationMapping
from mdm_pipeline.hub.contract.staging import REGISTRATION
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.values import currencies, numbers, plain_text

_HERE = Path(__file__).parent
# By the first word that the registry's text begins with: 吊销，未注销 is revoked, 存续（在营、开业、在册） active.
_STATUSES = {
    "active": ("存续", "在业", "在营", "开业", "正常", "登记成立", "active", "issued", "registered", "good standing"),
    "moved_out": ("迁出", "迁往", "moved"),
    "suspended": ("停业", "歇业", "suspended", "dormant"),
    "liquidation": ("清算", "破产", "liquidation", "in liquidation", "insolvent"),
    "revoked": ("吊销", "撤销", "责令关闭", "revoked", "struck"),
    "deregistered": ("注销", "已注销", "inactive", "deregistered", "dissolved", "cancelled", "canceled", "closed"),
}
_CURRENCY_WORDS = {
    "人民币": "CNY", "美元": "USD", "港元": "HKD", "港币": "HKD", "欧元": "EUR", "日元": "JPY", "英镑": "GBP",
    "新加坡元": "SGD", "新台币": "TWD", "澳元": "AUD", "加元": "CAD",
}  # fmt: skip


def registrations(
    landed: LandedRows, mapping: RegistrationMapping, parties: pl.DataFrame, findings: Findings
) -> pl.DataFrame:
    """One registration per row.

    Args:
        landed: the registry's rows.
        mapping: their columns.
        parties: the same rows as `staging.party`, in the same order: names and dates.
        findings: receives what could not be read.

    Returns:
        Rows of `staging.registration`.
    """
    status = plain_text(landed.column(mapping.status))
    text, told_currency = capital_and_currency(landed.column(mapping.capital))
    capital = numbers(text, 24, 2, unit=mapping.capital_unit)
    findings.add(
        capital.bad,
        column=mapping.capital or "",
        rule="not_a_number",
        value=landed.column(mapping.capital),
        expected="is not a number; the capital is left empty, correct it at the source",
    )
    named = pl.select(
        pl.coalesce(
            pl.lit(told_currency),
            pl.lit(currencies(landed.column(mapping.currency)).values),
            pl.lit(landed.same(mapping.capital_currency)),
        )
    ).to_series()
    frame = pl.DataFrame(
        {
            "record_id": landed.ids,
            "source": landed.same(landed.source.name),
            "party_ref": landed.frame["record_ref"],
            "status": status,
            "status_code": status_codes(status),
            "legal_representative": plain_text(landed.column(mapping.legal_representative)),
            "capital": capital.values,
            "currency": named.set(capital.values.is_null(), None),
        }
    )
    names = parties.select("record_id", pl.col("name_original").alias("registered_name"), established_on="birth_on")
    return frame.join(names, on="record_id", how="left", maintain_order="left").select(REGISTRATION.column_names)


def status_codes(status: pl.Series) -> pl.Series:
    """The code of each status; null where its first word is unknown."""
    text = pl.col("status").str.to_lowercase().str.strip_chars(" （）()[]【】")
    codes = [
        pl.when(pl.any_horizontal(text.str.starts_with(word) for word in words)).then(pl.lit(code))
        for code, words in _STATUSES.items()
    ]
    return status.to_frame("status").select(pl.coalesce(*codes).alias("status_code"))["status_code"]


def capital_and_currency(raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The amount without the currency's words, and the currency they name: 1500万元人民币, 200万美元.

    Args:
        raw: as the registry writes it.

    Returns:
        Texts of amounts, unit characters kept; ISO 4217 codes, null where no currency is named.
    """
    text = pl.col("text")
    named = [pl.when(text.str.contains(word)).then(pl.lit(code)) for word, code in _CURRENCY_WORDS.items()]
    words = "|".join((*_CURRENCY_WORDS, "元", "圆"))
    frame = (
        plain_text(raw)
        .to_frame("text")
        .select(
            text.str.replace_all(words, "").str.strip_chars(" ()").alias("amount"),
            pl.coalesce(*named).alias("currency"),
        )
    )
    return frame["amount"], frame["currency"]


def note_registrations(con: DuckDBPyConnection) -> None:
    """Remember what the registry said of the records in scope before they are written.

    Args:
        con: the hub; `staging_scope` holds the records.
    """
    run_sql(con, _HERE / "registrations_before.sql")


def log_registry_events(con: DuckDBPyConnection, as_of: datetime) -> None:
    """Append what has become different.

    Args:
        con: the hub, after `note_registrations` and after the tables were written.
        as_of: the run's time, UTC.
    """
    run_sql(con, _HERE / "registry_events.sql", {"as_of": as_of.replace(tzinfo=None)})
