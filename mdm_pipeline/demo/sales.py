"""What a sales department keeps in the CRM besides its customers: campaigns, leads, contracts, consents, targets.

In: accounts, contacts, their links, opportunities. Out: frames with exactly the columns of the CRM's tables.
Invariant: every reference points to a row of the same delivery; nothing here tells anything new about who a party is.
What does not belong here: parties and their records; the numbers drawn for those are never drawn here.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo import corruption
from mdm_pipeline.demo.calendar import TODAY_NUMBER, YEARS_BACK, days, days_ago, stamps
from mdm_pipeline.demo.crm import keys
from mdm_pipeline.demo.crm_tables import COLUMNS
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.tables import table, words

CHANNELS = ("官网", "展会", "转介绍", "百度", "来电", "微信", "合作伙伴", "天猫", "web", "referral")
LEAD_STATUS = ("new", "working", "converted", "disqualified")
LEAD_REASONS = ("无预算", "联系不上", "重复", "not a fit")
ROLES = ("决策者", "采购", "使用者", "技术", "财务", "decision maker", "user")
ATTITUDES = ("支持", "中立", "反对", "champion", "neutral")
PURPOSES = ("marketing", "newsletter", "profiling")
TERMS = ("N30", "N60", "预付款", "月结")
BUSINESS_UNITS = ("BU-IND", "BU-CON", "BU-SVC")
CAMPAIGNS = 24


def sales_users() -> pl.DataFrame:
    """The table `sales_user`: who owns accounts; two of them have left."""
    owner = table("owners")["owner"]
    number = pl.Series(np.arange(owner.len()))
    left = number.is_in([4, 7])
    return pl.DataFrame(
        {
            "user_name": owner,
            "employee_no": "E" + (number + 1).cast(pl.String).str.zfill(4),
            "email": "sales" + (number + 1).cast(pl.String).str.zfill(2) + "@demo-group.example",
            "department": pl.Series(["华东销售部", "华南销售部", "International sales"]).gather(number % 3),
            "status": corruption.choose(left, pl.lit("离职"), pl.lit("在职")),
            "left_on": corruption.blank(days(np.full(owner.len(), 120)).cast(pl.String), ~left.to_numpy()),
        }
    ).select(COLUMNS["sales_user"].split())


def campaigns(rng: np.random.Generator) -> pl.DataFrame:
    """The table `campaign`: two years of them."""
    ages = np.arange(CAMPAIGNS) * 30 + 20
    budget = np.round(rng.lognormal(11, 0.6, CAMPAIGNS), -3)
    channel = pl.Series(CHANNELS[:8]).gather(rng.integers(0, 8, CAMPAIGNS))
    return pl.DataFrame(
        {
            "campaign_id": keys("CP", 1, CAMPAIGNS),
            "name": channel
            + pl.Series(["推广 ", "新品发布 ", "客户日 "]).gather(rng.integers(0, 3, CAMPAIGNS))
            + keys("", 1, CAMPAIGNS).str.slice(-2),
            "channel": channel,
            "status": corruption.choose(pl.Series(ages < 40), pl.lit("running"), pl.lit("finished")),
            "starts_on": days(ages).cast(pl.String),
            "ends_on": days(ages - 19).cast(pl.String),
            "budget": budget,
            "cost": np.round(budget * (0.6 + 0.6 * rng.random(CAMPAIGNS)), 2),
            "currency": pl.Series(["CNY"]).new_from_index(0, CAMPAIGNS),
            "business_unit": pl.Series(BUSINESS_UNITS).gather(rng.integers(0, 3, CAMPAIGNS)),
            "owner": words("owners").pick(rng, CAMPAIGNS, "owner"),
        }
    ).select(COLUMNS["campaign"].split())


def sales_targets() -> pl.DataFrame:
    """The table `sales_target`: per owner and quarter, in units of 10,000 (万元)."""
    owner = table("owners")["owner"]
    quarters = [("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-06-30"), ("2026-07-01", "2026-09-30"),
                ("2026-10-01", "2026-12-31")]  # fmt: skip
    rows = [
        (name, start, end, BUSINESS_UNITS[number % 3], 40.0 + 7.5 * (number % 4) + 5 * quarter, "CNY")
        for number, name in enumerate(owner)
        for quarter, (start, end) in enumerate(quarters)
    ]
    return pl.DataFrame(rows, schema=COLUMNS["sales_target"].split(), orient="row")


def leads(rng: np.random.Generator, account: pl.DataFrame, opportunity: pl.DataFrame, start: int) -> pl.DataFrame:
    """The table `lead`: one in six accounts was one, and as many came to nothing."""
    first = opportunity.unique("account_id", keep="first", maintain_order=True)
    base = account.join(
        first.select("account_id", "opportunity_id"), on="account_id", how="left", maintain_order="left"
    )
    of = base[np.flatnonzero(spread(rng, base.height, 0.3))]
    count = of.height
    converted = pl.Series(spread(rng, count, 0.5))
    age = days_ago(rng, count, YEARS_BACK // 4)
    waited = np.minimum(rng.lognormal(4.6, 1.4, count), 20_000)
    came = (TODAY_NUMBER - age) * 86_400 + rng.integers(1_800, 40_000, count)
    contacted = came + (waited * 60).astype(np.int64)
    status = pl.Series(LEAD_STATUS).gather(rng.choice([0, 1, 3], count, p=[0.3, 0.4, 0.3]))
    status = corruption.choose(converted, pl.lit("converted"), status)
    nobody = (status == "new").to_numpy()
    none = pl.Series([None] * count, dtype=pl.String)
    return pl.DataFrame(
        {
            "lead_id": keys("LD", start, count),
            "name": of["account_name"].str.slice(0, 20),
            "company_name": corruption.choose(of["account_kind"] == "企业", of["account_name"], none),
            "phone": of["phone"],
            "email": of["email"],
            "channel": pl.Series(CHANNELS).gather(rng.integers(0, len(CHANNELS), count)),
            "campaign_id": corruption.blank(
                keys("CP", 1, CAMPAIGNS).gather(rng.integers(0, CAMPAIGNS, count)), ~spread(rng, count, 0.4)
            ),
            "status": status,
            "lost_reason": corruption.blank(
                pl.Series(LEAD_REASONS).gather(rng.integers(0, 4, count)), (status != "disqualified").to_numpy()
            ),
            "account_id": corruption.choose(converted, of["account_id"], none),
            "opportunity_id": corruption.choose(converted, of["opportunity_id"], none),
            "owner": of["owner"],
            "created_at": _moments(came),
            "first_contact_at": corruption.blank(_moments(contacted), nobody),
            "converted_at": corruption.blank(_moments(contacted + 3 * 86_400), ~converted.to_numpy()),
            "updated_at": _moments(np.maximum(contacted, came) + 3 * 86_400),
        }
    ).select(COLUMNS["lead"].split())


def campaign_members(rng: np.random.Generator, contact: pl.DataFrame) -> pl.DataFrame:
    """The table `campaign_member`: one in five contacts was addressed once."""
    of = contact[np.flatnonzero(spread(rng, contact.height, 0.2))]
    count = of.height
    responded = spread(rng, count, 0.3)
    return pl.DataFrame(
        {
            "campaign_id": keys("CP", 1, CAMPAIGNS).gather(rng.integers(0, CAMPAIGNS, count)),
            "contact_id": of["contact_id"],
            "status": corruption.choose(responded, pl.lit("responded"), pl.lit("sent")),
            "responded_at": corruption.blank(stamps(rng, days_ago(rng, count, 700)), ~responded),
        }
    ).select(COLUMNS["campaign_member"].split())


def opportunity_contacts(rng: np.random.Generator, links: pl.DataFrame, opportunity: pl.DataFrame) -> pl.DataFrame:
    """The table `opportunity_contact`: up to two contacts of the account in each opportunity."""
    people = links.unique(["account_id", "contact_id"], keep="first", maintain_order=True)
    people = people.filter(pl.int_range(pl.len()).over("account_id") < 2)
    rows = opportunity.select("opportunity_id", "account_id").join(
        people.select("account_id", "contact_id"), on="account_id", how="inner", maintain_order="left"
    )
    count = rows.height
    first = pl.int_range(pl.len()).over("opportunity_id") == 0
    return rows.with_columns(
        role=pl.Series(ROLES).gather(rng.integers(0, len(ROLES), count)),
        attitude=corruption.blank(
            pl.Series(ATTITUDES).gather(rng.integers(0, len(ATTITUDES), count)), spread(rng, count, 0.3)
        ),
        is_primary=first.cast(pl.Int64),
    ).select(COLUMNS["opportunity_contact"].split())


def contracts(rng: np.random.Generator, opportunity: pl.DataFrame, start: int) -> pl.DataFrame:
    """The table `contract`: one for most of the opportunities that were won."""
    won = opportunity.filter(pl.col("stage") == "won")
    of = won[np.flatnonzero(spread(rng, won.height, 0.8))]
    count = of.height
    age = days_ago(rng, count, 700)
    years = rng.integers(1, 4, count)
    over = age > years * 365
    return pl.DataFrame(
        {
            "contract_id": keys("HT", start, count),
            "account_id": of["account_id"],
            "opportunity_id": of["opportunity_id"],
            "name": of["name"] + "合同",
            "kind": pl.Series(["销售合同", "框架协议", "服务合同"]).gather(rng.integers(0, 3, count)),
            "status": corruption.choose(over, pl.lit("expired"), pl.lit("active")),
            "signed_on": days(age).cast(pl.String),
            "starts_on": days(age).cast(pl.String),
            "ends_on": days(age - years * 365 + 1).cast(pl.String),
            "auto_renew": spread(rng, count, 0.3).astype(np.int64),
            "payment_terms": pl.Series(TERMS).gather(rng.integers(0, len(TERMS), count)),
            "amount": of["amount"],
            "currency": of["currency"],
            "owner": of["owner"],
            "updated_at": stamps(rng, age),
        }
    ).select(COLUMNS["contract"].split())


def installed_assets(rng: np.random.Generator, account: pl.DataFrame, start: int) -> pl.DataFrame:
    """The table `installed_asset`: machines at one in four companies."""
    companies = account.filter(pl.col("account_kind") == "企业")
    of = companies[np.flatnonzero(spread(rng, companies.height, 0.25))]
    count = of.height
    machines = table("products").filter(pl.col("product_line") == "工业")["product_no"]
    age = days_ago(rng, count, YEARS_BACK)
    return pl.DataFrame(
        {
            "asset_id": keys("EQ", start, count),
            "account_id": of["account_id"],
            "product_no": machines.gather(rng.integers(0, len(machines), count)),
            "serial_no": "SN" + keys("", start, count),
            "status": corruption.choose(spread(rng, count, 0.1), pl.lit("停用"), pl.lit("运行中")),
            "installed_on": days(age).cast(pl.String),
            "warranty_until": days(age - 730).cast(pl.String),
            "life_months": pl.Series([60, 84, 96, 120]).gather(rng.integers(0, 4, count)),
        }
    ).select(COLUMNS["installed_asset"].split())


def consents(rng: np.random.Generator, contact: pl.DataFrame, start: int) -> pl.DataFrame:
    """The table `consent`: two in five contacts decided something."""
    of = contact[np.flatnonzero(spread(rng, contact.height, 0.4))]
    count = of.height
    return pl.DataFrame(
        {
            "consent_id": keys("CS", start, count),
            "contact_id": of["contact_id"],
            "purpose": pl.Series(PURPOSES).gather(rng.integers(0, len(PURPOSES), count)),
            "channel": pl.Series(["email", "sms", "电话"]).gather(rng.integers(0, 3, count)),
            "status": corruption.choose(spread(rng, count, 0.2), pl.lit("withdrawn"), pl.lit("given")),
            "decided_at": stamps(rng, days_ago(rng, count, 1000)),
            "evidence": pl.Series(["web form", "signed paper", "call"]).gather(rng.integers(0, 3, count)),
        }
    ).select(COLUMNS["consent"].split())


def _moments(seconds: np.ndarray) -> pl.Series:
    """Time stamps from seconds since 1970."""
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S")
