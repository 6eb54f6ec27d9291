"""How a record writes an address or a phone number.

In: true places and numbers. Out: text as people and systems write it, before errors.
Invariant: every form can be read back by a person.
What does not belong here: mistakes (`corruption`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.identifiers import spread
from mdm_pipeline.demo.places import DIAL_CODE


def addresses(rng: np.random.Generator, place: pl.DataFrame, *, short: float, full: float) -> pl.Series:
    """Street lines; a Chinese one may begin with province and city, any may lack the flat.

    Args:
        rng: random numbers.
        place: columns of `places.PLACE` and `country`.
        short: share without the unit.
        full: share of Chinese addresses with province and city in front.
    """
    count = place.height
    unit = pl.when(pl.Series(spread(rng, count, short))).then(pl.lit("")).otherwise(pl.col("unit"))
    province = pl.col("province").str.replace("(壮族|维吾尔)?自治区$", "")
    whole = province.str.replace("市$", "") + pl.lit("省")
    whole = (
        pl.when(pl.col("province").str.ends_with("省")).then(pl.col("province")).otherwise(whole.str.replace("省$", ""))
    )
    prefix = (
        pl.when(pl.Series(spread(rng, count, full)))
        .then(
            pl.when(pl.col("province").str.ends_with("市"))
            .then(pl.col("province"))
            .otherwise(whole + pl.col("city") + pl.lit("市"))
        )
        .otherwise(pl.lit(""))
    )
    blank = pl.when(pl.Series(spread(rng, count, 0.06))).then(pl.lit(" ")).otherwise(pl.lit(""))
    chinese = pl.concat_str(prefix, "street", blank, "number", pl.lit("号"), unit)
    short_street = pl.Series(spread(rng, count, 0.25))
    street = (
        pl.when(short_street)
        .then(
            pl.col("street").str.replace_many(
                [" Street", " Avenue", " Road", " Lane", " Drive", "straße", "avenue ", "boulevard ", "rue "],
                [" St", " Ave", " Rd", " Ln", " Dr", "str.", "av. ", "bd ", "r. "],
            )
        )
        .otherwise(pl.col("street"))
    )
    flat = pl.when(unit != "").then(pl.lit(", Apt ") + unit).otherwise(pl.lit(""))
    german = pl.concat_str(street, pl.lit(" "), "number")
    latin = pl.concat_str("number", pl.lit(" "), street, flat)
    return place.select(
        pl.when(pl.col("country") == "CN")
        .then(chinese)
        .when(pl.col("country") == "DE")
        .then(german)
        .otherwise(latin)
        .alias("address")
    )["address"]


def phones(rng: np.random.Generator, number: pl.Series, country: pl.Series) -> pl.Series:
    """National digits in the ways people type them: plain, with dial code, with spaces or dashes."""
    count = len(number)
    frame = pl.DataFrame({"n": number, "c": country, "style": rng.choice(4, count, p=[0.55, 0.2, 0.15, 0.1])})
    code = pl.col("c").replace_strict(DIAL_CODE)
    n = pl.col("n")
    trunk = pl.when(pl.col("c").is_in(["GB", "DE", "FR"])).then(pl.lit("0")).otherwise(pl.lit(""))
    spaced = n.str.slice(0, 3) + pl.lit(" ") + n.str.slice(3, 4) + pl.lit(" ") + n.str.slice(7)
    area = pl.when(n.str.starts_with("0") & (pl.col("c") == "CN")).then(n.str.slice(1)).otherwise(n)
    length = pl.when((pl.col("c") == "CN") & n.str.contains("^0(10|2)")).then(3).otherwise(4)
    length = pl.when(pl.col("c") == "US").then(3).otherwise(length)
    dashed = n.str.slice(0, length) + pl.lit("-") + n.str.slice(length)
    typed = (
        pl.when(pl.col("style") == 0)
        .then(trunk + n)
        .when(pl.col("style") == 1)
        .then(pl.lit("+") + code + pl.lit(" ") + area)
        .when(pl.col("style") == 2)
        .then(trunk + dashed)
        .otherwise(trunk + spaced)
    )
    return frame.select(typed.alias("phone"))["phone"]


def pinyin_names(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """First and last name in pinyin (`Xiuying`, `Xiu Ying`, `Xiu-Ying`), and the full name in either order.

    Args:
        rng: random numbers.
        frame: columns family_latin, given_latin (syllables apart).

    Returns:
        Columns first, last, full.
    """
    count = frame.height
    style, order = pl.Series(rng.integers(0, 10, count)), pl.Series(spread(rng, count, 0.65))
    joined = pl.col("given_latin").str.replace_all(" ", "").str.to_lowercase().str.to_titlecase()
    first = (
        pl.when(style < 7)
        .then(joined)
        .when(style < 9)
        .then(pl.col("given_latin"))
        .otherwise(pl.col("given_latin").str.replace_all(" ", "-"))
    )
    last = pl.col("family_latin")
    return frame.select(first=first, last=last).with_columns(
        full=pl.when(order)
        .then(pl.col("first") + " " + pl.col("last"))
        .otherwise(pl.col("last") + " " + pl.col("first"))
    )


def columns_of(rng: np.random.Generator, frame: pl.DataFrame, names: list[str], use_old: np.ndarray) -> pl.DataFrame:
    """The given columns, taken from their `old_` twin where a record still shows the earlier life."""
    old = pl.Series(use_old)
    return frame.select(
        "country",
        **{name: pl.when(old).then(pl.col(f"old_{name}")).otherwise(pl.col(name)) for name in names},
    )
