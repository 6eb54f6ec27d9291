"""Addresses in Latin script: a light parser by country.

In: the prepared rows of `addresses`. Out: the same parts as for Chinese addresses.
Invariant: house number first in English-speaking countries and France, last in most of the continent; no
guess of cities
beyond "the part beside the postcode".
Does not belong here: full international parsing (libpostal's work, which has no offline wheel).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.text import fold

_POSTCODES = {
    "US": r"\b(\d{5})(?:-\d{4})?\b[^\d]*$",
    "GB": r"(?i)\b([A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})\b",
    "CA": r"(?i)\b([A-Z]\d[A-Z]\s?\d[A-Z]\d)\b",
    "NL": r"(?i)\b(\d{4}\s?[A-Z]{2})\b",
    "JP": r"\b(\d{3}-\d{4})\b",
    "PT": r"\b(\d{4}-\d{3})\b",
    "PL": r"\b(\d{2}-\d{3})\b",
    "SE": r"\b(\d{3}\s?\d{2})\b",
    "CZ": r"\b(\d{3}\s?\d{2})\b",
    "BR": r"\b(\d{5}-\d{3})\b",
}
_FIVE = ["DE", "FR", "IT", "ES", "FI", "TR", "MX", "KR", "MY", "TH", "UA", "EE", "HR", "RS", "ID", "SA"]
_FOUR = ["AT", "CH", "BE", "DK", "NO", "LU", "AU", "NZ", "HU", "SI", "BG", "ZA", "PH"]
_SIX = ["CN", "SG", "IN", "RU", "VN", "RO"]
_NUMBER_FIRST = (
    "US",
    "GB",
    "CA",
    "AU",
    "NZ",
    "IE",
    "FR",
    "SG",
    "HK",
    "IN",
    "ZA",
    "MY",
    "PH",
    "CN",
    "TW",
    "LU",
)
_NUMBER_LAST = [
    "DE",
    "AT",
    "CH",
    "NL",
    "BE",
    "IT",
    "ES",
    "PT",
    "PL",
    "CZ",
    "SK",
    "HU",
    "SE",
    "DK",
    "NO",
    "FI",
    "HR",
    "SI",
    "RS",
    "RO",
    "BG",
    "GR",
    "EE",
    "LV",
    "LT",
    "TR",
    "RU",
    "UA",
    "BR",
    "MX",
    "AR",
]
_UNIT = (
    r"\b(?:apartment|apt|suite|ste|unit|flat|room|rm|floor|fl|level|building|bldg|block|blk|shop|office|door|"
    r"stiege|top|"
    r"wohnung|whg|etage|appartement|appt|piso|int|interno)\b\s*([a-z]?\d+[a-z]?|[a-z]\b)|"
    r"\b(\d+)(?:st|nd|rd|th)? (?:floor|f)\b"
)
_TYPES = {
    "st": "street",
    "str": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenue",
    "ln": "lane",
    "dr": "drive",
    "blvd": "boulevard",
    "bd": "boulevard",
    "ct": "court",
    "pl": "place",
    "sq": "square",
    "hwy": "highway",
    "pkwy": "parkway",
    "ter": "terrace",
    "cl": "close",
    "cres": "crescent",
    "crt": "court",
    "gdns": "gardens",
    "pde": "parade",
    "trl": "trail",
    "cir": "circle",
    "expy": "expressway",
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "chem": "chemin",
    "che": "chemin",
    "imp": "impasse",
    "fbg": "faubourg",
    "pza": "plaza",
    "avda": "avenida",
    "mt": "mount",
    "ft": "fort",
}
_NOT_MAIN = sorted(
    {
        *_TYPES.values(),
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
        "the",
        "of",
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
        "saint",
        "del",
        "di",
    }
)
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|"
    "SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)


def parse(work: pl.DataFrame) -> pl.DataFrame:
    """Read the rows whose address is not Chinese; columns as `addresses.standardize_addresses` gives them."""
    work = _with_country(work)
    work = _with_postcode(work)
    work = _with_city(work)
    work = work.with_columns(pl.Series("line", fold(work["line"])).str.replace_all(r"\bno (\d)", "${1}"))
    unit = pl.coalesce(pl.col("line").str.extract(_UNIT, 1), pl.col("line").str.extract(_UNIT, 2))
    work = work.with_columns(
        unit.alias("unit"),
        pl.col("line").str.replace(_UNIT, " ").str.replace_all(" +", " ").str.strip_chars(" ").alias("line"),
    )
    work = _with_street(work)
    return _with_key(work)


def _with_country(work: pl.DataFrame) -> pl.DataFrame:
    tail = work["text"].str.extract(r"[,;]\s*([^,;]+?)\.?$", 1)
    named = standardize_countries(tail)
    # A two-letter tail is a state or a province more often than a country.
    named = named.set((tail.str.len_chars() < 3).fill_null(False), None)
    zip_code = pl.col("text").str.contains(rf"\b(?:{_STATES})\.?,?\s+\d{{5}}(?:-\d{{4}})?$")
    british = pl.col("text").str.contains(r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}$")
    german = pl.col("text").str.contains(r"(?i)(?:str\.|straße|strasse|weg|platz|allee|gasse)\s*\d.*\b\d{5}\s+\p{L}")
    french = pl.col("text").str.contains(r"(?i)\b(?:rue|avenue|boulevard|chemin|impasse)\b.*\b\d{5}\s+\p{L}")
    guess = (
        pl.when(zip_code)
        .then(pl.lit("US"))
        .when(british)
        .then(pl.lit("GB"))
        .when(german)
        .then(pl.lit("DE"))
        .when(french)
        .then(pl.lit("FR"))
    )
    cut = pl.col("text").str.replace(r"[,;]\s*[^,;]+?\.?$", "")
    return work.with_columns(named.alias("named")).with_columns(
        pl.when(pl.col("named").is_not_null()).then(cut).otherwise("text").alias("line"),
        pl.coalesce("country", "named", guess).alias("country"),
    )


def _with_postcode(work: pl.DataFrame) -> pl.DataFrame:
    country, line = pl.col("country"), pl.col("line")
    by_country = [
        pl.when(country.is_in(_FIVE)).then(line.str.extract(r"(?:\b[A-Z]{1,2}-)?\b(\d{5})\b[^\d]*$", 1)),
        pl.when(country.is_in(_FOUR)).then(line.str.extract(r"\b(\d{4})\b[^\d]*$", 1)),
        pl.when(country.is_in(_SIX)).then(line.str.extract(r"\b(\d{6})\b[^\d]*$", 1)),
    ]
    by_country += [pl.when(country == code).then(line.str.extract(pattern, 1)) for code, pattern in _POSTCODES.items()]
    elsewhere = ~country.is_in([*_FIVE, *_FOUR, *_SIX, *_POSTCODES]).fill_null(False)
    postcode = pl.coalesce(*by_country, pl.when(elsewhere).then(line.str.extract(r"\b(\d{5,6})\b[^\d]*$", 1)))
    given = pl.col("postcode").str.to_uppercase().str.replace(r"\.0$", "")
    written = pl.coalesce(given, postcode.str.to_uppercase())
    written = pl.when(country == "US").then(written.str.extract(r"^(\d{5})", 1).fill_null(written)).otherwise(written)
    dense = written.str.replace_all(" ", "")
    spaced = pl.when(country.is_in(["GB"])).then(dense.str.replace(r"^(.+)(.{3})$", "${1} ${2}")).otherwise(written)
    return work.with_columns(postcode.alias("written"), spaced.alias("postcode"))


def _with_city(work: pl.DataFrame) -> pl.DataFrame:
    pieces = [_split(*row) for row in work.select("line", "written", "country").iter_rows()]
    # the types are given: inferred from the first rows, a column that begins with nulls refuses later text
    schema = {"line": pl.String, "found_city": pl.String, "found_state": pl.String}
    columns = pl.DataFrame(pieces, schema=schema, orient="row")
    return work.with_columns(columns.get_columns()).with_columns(
        pl.coalesce("city", "found_city").alias("city"),
        pl.coalesce("province", "found_state").alias("province"),
    )


def _split(line: str | None, postcode: str | None, country: str | None) -> tuple[str | None, str | None, str | None]:
    """Take the line apart at its postcode: (street part, city, state)."""
    if line is None:
        return None, None, None
    if postcode is None or postcode not in line:
        return line, None, None
    before, _, after = line.rpartition(postcode)
    before, after = before.strip(" ,-"), after.strip(" ,-0123456789")
    if country in ("US", "CA", "AU"):
        return _split_state(before)
    if after and country not in ("GB", "SG"):
        return before, after.partition(",")[0].strip(), None
    street, _, city = before.rpartition(",")
    return (street or before, city.strip() or None, None) if street else (before, None, None)


def _split_state(before: str) -> tuple[str, str | None, str | None]:
    head, _, state = before.rpartition(" ")
    if not (state.isalpha() and state.isupper() and len(state) in (2, 3)):
        head, state = before, ""
    street, _, city = head.strip(" ,").rpartition(",")
    return (street or head.strip(" ,"), city.strip() or None if street else None, state or None)


def _with_street(work: pl.DataFrame) -> pl.DataFrame:
    line = pl.col("line")
    first = line.str.extract_groups(r"^(\d+(?: ?[a-d]\b)?(?: \d+\b)?)(?: (?:bis|ter|quater))? (.+)$").struct
    last = line.str.extract_groups(r"^(\D+?) (\d+(?: ?[a-z]\b)?(?: \d+\b)?)(?: .*)?$").struct
    is_first = pl.col("country").is_in(_NUMBER_FIRST) | (
        ~pl.col("country").is_in(_NUMBER_LAST).fill_null(False) & first.field("1").is_not_null()
    )
    number = pl.when(is_first & first.field("1").is_not_null()).then(first.field("1")).otherwise(last.field("2"))
    street = pl.when(is_first & first.field("1").is_not_null()).then(first.field("2")).otherwise(last.field("1"))
    street = pl.coalesce(street, pl.when(line != "").then(line))
    spelled = street.str.replace_all(r"(\p{L}{3,})str\b", "${1}strasse")
    for short, long in _TYPES.items():
        spelled = spelled.str.replace_all(rf"\b{short}\b", long)
    return work.with_columns(
        spelled.alias("street"),
        number.str.replace(" ", "-", literal=True).str.replace(r"-([a-z])$", "${1}").alias("house_number"),
    )


def _with_key(work: pl.DataFrame) -> pl.DataFrame:
    tokens = (
        pl.col("street")
        .str.split(" ")
        .list.eval(pl.element().filter(~pl.element().is_in(_NOT_MAIN) & ~pl.element().str.contains(r"^\d+$")))
    )
    longest = tokens.list.eval(pl.element().sort_by(pl.element().str.len_chars(), descending=True, maintain_order=True))
    main = pl.coalesce(longest.list.first(), pl.col("street"))
    place = pl.coalesce(pl.col("postcode").str.to_lowercase().str.replace_all(" ", ""), "city_folded")
    key = pl.concat_str(place, "house_number", main, separator=" ", ignore_nulls=True)
    work = work.with_columns(fold(work["city"]).alias("city_folded"), fold(work["text"]).alias("address_norm"))
    return work.select(
        "row",
        "country",
        "province",
        "city",
        "district",
        "street",
        "house_number",
        "unit",
        "postcode",
        pl.lit(None, dtype=pl.String).alias("division_code"),
        "address_norm",
        pl.when(pl.col("street").is_not_null() & place.is_not_null()).then(key).alias("address_key"),
    )
