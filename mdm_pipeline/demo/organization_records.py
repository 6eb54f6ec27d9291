"""Records of organizations: what CRM, ERP and finance wrote down about each of them, errors included.

In: the true organizations, where they are recorded, `ErrorRates`.
Out: one row per record with columns `RECORD`.
Invariant: each record tells of the organization in its column `party`, however badly.
What does not belong here: the systems' own tables and keys (`systems`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo import corruption
from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.person_records import PLACEHOLDER_EMAILS, PLACEHOLDER_PHONES, PLACEHOLDER_TEXTS, RECORD
from mdm_pipeline.demo.places import PLACE
from mdm_pipeline.demo.rendering import addresses, columns_of, phones
from mdm_pipeline.demo.tables import table


def organization_records(
    rng: np.random.Generator, companies: pl.DataFrame, placed: pl.DataFrame, rates: ErrorRates
) -> pl.DataFrame:
    """Write down the organizations.

    Args:
        rng: random numbers.
        companies: `organizations.organizations`.
        placed: columns `party` and `table`, one row per record.
        rates: how often each error occurs.
    """
    true = companies[placed["party"]]
    count = true.height
    use_old = true["has_moved"].to_numpy() & spread(rng, count, rates.old_value)
    where = columns_of(rng, true, PLACE, use_old)
    phone = _phones(rng, true, rates)
    suffixed = (where["country"] == "CN").to_numpy() & spread(rng, count, 0.5)
    return (
        _names(rng, true, rates)
        .with_columns(
            party=placed["party"],
            table=placed["table"],
            kind=corruption.choose(true["is_shop"], pl.lit("S"), pl.lit("O")),
            country=true["country"],
            first=pl.lit(None, dtype=pl.String),
            last=pl.lit(None, dtype=pl.String),
            gender=pl.lit(None, dtype=pl.String),
            birth=pl.lit(None, dtype=pl.String),
            mobile=pl.lit(None, dtype=pl.String),
            phone=phone,
            email=_emails(rng, true, rates),
            tax=_tax_ids(rng, true, rates),
            province=where["province"],
            city=corruption.choose(suffixed, where["city"] + "市", where["city"]),
            address=_addresses(rng, where, rates),
            postcode=corruption.blank(where["postcode"], spread(rng, count, 0.3)),
            employer=pl.lit(-1, dtype=pl.Int64),
        )
        .select(RECORD)
    )


def _registered(core: pl.Expr, trade: pl.Expr, form: pl.Expr) -> pl.Expr:
    """The registered Chinese name, with the city of the seat in one of the usual places."""
    style, city = pl.col("name_style"), pl.col("seat_city")
    name = (
        pl.when(pl.col("is_shop"))
        .then(core + trade)
        .when(style < 6)
        .then(city + pl.lit("市") + core + trade + form)
        .when(style < 8)
        .then(city + core + trade + form)
        .when(style < 9)
        .then(core + pl.lit("（") + city + pl.lit("）") + trade + form)
        .otherwise(core + trade + form)
    )
    return pl.when(pl.col("is_branch")).then(name + pl.col("city") + pl.lit("分公司")).otherwise(name)


def _names(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> pl.DataFrame:
    """The name, the name in the other script and the former name."""
    count = true.height
    chinese = (true["country"] == "CN").to_numpy()
    english = true["is_both"].to_numpy() & spread(rng, count, rates.latin_spelling)
    former = true["is_renamed"].to_numpy() & spread(rng, count, rates.old_value)
    zh_form, latin_form = _forms(rng, true, rates)
    short = spread(rng, count, rates.short_name) & ~true["is_shop"].to_numpy()
    zh = _chinese(true, former, zh_form, short)
    zh = corruption.homophones(rng, zh, spread(rng, count, rates.typo_name))
    zh = corruption.traditional(zh, spread(rng, count, rates.traditional))
    latin = _latin(rng, true, former, latin_form, short)
    latin = corruption.typos(rng, latin, spread(rng, count, rates.typo_name))
    latin = corruption.choose(spread(rng, count, 0.08), latin.str.to_uppercase(), latin)
    hanzi = chinese & ~english
    name = corruption.choose(hanzi, zh, latin)
    name = corruption.full_width(name, spread(rng, count, rates.full_width))
    other = corruption.choose(hanzi, latin, zh)
    hidden = ~(true["is_both"].to_numpy() & spread(rng, count, rates.second_script_given))
    nobody = np.zeros(count, dtype=bool)
    earlier = corruption.choose(
        chinese,
        _chinese(true, ~nobody, true["form"], nobody),
        _latin(rng, true, ~nobody, true["form"], nobody),
    )
    told = true["is_renamed"].to_numpy() & ~former & spread(rng, count, rates.former_name_given)
    return pl.DataFrame(
        {
            "name": name,
            "second_name": corruption.blank(other, hidden),
            "former_name": corruption.blank(earlier, ~told),
        }
    )


def _forms(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> tuple[pl.Series, pl.Series]:
    """The legal form as written: in full, varied or missing; in Chinese and in Latin letters."""
    count = true.height
    forms = table("legal_forms")
    listed = dict(zip(forms["form"].to_list(), [v.split(";") for v in forms["variants"].to_list()], strict=True))
    listed["Co., Ltd."] = ["Co.,Ltd", "Company Limited", "Ltd."]
    varied, missing = (
        spread(rng, count, rates.legal_form_varied),
        spread(rng, count, rates.legal_form_missing),
    )
    turn = pl.Series(rng.integers(0, 3, count))
    written = []
    for column in ("form", "form_en"):
        exact = true[column]
        options = [{form: (v[i] if i < len(v) else v[0]) for form, v in listed.items()} for i in range(3)]
        other = exact.replace(options[0])
        for position in (1, 2):
            other = corruption.choose(turn == position, exact.replace(options[position]), other)
        text = corruption.choose(varied, other, exact)
        written.append(corruption.choose(missing, pl.lit(""), text))
    return written[0], written[1]


def _parts(true: pl.DataFrame, former: np.ndarray, *, suffix: str = "") -> tuple[pl.Series, pl.Series]:
    core = corruption.choose(former, true[f"old_core{suffix}"], true[f"core{suffix}"])
    trade = corruption.choose(former, true[f"old_trade{suffix}"], true[f"trade{suffix}"])
    return core, trade


def _chinese(true: pl.DataFrame, former: np.ndarray, form: pl.Series, short: np.ndarray) -> pl.Series:
    """The Chinese name; the short one is city, coined name and the first characters of the trade."""
    core, trade = _parts(true, former)
    frame = true.with_columns(core=core, trade=trade, form=form)
    whole = _registered(pl.col("core"), pl.col("trade"), pl.col("form"))
    brief: pl.Expr = (
        pl.when(pl.col("name_style") < 5)
        .then(pl.col("seat_city") + pl.col("core"))
        .otherwise(pl.col("core") + pl.col("trade").str.slice(0, 2))
    )
    brief = pl.when(pl.col("is_branch")).then(brief + pl.col("city") + pl.lit("分公司")).otherwise(brief)
    known = pl.when(pl.Series(short)).then("known_short").otherwise(pl.col("known_zh"))
    brief = pl.when(pl.Series(short)).then(brief).otherwise(whole)
    return frame.select(pl.coalesce(known, brief).alias("name"))["name"]


def _latin(
    rng: np.random.Generator, true: pl.DataFrame, former: np.ndarray, form: pl.Series, short: np.ndarray
) -> pl.Series:
    """The Latin name; of Chinese companies the English one, with or without the city."""
    core, trade = _parts(true, former, suffix="_en")
    chinese = (true["country"] == "CN").to_numpy()
    with_city = chinese & spread(rng, true.height, 0.6)
    gap = corruption.choose((form.str.len_chars() > 0) & ~form.str.starts_with(","), pl.lit(" "), pl.lit(""))
    body = core + corruption.choose(short, pl.lit(""), " " + trade + gap + form)
    name = corruption.choose(with_city, true["seat_city_en"] + " " + body, body)
    place = corruption.choose(chinese, true["city_en"], true["city"])
    name = corruption.choose(true["is_branch"], name + " " + place + " Branch", name)
    return corruption.choose(true["known_en"].is_not_null(), true["known_en"], name)


def _phones(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> pl.Series:
    """The switchboard as typed."""
    count = true.height
    old = pl.Series(spread(rng, count, rates.old_value)) & true["old_phone"].is_not_null()
    phone = corruption.choose(old, true["old_phone"], true["phone"])
    phone = corruption.wrong_character(rng, phone, spread(rng, count, rates.wrong_phone))
    typed = phones(rng, phone, true["country"])
    second = phones(rng, true["old_phone"].fill_null(true["phone"]), true["country"])
    typed = corruption.choose(spread(rng, count, rates.several_phones), typed + "/" + second, typed)
    typed = corruption.full_width(typed, spread(rng, count, rates.full_width))
    typed = corruption.blank(typed, spread(rng, count, rates.missing_phone))
    return corruption.one_of(rng, typed, spread(rng, count, rates.placeholder_phone), PLACEHOLDER_PHONES)


def _emails(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> pl.Series:
    """The common mailbox of the organization, or another one of its domain."""
    count = true.height
    other = pl.Series(
        np.array(["finance", "hr", "admin", "kf"], dtype=object)[rng.integers(0, 4, count)], dtype=pl.String
    )
    mailbox = corruption.choose(spread(rng, count, 0.25), other, true["mailbox"])
    email = mailbox + "@" + true["domain"]
    email = corruption.typos(rng, email, spread(rng, count, rates.typo_email))
    email = corruption.blank(email, spread(rng, count, rates.missing_email))
    return corruption.one_of(rng, email, spread(rng, count, rates.placeholder_email), PLACEHOLDER_EMAILS)


def _addresses(rng: np.random.Generator, where: pl.DataFrame, rates: ErrorRates) -> pl.Series:
    count = where.height
    chinese = (where["country"] == "CN").to_numpy()
    wrong = spread(rng, count, rates.typo_address)
    street = corruption.typos(rng, where["street"], wrong & ~chinese)
    street = corruption.homophones(rng, street, wrong & chinese)
    line = addresses(rng, where.with_columns(street=street), short=rates.short_address, full=rates.full_address)
    line = corruption.traditional(line, spread(rng, count, rates.traditional))
    line = corruption.full_width(line, spread(rng, count, rates.full_width))
    line = corruption.blank(line, spread(rng, count, rates.missing_address))
    return corruption.one_of(rng, line, spread(rng, count, rates.placeholder_text), PLACEHOLDER_TEXTS)


def _tax_ids(rng: np.random.Generator, true: pl.DataFrame, rates: ErrorRates) -> pl.Series:
    count = true.height
    number = corruption.wrong_character(rng, true["tax_id"], spread(rng, count, rates.wrong_tax_id))
    number = corruption.full_width(number, spread(rng, count, rates.full_width))
    number = corruption.choose(spread(rng, count, 0.03), number.str.to_lowercase(), number)
    return corruption.blank(number, spread(rng, count, rates.missing_tax_id))
