"""Country, postcode, city and region of addresses in Latin or Cyrillic script.

In: the prepared rows of `addresses`. Out: the same with country, province, city, district, postcode, and `line`, what
remains for street and door, its pieces separated by commas.
Invariant: what the source states apart counts before what stands in the text.
Does not belong here: streets and numbers (`latin_streets`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.tables import read_rows
from mdm_pipeline.standardize.text import fold

_STREET_WORDS = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|ter|way|"
    r"crescent|cres|close|gardens|hill|row|quay|highway|hwy|parkway|pkwy|circle|cir|trail|loop|alley|walk|mews"
)
# Where the street ends and the city begins without a comma between them.
_STREET_THEN_CITY = rf"(?i)^(\d.*\b(?:{_STREET_WORDS})\b\.?(?: (?:n|s|e|w|ne|nw|se|sw)\b)?)\s+(\p{{L}}[\p{{L}} .'-]+)$"
_LETTERED = (
    ("DE", r"\bD-\d{5}\b"), ("AT", r"\bA-\d{4}\b"), ("CH", r"\bCH-\d{4}\b"), ("FR", r"\bFR?-\d{5}\b"),
    ("BE", r"\bBE?-\d{4}\b"), ("IT", r"\bIT?-\d{5}\b"), ("DK", r"\bDK-\d{4}\b"), ("FI", r"\bFI-\d{5}\b"),
    ("SE", r"\bSE?-\d{3} ?\d{2}\b"), ("NO", r"\bNO?-\d{4}\b"), ("LU", r"\bL-\d{4}\b"), ("ES", r"\bES?-\d{5}\b"),
    ("NL", r"\bNL-\d{4}"), ("PL", r"\bPL-\d{2}-\d{3}\b"), ("CZ", r"\bCZ-\d{3} ?\d{2}\b"), ("HU", r"\bHU?-\d{4}\b"),
    ("PT", r"\bPT?-\d{4}-\d{3}\b"), ("US", r"\b[A-Z]{2}\.?,?\s+\d{5}(?:-\d{4})?$"),
    ("CA", r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d$"), ("IE", r"\b[A-Z]\d[\dW] [A-Z][A-Z\d]{3}$"),
    ("GB", r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}$"), ("SG", r"(?i)\bsingapore \d{6}$"),
    ("HK", r"(?i)\bhong ?kong$"), ("BR", r"\b\d{5}-\d{3}\b"), ("PL", r"\b\d{2}-\d{3} \p{L}"),
    ("PT", r"\b\d{4}-\d{3} \p{L}"), ("NL", r"\b\d{4} ?[A-Z]{2} \p{Lu}\p{Ll}"),
    ("AU", r"\b(?:NSW|VIC|QLD|TAS|ACT)\.?,? \d{4}$"), ("JP", r"〒|\b\d{3}-\d{4}$"),
    ("DE", r"(?i)(?:str\.|straße|strasse|weg|platz|allee|gasse)\s*\d.*\b\d{5}\s+\p{L}"),
    ("FR", r"(?i)\b(?:rue|avenue|boulevard|chemin|impasse)\b.*\b\d{5}\s+\p{L}"),
    ("IT", r"(?i)\b(?:via|viale|piazza|corso)\b.*\b\d{5}\s+\p{L}"),
    ("ES", r"(?i)\b(?:calle|avda|avenida|paseo|plaza)\b.*\b\d{5}\s+\p{L}"),
)  # fmt: skip
_COUNTRY_AT_END = (
    r"(?i)[\s(](USA|U\.S\.A\.|UK|U\.K\.|Germany|Deutschland|France|Italy|Italia|Spain|España|Netherlands|Belgium|"
    r"Switzerland|Schweiz|Austria|Österreich|Sweden|Norway|Denmark|Finland|Poland|Polska|Portugal|Ireland|Canada|"
    r"Australia|New Zealand|India|Japan|Brazil|Brasil|Russia|Turkey|P\.?\s?R\.?\s?China|China)\)?\.?$"
)
_CARE_OF_WORDS = r"(?i)c/o|attn|^\s*z"
_CARE_OF = r"(?i)^\s*(?:c/o|attn\.?:?|z\.\s?hd\.|zu händen)\s+[^,]+,\s*|\s+c/o\s+[^,]+"
_CITY_NOISE = r"(?i)\s+cedex\b.*$|\s*\([^)]*\)\s*$|\s+\d{1,2}(?:e|er|ème)?$|^(?:г\.|gorod|m\.)\s*"
_HONG_KONG_NOISE = r"(?i),?\s*\b(?:hong ?kong(?: island)?|kowloon|new territories|n\.?t\.?|hksar)\s*$"
_ITALIAN_PROVINCE = r"^(.*?)\s+\(?([A-Z]{2})\)?$"
_SEPARATORS = r"\s*[,;|]+[\s,;|]*|\s+[-–—•·]\s+|\s*[-–—]\s*$"
_OUTPUT = ("row", "text", "country", "province", "city", "district", "postcode", "line")


def split(work: pl.DataFrame) -> pl.DataFrame:
    """Take country, postcode, city and region off the text.

    Args:
        work: columns row, country, province, city, district, postcode, text.

    Returns:
        Columns row, text, country, province, city, district, postcode, line; rows in the same order.
    """
    work = _with_country(work)
    parts = [_by_format(country, part) for (country, *_), part in work.partition_by("country", as_dict=True).items()]
    return pl.concat([work.select(_OUTPUT).clear(), *parts]).sort("row")


def _with_country(work: pl.DataFrame) -> pl.DataFrame:
    text = work["text"]
    care_of = text.str.contains(_CARE_OF_WORDS).fill_null(False)
    text = text.clone().scatter(care_of.arg_true(), text.filter(care_of).str.replace(_CARE_OF, ""))
    tail = text.str.extract(r"[,;]\s*([^,;]+?)\.?$", 1)
    named = standardize_countries(tail)
    ending = text.set(named.is_not_null(), None).str.extract(_COUNTRY_AT_END, 1)
    ended = standardize_countries(ending.str.replace_all(r"\s", ""))
    # A two-letter tail is a state or a province more often than a country, and so is Georgia in an American address.
    named = named.set((tail.str.len_chars() < 3).fill_null(False) & (tail.str.to_uppercase() != "UK"), None)
    guess = pl.lit(None, dtype=pl.String)
    is_unknown = work["country"].is_null() & named.is_null() & ended.is_null()
    unknown = pl.when(is_unknown).then("line")
    for country, pattern in reversed(_LETTERED):
        guess = pl.when(unknown.str.contains(pattern)).then(pl.lit(country)).otherwise(guess)
    cut = pl.when(pl.col("named").is_not_null()).then("line").str.replace(r"[,;]\s*[^,;]+?\.?$", "")
    shorter = (
        pl.when(pl.col("ended").is_not_null()).then("line").str.replace(_COUNTRY_AT_END, "").str.strip_chars(" ,.")
    )
    return work.with_columns(text.alias("line"), named.alias("named"), ended.alias("ended")).with_columns(
        pl.when(pl.col("named").is_not_null() & (pl.col("named") != "HK"))
        .then(cut)
        .when(pl.col("ended").is_not_null())
        .then(shorter)
        .otherwise("line")
        .alias("line"),
        pl.coalesce("country", "named", "ended", guess).alias("country"),
    )


def _by_format(country: str | None, work: pl.DataFrame) -> pl.DataFrame:
    form = _formats().get(country or "", {"postcode": r"\d{4,6}", "city": "", "number": "", "language": ""})
    place = form["city"]
    pattern = rf"^(.*?)[\s,(-]*(?:\b[A-Z]{{1,3}}-)?\b({form['postcode']})\b[\s),.-]*([^\d].*|)$"
    if place == "before":
        pattern = rf"^(.*)[\s,(]\(?({form['postcode']})\b[\s),.-]*(.*)$"
    halves = pl.col("line").str.extract_groups(pattern).struct
    work = work.with_columns(
        halves.field("1").alias("ahead"), halves.field("2").alias("found"), halves.field("3").alias("after")
    )
    is_after = pl.lit(place == "after") | (pl.lit(place == "") & pl.col("after").str.contains(r"\p{L}"))
    is_after = is_after & (pl.col("after").fill_null("") != "")
    work = work.with_columns(is_after.fill_null(False).alias("is_after"))
    after, before = work.filter("is_after"), work.filter(~pl.col("is_after"))
    parts = []
    if after.height:
        parts.append(_finished(_city_after(after, country), country))
    if before.height:
        parts.append(_finished(_city_before(before, country, place), country))
    return pl.concat(parts)


def _city_after(work: pl.DataFrame, country: str | None) -> pl.DataFrame:
    """'street, postcode city': the city ends at the next comma; what follows is a region, or the street."""
    pieces = pl.col("after").str.replace_all(_SEPARATORS, "\x1f").str.split("\x1f")
    city, more = pieces.list.first(), pieces.list.slice(1).list.join(", ")
    street_first = pl.col("ahead").str.strip_chars(" ,-") != ""
    work = work.with_columns(
        city.alias("city_found"),
        pl.when(street_first).then("ahead").otherwise(more).alias("rest"),
        pl.when(street_first & (more != "")).then(more.str.split(", ").list.last()).alias("region_found"),
        pl.lit(None, dtype=pl.String).alias("district_found"),
    )
    if country == "IT":
        found = pl.col("city_found").str.extract_groups(_ITALIAN_PROVINCE).struct
        work = work.with_columns(
            found.field("2").fill_null(pl.col("region_found")).alias("region_found"),
            found.field("1").fill_null(pl.col("city_found")).alias("city_found"),
        )
    if country == "TR":
        slash = pl.col("city_found").str.extract_groups(r"^(.*?)\s*/\s*(.*)$").struct
        work = work.with_columns(
            slash.field("1").alias("district_found"),
            slash.field("2").fill_null(pl.col("city_found")).alias("city_found"),
        )
    if country == "DK":
        work = work.with_columns(pl.col("city_found").str.replace(r" [A-ZØ]{1,2}$", ""))
    if country == "MX":
        quarter = pl.col("rest").str.extract(r"(?i),\s*col(?:onia|\.)?\s+([^,]+?)\s*,?\s*$", 1)
        work = work.with_columns(
            quarter.alias("district_found"),
            pl.col("rest").str.replace(r"(?i),\s*col(?:onia|\.)?\s+[^,]+?\s*,?\s*$", ""),
        )
    return work


def _city_before(work: pl.DataFrame, country: str | None, place: str) -> pl.DataFrame:
    """'street, city, region postcode', or an address without postcode: the place is at the end."""
    ahead = pl.when(pl.col("found").is_not_null()).then("ahead").otherwise("line").fill_null("")
    if country == "HK":
        for _ in range(2):
            ahead = ahead.str.replace(_HONG_KONG_NOISE, "")
    if country == "SG":
        ahead = ahead.str.replace(r"(?i),?\s*\bsingapore\s*$", "")
    pieces = ahead.str.replace_all(_SEPARATORS, "\x1f").str.strip_chars("\x1f ").str.split("\x1f")
    work = work.with_columns(pieces.alias("pieces"), pl.lit(None, dtype=pl.String).alias("region_found"))
    names = _regions(country)
    if names:
        work = _with_region(work, names, country)
    last, count = pl.col("pieces").list.last(), pl.col("pieces").list.len()
    joined = last.str.extract_groups(_STREET_THEN_CITY).struct
    no_digit = ~last.str.contains(r"\d") & (last != "")
    given = pl.col("city").is_not_null()
    is_joined = (
        (count == 1)
        & joined.field("1").is_not_null()
        & ~given
        & pl.lit(country in ("US", "GB", "CA", "AU", "NZ", "IE"))
    )
    only_place = (
        (count == 1)
        & no_digit
        & ~given
        & ~last.str.contains(rf"(?i)\b(?:{_STREET_WORDS}|[\p{{L}}]+(?:str\.?|straße|weg))\b")
        & (pl.col("found").is_not_null() | ~last.str.contains(r" .* "))
    )
    district_only = pl.lit(country in ("HK", "SG"))
    takes = (((count > 1) & (no_digit | pl.lit(country == "IE"))) | only_place) & ~is_joined & ~given & ~district_only
    is_same = given & (last.str.to_lowercase() == pl.col("city").str.to_lowercase())
    takes = takes | is_same
    city = pl.when(is_joined).then(joined.field("2")).when(takes).then(last)
    rest = (
        pl.when(is_joined)
        .then(joined.field("1"))
        .when(takes)
        .then(pl.col("pieces").list.slice(0, count - 1).list.join(", "))
        .otherwise(pl.col("pieces").list.join(", "))
    )
    work = work.with_columns(
        city.alias("city_found"), rest.alias("rest"), pl.lit(None, dtype=pl.String).alias("district_found")
    )
    return _with_district(work, country)


def _with_region(work: pl.DataFrame, names: dict[str, str], country: str | None) -> pl.DataFrame:
    """The region at the end of the pieces: a piece of its own, or behind the city (Fitzroy VIC, Montréal (Québec))."""
    work = work.with_columns(pl.col("pieces").list.last().alias("last"))
    alternatives = "|".join(sorted(names, key=lambda name: (-len(name), name)))
    pattern = rf"^(.*?)[\s,(/-]*(?:^|[\s(,/-])\(?((?i:{alternatives}))\)?\.?$"
    endings = work.select("last").unique().with_columns(pl.col("last").str.extract_groups(pattern).alias("ending"))
    work = work.join(endings, on="last", how="left", maintain_order="left")
    found = pl.col("ending").struct
    city, region = found.field("1"), found.field("2")
    short = region.str.len_chars() <= 3
    is_upper = ~short | (region == region.str.to_uppercase())
    # The state of New York does not take away the city; a single piece that is a name is the city.
    alone = (city == "") & (pl.col("pieces").list.len() == 1)
    is_region = region.is_not_null() & is_upper & ~(alone & ~short)
    if country in ("GB", "CN", "IN", "MX"):
        is_region = is_region & (city == "")
    before = pl.col("pieces").list.slice(0, pl.col("pieces").list.len() - 1)
    kept = pl.when(city == "").then(before).otherwise(pl.concat_list(before, city))
    code = region.str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String)
    return work.with_columns(
        pl.when(is_region).then(kept).otherwise("pieces").alias("pieces"),
        pl.when(is_region).then(code).alias("region_found"),
    )


def _with_district(work: pl.DataFrame, country: str | None) -> pl.DataFrame:
    last = pl.col("rest").str.extract(r"(?:^|, )([^,]+)$", 1)
    shorter = pl.col("rest").str.replace(r"(?:^|, )[^,]+$", "")
    several = pl.col("rest").str.contains(", ")
    plain = several & ~last.str.contains(r"\d") & ~last.str.contains(rf"(?i)\b(?:{_STREET_WORDS})\.?$")
    if country in ("CN", "VN"):
        is_district = last.str.contains(r"(?i)\b(?:district|county|dist\.?|new area)$")
    elif country == "BR":
        is_district = plain & ~last.str.contains(
            r"(?i)^(?:rua|av|avenida|al|travessa|praça)\b|^(?:apto?|bloco|sala|casa)\b"
        )
    elif country in ("HK", "NZ"):
        is_district = plain
    elif country == "JP":
        is_ward = last.str.contains(r"(?i)-(?:ku|cho|machi)$") & pl.col("city_found").str.contains(r"(?i)-(?:shi)$")
        is_district = is_ward.fill_null(False)
    else:
        return work
    if country == "HK":
        work = work.with_columns(pl.coalesce("city", pl.lit("Hong Kong")).alias("city_found"))
    return work.with_columns(
        pl.when(is_district).then(last).otherwise("district_found").alias("district_found"),
        pl.when(is_district).then(shorter).otherwise("rest").alias("rest"),
    )


def _finished(work: pl.DataFrame, country: str | None) -> pl.DataFrame:
    names = _regions(country)
    region = pl.coalesce("province", "region_found")
    if names:
        region = pl.coalesce(
            region.str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String),
            region,
        )
    work = work.with_columns(pl.coalesce("city", "city_found").alias("city"))
    cities = work.select("city").unique()
    city = pl.col("city").str.strip_chars(" ,.-/").str.replace(_CITY_NOISE, "").str.replace(r"\s+\d{1,2}$", "")
    # names in capitals are names as others
    upper = (city == city.str.to_uppercase()) & city.str.contains(r"\p{Lu}{3}")
    city = pl.when(upper).then(city.str.to_titlecase()).otherwise(city)
    if country == "SG":
        city = city.fill_null("Singapore")
    cities = cities.with_columns(_filled(city).alias("city_read"))
    work = work.join(cities, on="city", how="left", nulls_equal=True, maintain_order="left")
    return work.with_columns(
        _filled(region.str.strip_chars(" ,.-()")).alias("province"),
        pl.col("city_read").alias("city"),
        _filled(pl.coalesce("district", "district_found").str.strip_chars(" ,.-")).alias("district"),
        _postcode(country).alias("postcode"),
        _filled(pl.col("rest").str.strip_chars(" ,-")).alias("line"),
    ).select(_OUTPUT)


def _postcode(country: str | None) -> pl.Expr:
    written = pl.coalesce(pl.col("postcode").str.replace(r"\.0$", ""), pl.col("found")).str.to_uppercase()
    dense = written.str.replace_all(r"[\s]", "")
    if country == "US":
        return written.str.extract(r"^(\d{5})", 1).fill_null(written)
    if country in ("GB", "IE", "CA"):
        cut = 4 if country == "IE" else 3
        return dense.str.replace("-", "").str.replace(rf"^(.+)(.{{{cut}}})$", "${1} ${2}")
    if country == "NL":
        return dense.str.replace(r"^(\d{4})([A-Z]{2})$", "${1} ${2}")
    if country in ("SE", "CZ", "SK", "GR"):
        return dense.str.replace(r"^(\d{3})(\d{2})$", "${1} ${2}")
    if country in ("IN", "FR", "DE", "AT", "CH"):
        return dense
    return written


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


@cache
def _formats() -> dict[str, dict[str, str]]:
    return {row["country"]: row for row in read_rows("address_formats.csv")}


def format_of(part: str) -> dict[str, str]:
    """Return one column of the formats (`number`, `language`) by country."""
    return {country: row[part] for country, row in _formats().items()}


@cache
def _regions(country: str | None) -> dict[str, str]:
    """Every name and code of the country's regions, with the code that stands for it."""
    rows = [row for row in read_rows("regions.csv") if row["country"] == country]
    pairs = [(name, row["code"]) for row in rows for name in row["names"].split("|")]
    pairs += [(row["code"], row["code"]) for row in rows if row["code"].isupper()]
    folded = fold(pl.Series("name", [name for name, _ in pairs], dtype=pl.String)).to_list()
    names = {plain: code for plain, (_, code) in zip(folded, pairs, strict=True)}
    return names | {name.lower(): code for name, code in pairs}
