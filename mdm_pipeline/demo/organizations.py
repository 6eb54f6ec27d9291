"""The organizations of the demo company, as they are: one row per company, branch or shop.

In: random numbers, `ErrorRates` and the persons (for employers and shop owners). Out: a frame with names in
both scripts, legal form, tax id, address, numbers, parent, owner, and what was true earlier.
Invariant: a branch and a member of a group are rows of their own, linked by `parent`; a shop has an `owner`.
What does not belong here: how a system recorded an organization (`organization_records`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.identifiers import digits, every_second, spread, tax_id
from mdm_pipeline.demo.persons import family_names, strip_accents
from mdm_pipeline.demo.places import LANGUAGE, PLACE, by_country, countries, landlines, places
from mdm_pipeline.demo.tables import table, words

TRADES_LATIN = {"US": "en", "GB": "en", "SG": "en", "HK": "en", "DE": "de", "FR": "fr"}
TOP_LEVEL = {
    "CN": "com.cn",
    "US": "com",
    "GB": "co.uk",
    "DE": "de",
    "FR": "fr",
    "SG": "com.sg",
    "HK": "com.hk",
}
CORE = ["core", "core_en", "trade", "trade_en", "form", "form_en"]


def organizations(
    rng: np.random.Generator, count: int, people: pl.DataFrame, rates: ErrorRates, *, known: int = 0
) -> pl.DataFrame:
    """Draw `count` organizations; an odd row may be a branch or group member of the row before it.

    Args:
        rng: random numbers.
        count: how many.
        people: the persons, for owners of shops.
        rates: how often each thing happens in a company's life.
        known: how many well-known companies are among them.
    """
    country = countries(rng, count)
    branch = every_second(rng, count, rates.branch)
    member = every_second(rng, count, rates.group_member) & ~branch
    dependent = branch | member
    country = pl.select(pl.when(pl.Series(dependent)).then(country.shift(1)).otherwise(country).alias("country"))[
        "country"
    ]
    shop = spread(rng, count, rates.sole_trader) & ~dependent
    shop[:-1] &= ~dependent[1:]
    parent = pl.Series(np.where(dependent, np.arange(count) - 1, -1))
    frame = pl.DataFrame(
        {"country": country, "is_branch": branch, "is_member": member, "is_shop": shop, "parent": parent}
    )
    frame = frame.with_columns(is_head=pl.col("parent").shift(-1).fill_null(-1) >= 0)
    frame = frame.hstack(places(rng, country)).hstack(_cores(rng, country))
    frame = _shops(rng, frame, people)
    frame = _groups(frame)
    frame = frame.with_columns(
        tax_id=tax_id(rng, country, frame["division"], shop), phone=landlines(rng, country, frame["area"])
    )
    style = rng.integers(0, 10, count)
    shared_number = pl.Series(dependent & spread(rng, count, rates.group_tax_number))
    frame = frame.with_columns(
        tax_id=pl.when(shared_number).then(pl.col("tax_id").shift(1)).otherwise(pl.col("tax_id")),
        phone=pl.when(pl.col("is_shop") & pl.col("owner_phone").is_not_null())
        .then("owner_phone")
        .otherwise(pl.col("phone")),
        domain=_domains(rng, frame),
        is_both=pl.Series(spread(rng, count, rates.both_scripts_organization)) & (country == "CN") & ~pl.Series(shop),
        name_style=pl.when(pl.col("is_branch")).then(pl.Series(style).shift(1)).otherwise(pl.Series(style)),
        industry=words("industries").pick(rng, count, "industry"),
    )
    return _earlier_lives(rng, _well_known(frame, known), rates)


def _well_known(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    """Turn the first independent Chinese companies into well-known ones, in Chinese and English."""
    listed = table("known_companies").head(count)
    plain = (frame["country"] == "CN") & ~frame["is_shop"] & (frame["parent"] < 0) & ~frame["is_head"]
    rows = np.flatnonzero(plain.to_numpy())[: listed.height]
    columns = {}
    for column in ("zh", "en", "short"):
        empty = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
        columns[f"known_{column}"] = empty.scatter(rows, listed[column].head(len(rows))) if len(rows) else empty
    frame = frame.with_columns(**columns)
    return frame.with_columns(is_both=pl.col("is_both") | pl.col("known_zh").is_not_null())


def _cores(rng: np.random.Generator, country: pl.Series) -> pl.DataFrame:
    parts = {}
    for code in LANGUAGE:
        count = int((country == code).sum())
        if count:
            parts[code] = _chinese_core(rng, count) if code == "CN" else _latin_core(rng, count, code)
    return by_country(country, parts)


def _chinese_core(rng: np.random.Generator, count: int) -> pl.DataFrame:
    """A coined name of two or three characters, a trade and a legal form, with their English side."""
    characters = words("company_characters_zh")
    chosen = [characters.frame[characters.draw(rng, count)] for _ in range(3)]
    third = pl.Series(spread(rng, count, 0.3))
    trade = table("trades")[words("trades").draw(rng, count)]
    core = [
        pl.concat_str(chosen[0][c], chosen[1][c], pl.when(third).then(chosen[2][c]).otherwise(pl.lit("")))
        for c in ("hanzi", "pinyin")
    ]
    return pl.select(
        core=core[0],
        core_en=core[1].str.to_titlecase(),
        trade=trade["zh"],
        trade_en=trade["en"],
        form=words("legal_forms", country="CN").pick(rng, count, "form"),
        form_en=pl.lit("Co., Ltd."),
    ).select(CORE)


def _latin_core(rng: np.random.Generator, count: int, country: str) -> pl.DataFrame:
    """A coined word or a family name, a trade and a legal form."""
    language = TRADES_LATIN[country]
    coined = words("company_words_latin", language=language, part="head").pick(rng, count, "text")
    family, second = family_names(rng, count, language), family_names(rng, count, language)
    sons = {"en": " & Sons", "de": " & Söhne", "fr": " Frères"}[language]
    style = pl.Series(rng.integers(0, 10, count))
    core = (
        pl.when(style < 3)
        .then(coined + " " + family)
        .when(style < 6)
        .then(family)
        .when(style < 8)
        .then(family + " & " + second)
        .when(style < 9)
        .then(family + sons)
        .otherwise(coined)
    )
    trade = words("company_words_latin", language=language, part="trade").pick(rng, count, "text")
    form = words("legal_forms", country=country).pick(rng, count, "form")
    return pl.select(core=core, core_en=core, trade=trade, trade_en=trade, form=form, form_en=form).select(CORE)


def _shops(rng: np.random.Generator, frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Give every shop an owner of its country; often the shop bears the owner's name and phone."""
    count = frame.height
    owner = np.full(count, -1, dtype=np.int64)
    for code in frame["country"].unique().sort():
        shops = np.flatnonzero(((frame["country"] == code) & frame["is_shop"]).to_numpy())
        candidates = np.flatnonzero((people["country"] == code).to_numpy())
        if len(candidates):
            owner[shops] = rng.choice(candidates, len(shops))
    frame = frame.with_columns(owner=pl.Series(owner), is_shop=pl.col("is_shop") & pl.Series(owner >= 0))
    of = people[np.maximum(owner, 0)]
    kind = words("shop_kinds_zh").pick(rng, count, "zh")
    chinese = pl.col("country") == "CN"
    named = pl.Series(spread(rng, count, 0.5))
    owner_zh = of["family"] + of["given"]
    owner_latin = of["given"] + " " + of["family"]
    shop = pl.col("is_shop")
    return frame.with_columns(
        core=pl.when(shop & chinese & named)
        .then(owner_zh)
        .when(shop & ~chinese & named)
        .then(owner_latin)
        .otherwise(pl.col("core")),
        core_en=pl.when(shop & ~chinese & named).then(owner_latin).otherwise(pl.col("core_en")),
        trade=pl.when(shop & chinese).then(kind).otherwise(pl.col("trade")),
        form=pl.when(shop).then(pl.lit("")).otherwise(pl.col("form")),
        form_en=pl.when(shop).then(pl.lit("")).otherwise(pl.col("form_en")),
        owner_phone=pl.when(shop & pl.Series(spread(rng, count, 0.7))).then(of["mobile"]),
    )


def _groups(frame: pl.DataFrame) -> pl.DataFrame:
    """A branch bears the name of its head office, a group member its coined name."""
    columns = {
        column: pl.when(pl.col("parent") >= 0).then(pl.col(column).shift(1)).otherwise(pl.col(column))
        for column in ("core", "core_en")
    }
    more = {
        column: pl.when(pl.col("is_branch")).then(pl.col(column).shift(1)).otherwise(pl.col(column))
        for column in ("trade", "trade_en", "form", "form_en")
    }
    seat = {
        f"seat_{column}": pl.when(pl.col("is_branch")).then(pl.col(column).shift(1)).otherwise(pl.col(column))
        for column in ("city", "city_en")
    }
    return frame.with_columns(**columns, **more, **seat)


def _domains(rng: np.random.Generator, frame: pl.DataFrame) -> pl.Series:
    """The internet domain of each organization; a branch uses its head office's."""
    word = strip_accents(pl.col("core_en")).str.replace_all("[^a-z]", "")
    more = strip_accents(pl.col("trade_en")).str.replace_all("[^a-z]", "").str.slice(0, 4)
    longer = pl.Series(spread(rng, frame.height, 0.6))
    name = pl.when(longer).then(word + "-" + more).otherwise(word + digits(rng, frame.height, 2))
    domain = name + "." + pl.col("country").replace_strict(TOP_LEVEL)
    own = frame.with_columns(domain.alias("domain"))
    return own.select(
        pl.when(pl.col("is_branch")).then(pl.col("domain").shift(1)).otherwise(pl.col("domain")).alias("domain")
    )["domain"]


def _earlier_lives(rng: np.random.Generator, frame: pl.DataFrame, rates: ErrorRates) -> pl.DataFrame:
    """Add what was true before: address, phone and name."""
    count = frame.height
    before = _cores(rng, frame["country"])
    renamed = pl.Series(spread(rng, count, rates.renamed)) & ~frame["is_branch"] & ~frame["is_shop"]
    same_core = pl.Series(spread(rng, count, 0.5))
    return frame.hstack(places(rng, frame["country"]).rename({c: f"old_{c}" for c in PLACE})).with_columns(
        has_moved=pl.Series(spread(rng, count, rates.moved_organization)),
        is_renamed=renamed,
        old_core=pl.when(same_core).then(frame["core"]).otherwise(before["core"]),
        old_core_en=pl.when(same_core).then(frame["core_en"]).otherwise(before["core_en"]),
        old_trade=pl.when(same_core).then(before["trade"]).otherwise(frame["trade"]),
        old_trade_en=pl.when(same_core).then(before["trade_en"]).otherwise(frame["trade_en"]),
        old_phone=pl.when(pl.Series(spread(rng, count, rates.changed_phone))).then(
            landlines(rng, frame["country"], frame["area"])
        ),
        mailbox=pl.Series(
            np.array(["info", "sales", "contact", "office", "service"], dtype=object)[rng.integers(0, 5, count)],
            dtype=pl.String,
        ),
    )
