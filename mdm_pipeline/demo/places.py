"""Where parties live and trade: country, city, street, house number, phone numbers.

In: countries. Out: frames of places and phone numbers, one row per party.
Invariant: city, postcode and area code of a place belong together.
What does not belong here: how a record writes an address (`rendering`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mdm_pipeline.demo.identifiers import digits, spread
from mdm_pipeline.demo.tables import table, word_list, words

LATIN_COUNTRIES = ("US", "GB", "DE", "FR", "SG", "HK")
LATIN_SHARES = (0.45, 0.18, 0.15, 0.12, 0.05, 0.05)
LANGUAGE = {"CN": "zh", "US": "en", "GB": "en", "DE": "de", "FR": "fr", "SG": "hk", "HK": "hk"}
STREET_LANGUAGE = {"US": "en", "GB": "en", "DE": "de", "FR": "fr", "SG": "en", "HK": "en"}
DIAL_CODE = {"CN": "86", "US": "1", "GB": "44", "DE": "49", "FR": "33", "SG": "65", "HK": "852"}
CURRENCY = {"CN": "CNY", "US": "USD", "GB": "GBP", "DE": "EUR", "FR": "EUR", "SG": "USD", "HK": "HKD"}
MOBILE_PREFIXES = tuple(
    [
        "130",
        "131",
        "132",
        "135",
        "136",
        "137",
        "138",
        "139",
        "150",
        "151",
        "152",
        "158",
        "159",
        "166",
        "176",
        "177",
        "180",
        "181",
        "185",
        "186",
        "187",
        "188",
        "189",
        "191",
        "199",
    ]
)


def countries(rng: np.random.Generator, count: int) -> pl.Series:
    """Half Chinese, half from countries that write in Latin letters."""
    latin = np.array(LATIN_COUNTRIES, dtype=object)[rng.choice(len(LATIN_COUNTRIES), count, p=LATIN_SHARES)]
    return pl.Series("country", np.where(spread(rng, count, 0.5), "CN", latin).astype(object), dtype=pl.String)


def by_country(country: pl.Series, parts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Put the rows of one frame per country back into the order of `country`."""
    order = np.concatenate([np.flatnonzero((country == code).to_numpy()) for code in parts])
    joined = pl.concat(list(parts.values()), how="vertical")
    return joined[np.argsort(order, kind="stable")]


def places(rng: np.random.Generator, country: pl.Series) -> pl.DataFrame:
    """City, street and number of each party, by its country."""
    parts = {code: _places_in(rng, code, int((country == code).sum())) for code in DIAL_CODE}
    return by_country(country, {code: part for code, part in parts.items() if part.height})


def _places_in(rng: np.random.Generator, country: str, count: int) -> pl.DataFrame:
    number = pl.Series(np.minimum(1 + rng.geometric(0.012, count), 1999)).cast(pl.String)
    if country == "CN":
        chosen = table("cities_zh")[words("cities_zh").draw(rng, count)]
        block, floor, flat = rng.integers(1, 31, count), rng.integers(1, 26, count), rng.integers(1, 5, count)
        unit = pl.select(
            pl.concat_str(
                pl.Series(block).cast(pl.String),
                pl.lit("号楼"),
                pl.Series(floor * 100 + flat).cast(pl.String),
                pl.lit("室"),
            ).alias("unit")
        )["unit"]
        return chosen.select(
            "city",
            "province",
            "area",
            "division",
            city_en="en",
            postcode=pl.col("postcode") + digits(rng, count, 2),
            street=words("streets_zh").pick(rng, count, "street"),
            number=number,
            unit=unit,
        ).select(PLACE)
    cities = word_list(table("cities_latin").filter(pl.col("country") == country))
    chosen = cities.frame[cities.draw(rng, count)]
    unit = pl.Series(np.where(spread(rng, count, 0.3), rng.integers(1, 60, count).astype(str), "")).cast(pl.String)
    return chosen.select(
        "city",
        "area",
        province="region",
        division=pl.lit(None, dtype=pl.String),
        city_en="city",
        postcode=_postcode(rng, country, chosen["postcode"]),
        street=words("streets_latin", language=STREET_LANGUAGE[country]).pick(rng, count, "street"),
        number=number,
        unit=unit,
    ).select(PLACE)


PLACE = ["city", "city_en", "province", "area", "division", "postcode", "street", "number", "unit"]


def _postcode(rng: np.random.Generator, country: str, prefix: pl.Series) -> pl.Series:
    count = len(prefix)
    if country == "GB":
        letters = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)
        tail = pl.Series(letters[rng.integers(0, 20, count)] + letters[rng.integers(0, 20, count)], dtype=pl.String)
        outward = prefix + pl.Series(rng.integers(1, 20, count)).cast(pl.String)
        return outward + " " + digits(rng, count, 1) + tail
    if country == "SG":
        return digits(rng, count, 6)
    if country == "HK":
        return pl.Series([None], dtype=pl.String).new_from_index(0, count)
    return prefix + digits(rng, count, 2)


def mobiles(rng: np.random.Generator, country: pl.Series) -> pl.Series:
    """A mobile number per party, national digits only."""
    count = len(country)
    prefix = pl.Series(np.array(MOBILE_PREFIXES, dtype=object)[rng.integers(0, len(MOBILE_PREFIXES), count)])
    german = np.array(["151", "160", "170", "171", "172", "176"], dtype=object)[rng.integers(0, 6, count)]
    us_area = words("cities_latin", country="US").pick(rng, count, "area")
    return _by_country_code(
        country,
        {
            "CN": prefix.cast(pl.String) + digits(rng, count, 8),
            "US": us_area + pl.Series(rng.integers(2, 10, count)).cast(pl.String) + digits(rng, count, 6),
            "GB": "7" + digits(rng, count, 9),
            "DE": pl.Series(german, dtype=pl.String) + digits(rng, count, 8),
            "FR": "6" + digits(rng, count, 8),
            "SG": "9" + digits(rng, count, 7),
            "HK": "6" + digits(rng, count, 7),
        },
    )


def landlines(rng: np.random.Generator, country: pl.Series, area: pl.Series) -> pl.Series:
    """A land line per party: area code and number, digits only, without the trunk zero abroad."""
    count = len(country)
    first = pl.Series(rng.integers(2, 9, count)).cast(pl.String)
    return _by_country_code(
        country,
        {
            "CN": area + first + digits(rng, count, 7),
            "US": area + first + digits(rng, count, 6),
            "GB": area + (first + digits(rng, count, 7)),
            "DE": area + (first + digits(rng, count, 6)),
            "FR": area + digits(rng, count, 8),
            "SG": area + digits(rng, count, 7),
            "HK": area + digits(rng, count, 7),
        },
    )


def _by_country_code(country: pl.Series, columns: dict[str, pl.Series]) -> pl.Series:
    frame = pl.DataFrame({"country": country, **columns})
    chosen = pl.lit(None, dtype=pl.String)
    for code in columns:
        chosen = pl.when(pl.col("country") == code).then(pl.col(code)).otherwise(chosen)
    return frame.select(chosen.alias("value"))["value"]
