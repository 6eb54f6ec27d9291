"""Addresses in Latin or Cyrillic script: a light parser by country.

In: the prepared rows of `addresses`. Out: the same parts as for Chinese addresses.
Invariant: what a country's format says decides (`data/address_formats.csv`); a part that cannot be told is null.
Does not belong here: full international parsing (libpostal's work, which has no offline wheel).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize import latin_places, latin_streets
from mdm_pipeline.standardize.text import fold

# Words that do not tell one street from another.
_NOT_MAIN = [
    "street",
    "road",
    "avenue",
    "lane",
    "drive",
    "boulevard",
    "court",
    "place",
    "square",
    "highway",
    "parkway",
    "terrace",
    "close",
    "crescent",
    "gardens",
    "parade",
    "trail",
    "circle",
    "expressway",
    "north",
    "south",
    "east",
    "west",
    "saint",
    "the",
    "of",
    "rue",
    "via",
    "calle",
    "de",
    "la",
    "le",
    "les",
    "du",
    "des",
    "der",
    "den",
    "am",
    "an",
    "strasse",
    "weg",
    "platz",
    "allee",
    "gasse",
    "corso",
    "piazza",
    "rua",
    "ulica",
    "ul",
    "no",
    "del",
    "di",
    "chemin",
    "impasse",
    "avenida",
    "plaza",
    "faubourg",
    "mount",
    "fort",
]


def parse(work: pl.DataFrame) -> pl.DataFrame:
    """Read the rows whose address is not Chinese; columns as `chinese_addresses.parse` gives them."""
    work = latin_places.split(work)
    streets = latin_streets.read(work.select("line", "country"))
    return work.with_columns(streets.get_columns()).select(
        "row",
        "country",
        "province",
        "city",
        "district",
        pl.lit(None, dtype=pl.String).alias("town"),
        "street",
        "house_number",
        "building",
        pl.coalesce("room", "building").alias("unit"),
        "room",
        "postcode",
        pl.lit(None, dtype=pl.String).alias("division_code"),
        pl.col("text").alias("whole"),
    )


def keys(table: pl.DataFrame) -> pl.Series:
    """Return the key for equality of each row: postcode or city, number, the longest word of the street."""
    # streets and cities repeat from number to number
    streets = table.select("street").unique()
    words = pl.col("street").str.split(" ")
    telling = words.list.filter(~pl.element().is_in(_NOT_MAIN) & ~pl.element().str.contains(r"^\d+$"))
    longest = telling.list.get(
        telling.list.eval(pl.element().str.len_chars()).list.arg_max().fill_null(0), null_on_oob=True
    )
    streets = streets.with_columns(pl.coalesce(longest, pl.col("street")).alias("main"))
    cities = table.select("city").unique()
    cities = cities.with_columns(fold(cities["city"]).alias("city_folded"))
    table = table.join(streets, on="street", how="left", maintain_order="left")
    table = table.join(cities, on="city", how="left", maintain_order="left")
    place = pl.coalesce(pl.col("postcode").str.to_lowercase().str.replace_all(" ", ""), pl.col("city_folded"))
    key = pl.concat_str(place, "house_number", "main", separator=" ", ignore_nulls=True)
    known = pl.col("street").is_not_null() & place.is_not_null()
    return table.select(pl.when(known).then(key).alias("address_key"))["address_key"]
