"""The CRM: accounts, contacts and what happens with them, in one SQL database.

In: records of parties with their keys. Out: frames with exactly the columns of the CRM's tables.
Invariant: every foreign key points to a row of the same delivery.
What does not belong here: errors of content (`person_records`, `organization_records`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo import corruption
from mdm_pipeline.demo.calendar import days, days_ago, stamps
from mdm_pipeline.demo.crm_tables import COLUMNS, KEYS, POLARS_TYPES, metadata
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.places import CURRENCY
from mdm_pipeline.demo.tables import table, words

__all__ = ["COLUMNS", "KEYS", "POLARS_TYPES", "metadata"]

KINDS = {"O": "企业", "P": "个人", "S": "个体工商户"}
STAGES = ("prospecting", "qualified", "proposal", "negotiation", "won", "lost")
LOST_REASONS = ("price", "competitor", "no budget", "no decision", "product gap")
SUBJECTS = ("回访", "报价", "演示", "合同谈判", "Follow-up", "Quotation", "Visit", "售后跟进")
CASE_SUBJECTS = (
    "设备故障",
    "退货",
    "发票问题",
    "Delivery delayed",
    "Warranty claim",
    "使用咨询",
    "Wrong item",
)


def _any_of(rng: np.random.Generator, count: int, values: tuple[str, ...], p: list[float] | None = None) -> pl.Series:
    return pl.Series(np.array(values, dtype=object)[rng.choice(len(values), count, p=p)], dtype=pl.String)


def accounts(rng: np.random.Generator, records: pl.DataFrame, missing_kind: float) -> pl.DataFrame:
    """The table `account` from records with keys, roles and parents."""
    count = records.height
    created = days_ago(rng, count, 2000)
    updated = np.minimum(days_ago(rng, count, 700, recent=1.6), created)
    kind = records["kind"].replace_strict(KINDS)
    phone = corruption.choose(records["mobile"].is_not_null(), records["mobile"], records["phone"])
    personal = records["kind"] == "P"
    website = corruption.choose(
        ~personal & pl.Series(spread(rng, count, 0.5)),
        "www." + records["domain"],
        pl.lit(None, dtype=pl.String),
    )
    birth = corruption.choose(personal, records["birth"], pl.lit(None, dtype=pl.String))
    status = _any_of(rng, count, ("active", "inactive", "new"), [0.8, 0.12, 0.08])
    return records.with_columns(
        account_id="key",
        account_name="name",
        account_name_en="second_name",
        account_kind=corruption.blank(kind, spread(rng, count, missing_kind)),
        tax_no="tax",
        phone=phone,
        website=website,
        birth_date=birth,
        owner=words("owners").pick(rng, count, "owner"),
        status=status,
        created_at=stamps(rng, created, early=True),
        updated_at=stamps(rng, updated),
    ).select(COLUMNS["account"].split())


def contacts(
    rng: np.random.Generator,
    records: pl.DataFrame,
    *,
    only_full: float = 0.12,
    only_parts: float = 0.08,
    wechat: float = 0.2,
) -> pl.DataFrame:
    """The table `contact`; some users fill only the full name, some only first and last name."""
    count = records.height
    created = days_ago(rng, count, 2000)
    updated = np.minimum(days_ago(rng, count, 700, recent=1.6), created)
    titles = table("job_titles")[words("job_titles").draw(rng, count)]
    whole = spread(rng, count, only_full)
    apart = ~whole & spread(rng, count, only_parts)
    wechat_id = "wx_" + records["email"].str.extract(r"^([^@]+)@")
    return records.with_columns(
        contact_id="key",
        full_name=corruption.blank(records["name"], apart),
        first_name=corruption.blank(records["first"], whole),
        last_name=corruption.blank(records["last"], whole),
        name_local="second_name",
        birth_date="birth",
        wechat=corruption.blank(wechat_id, ~(spread(rng, count, wechat) & (records["country"] == "CN").to_numpy())),
        id_number="tax",
        job_title=corruption.choose(records["country"] == "CN", titles["zh"], titles["en"]),
        created_at=stamps(rng, created, early=True),
        updated_at=stamps(rng, updated),
    ).select(COLUMNS["contact"].split())


def account_contacts(rng: np.random.Generator, links: pl.DataFrame) -> pl.DataFrame:
    """The table `account_contact` from pairs (account_id, contact_id, role)."""
    links = links.unique(subset=["account_id", "contact_id", "role"], keep="first", maintain_order=True)
    count = links.height
    started = days_ago(rng, count, 1900)
    ended = days((started * rng.random(count)).astype(np.int64))
    over = spread(rng, count, 0.1)
    first = links.select((pl.int_range(pl.len()).over("account_id") == 0).cast(pl.Int64).alias("first"))["first"]
    return links.with_columns(
        is_primary=first,
        started_on=days(started).cast(pl.String),
        ended_on=corruption.blank(ended.cast(pl.String), ~over),
    ).select(COLUMNS["account_contact"].split())


def opportunities(rng: np.random.Generator, account: pl.DataFrame, start: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables `opportunity` and `opportunity_stage`, about one in two accounts has one."""
    per_account = rng.poisson(0.5, account.height)
    rows = np.repeat(np.arange(account.height), per_account)
    count = len(rows)
    of = account[rows]
    reached = rng.integers(0, 6, count)
    created = days_ago(rng, count, 900)
    lost = reached == 5
    currency = of["country"].replace_strict(CURRENCY, default="CNY")
    opportunity = pl.DataFrame(
        {
            "opportunity_id": keys("OP", start, count),
            "account_id": of["account_id"],
            "name": words("trades").pick(rng, count, "zh") + "采购",
            "stage": pl.Series(STAGES).gather(reached),
            "amount": np.round(rng.lognormal(10.5, 1.2, count), 2),
            "currency": currency,
            "close_on": days(created - rng.integers(20, 240, count)).cast(pl.String),
            "owner": of["owner"],
            "lost_reason": corruption.blank(_any_of(rng, count, LOST_REASONS), ~lost),
            "created_at": stamps(rng, created),
            "updated_at": stamps(rng, np.maximum((created * 0.3).astype(np.int64), 1)),
        }
    )
    passed = np.where(lost, rng.integers(1, 4, count), np.minimum(reached, 4))
    steps = np.repeat(np.arange(count), passed + 1)
    step = np.arange(len(steps)) - np.repeat(np.cumsum(passed + 1) - passed - 1, passed + 1)
    last = step == passed[steps]
    stage_number = np.where(last, reached[steps], np.minimum(step, 3))
    age = created[steps] * (1 - 0.6 * step / np.maximum(passed[steps], 1))
    stage = pl.DataFrame(
        {
            "opportunity_id": opportunity["opportunity_id"].gather(steps),
            "step": step + 1,
            "stage": pl.Series(STAGES).gather(stage_number),
            "entered_at": stamps(rng, np.maximum(age.astype(np.int64), 1)),
        }
    )
    return opportunity, stage


def activities(rng: np.random.Generator, links: pl.DataFrame, account: pl.DataFrame, start: int) -> pl.DataFrame:
    """The table `activity`: calls, mails, visits with an account, often with one of its contacts."""
    base = account.select("account_id", "owner").join(
        links.unique("account_id", keep="first", maintain_order=True).select("account_id", "contact_id"),
        on="account_id",
        how="left",
        maintain_order="left",
    )
    rows = np.repeat(np.arange(base.height), rng.poisson(1.5, base.height))
    count = len(rows)
    of = base[rows]
    return pl.DataFrame(
        {
            "activity_id": keys("AC", start, count),
            "account_id": of["account_id"],
            "contact_id": of["contact_id"],
            "kind": _any_of(rng, count, ("call", "email", "visit", "wechat")),
            "subject": _any_of(rng, count, SUBJECTS),
            "happened_at": stamps(rng, days_ago(rng, count, 730, recent=1.4)),
            "owner": of["owner"],
        }
    )


def service_cases(rng: np.random.Generator, links: pl.DataFrame, account: pl.DataFrame, start: int) -> pl.DataFrame:
    """The table `service_case`: one in six accounts complained or asked."""
    base = account.select("account_id").join(
        links.unique("account_id", keep="first", maintain_order=True).select("account_id", "contact_id"),
        on="account_id",
        how="left",
        maintain_order="left",
    )
    of = base[np.flatnonzero(spread(rng, base.height, 0.16))]
    count = of.height
    opened = days_ago(rng, count, 500)
    still_open = spread(rng, count, 0.2)
    return pl.DataFrame(
        {
            "case_id": keys("SC", start, count),
            "account_id": of["account_id"],
            "contact_id": of["contact_id"],
            "subject": _any_of(rng, count, CASE_SUBJECTS),
            "priority": _any_of(rng, count, ("low", "normal", "high"), [0.3, 0.5, 0.2]),
            "status": corruption.choose(still_open, pl.lit("open"), pl.lit("closed")),
            "opened_at": stamps(rng, opened),
            "closed_at": corruption.blank(stamps(rng, np.maximum(opened - rng.integers(0, 14, count), 0)), still_open),
        }
    )


def keys(prefix: str, start: int, count: int) -> pl.Series:
    """Running numbers of eight characters or more, from `start`."""
    return prefix + pl.Series(np.arange(start, start + count)).cast(pl.String).str.zfill(7)
