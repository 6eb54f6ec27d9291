"""Street, number, building and room of addresses in Latin or Cyrillic script.

In: the line that is left when country, postcode and city are taken off, its pieces separated by commas. Out: street
(folded, abbreviations written out), house number, building, room.
Invariant: everything is lower-case ASCII; 'Hauptstr. 5' and 'HAUPTSTRASSE 5' give the same.
Does not belong here: places (`latin_places`).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl
from anyascii import anyascii

from mdm_pipeline.standardize.latin_places import format_of
from mdm_pipeline.standardize.tables import read_rows

_LETTERS = {
    "ß": "ss",
    "ø": "o",
    "ł": "l",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "’": "",
    "'": "",
    "`": "",
}
_DOTTED = {
    "v.le ": "viale ", "c.so ": "corso ", "p.za ": "piazza ", "p.zza ": "piazza ", "p.le ": "piazzale ",
    "l.go ": "largo ", "c/ ": "calle ", "c/.": "calle ", "s/n": "", "p.o.": "po ", "n.º": "no ", "no.": "no ", "nr.": "nr ",  # noqa: E501
}  # fmt: skip
_BOX = (
    r"\b(?:p ?o ?box|gpo box|gpo|locked bag|private bag|postfach|pf|boite postale|b ?p|casella postale|cas post|"
    r"apartado(?: de correos| postal)?|apdo|postbus|caixa postal|post ?boks|boks|postilokero|pl(?: )?|skrytka pocztowa|"
    r"skr poczt|a/ya|box|pk)\s*(?:n[or]? )?(\d[\d ]*\d|\d)\b"
)
_PACKSTATION = r"\b(packstation|postfiliale|paketbox)\s*(\d{2,4})\b"
_ROOM = (
    r"(?:\b(?:apartment|apartamento|apartado|appartement|apt|apto|appt|app|suite|ste|unit|flat|room|rm|office|door|"
    r"wohnung|whg|interno|int|lgh|shop|bus|bte|boite|kv|daire|oficina|sala|depto|mieszkanie|lok|byt|porte)\b"
    r"[ :#-]*(?:no )?|#\s?)([a-z]?-?\d+[a-z]?(?:-\d+[a-z]?)?|[a-z])\b"
)
_FLOOR = (
    r"\b(\d+)(?:st|nd|rd|th|o|a|er|e|eme)?[ -]?(?:/f|floor|flr|fl|f|og|stock|etage|piso|planta|emelet|em|kat|patro|vaning|tr)\b|"  # noqa: E501
    r"\b(?:floor|fl|flr|level|lvl|lv|planta|piso|etage|kat)\s*(\d+)\b"
)
_BUILDING = (
    r"\b(?:building|bldg|block|blk|tower|haus|gebaude|batiment|bat|edificio|edif|korpus|korp|stroenie|str(?:oenie)?|bloco|"
    r"bloque|scala|budynek|bud)\s*(?:no )?([a-z]?\d+[a-z]?|[a-z])\b|\b([a-z]|\d+) (?:block|tower)\b"
)
_STOREY_DOOR = r",? (\d+)[oa]? ?-?(tv|th|mf|esq|dto|dta|dir|dcha|izda|izq|frt)\b|,? (\d+)o ?-?([a-z]|\d+)a?\b"
_NUMBER_WORD = r"\b(?:no|nr|num|numero|number|plot no|plot|hausnummer|n|nro|č p)\s*:?\s*(\d)"
_FIRST = r"^(\d[\d/-]*[a-z]?(?:\s?-\s?\d+[a-z]?)?(?:\s?(?:bis|ter|quater)\b|\s[a-d]\b)?)[ ,]+([^,]*[a-z].*)$"
_LAST = r"^(.*?[a-z].*?)[ ,]+(\d[\d/-]*(?:\s?[a-z]\b)?(?:/[a-z]\b)?(?:\s?-\s?\d+\s?[a-z]?\b)?(?:-[ivx]+)?(?:\s?(?:bis|ter|quater))?)$"  # noqa: E501
_NUMBER_ALONE = r", ?(\d+(?:[/-]\d+)?\s?(?:/?[a-z]\b)?)(?:,|$)"
_NUMBERED_PIECE = r"(?:^|, )(\d+[a-z]?(?:[/-]\d+[a-z]?)?(?: (?:bis|ter))?,? [^,]*[a-z]{2}[^,]*)"
_PIECE_WITH_NUMBER = r"(?:^|, )([^,]*[a-z]{2}[^,]* \d+[^,]*)"
_STREET_PIECE = (
    r"(?:^|, )([^,]*\b(?:street|st|road|rd|lane|ln|avenue|ave|drive|way|square|place|close|terrace|quay|hill|row|rue|via|"  # noqa: E501
    r"calle|rua|[a-z]+(?:strasse|straat|gatan|gade|gata|gate|weg))\b[^,]*)"
)
_NAMED_BY_NUMBER = r"\b(?:avenue|ave|street|st|road|rd|route|rte|highway|hwy|sector|phase|lorong|jalan|drive|lane)$"
_STREET_PREFIX = r"^(?:ul|ulica|ulitsa|ulice)\s+|\s+(?:ul|ulitsa)$"
_NEIGHBORHOOD = r"^[^,]*?\bmah(?:allesi)?\b[ ,]*"
_COMPASS = "n|s|e|w|ne|nw|se|sw|north|south|east|west|northeast|northwest|southeast|southwest"


def read(lines: pl.DataFrame) -> pl.DataFrame:
    """Read street parts.

    Args:
        lines: columns line, country.

    Returns:
        Columns street, house_number, building, room; one row per row.
    """
    work = lines.select(_plain(lines["line"]).alias("line"), "country")
    work = _with_boxes(work)
    work = _with_country_rules(work)
    work = _with_door(work)
    work = _with_number(_with_one_piece(work))
    work = work.with_columns(_spelled(work).alias("street"))
    is_box = pl.col("box").is_not_null()
    return work.select(
        pl.when(is_box).then("box").otherwise(_filled(pl.col("street"))).alias("street"),
        pl.when(is_box).then("box_number").otherwise(_filled(pl.col("number"))).alias("house_number"),
        pl.when(~is_box).then(_filled(pl.col("building"))).alias("building"),
        pl.when(~is_box).then(_filled(pl.col("room"))).alias("room"),
    )


def _plain(line: pl.Series) -> pl.Series:
    text = pl.col("line").str.to_lowercase().str.replace_many(list(_LETTERS), list(_LETTERS.values()))
    text = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    plain = line.to_frame("line").select(text)["line"]
    foreign = plain.str.contains(r"[^\x00-\x7f]").fill_null(False)
    if foreign.any():
        # other scripts, letter by letter
        spelled = [re.sub(r"[\"'`]", "", str(anyascii(value)).lower()) for value in plain.filter(foreign)]
        plain = plain.clone().scatter(foreign.arg_true(), pl.Series(spelled, dtype=pl.String))
    cleaned = pl.col("line").str.replace_many(list(_DOTTED), list(_DOTTED.values()))
    cleaned = cleaned.str.replace_all(r"[^a-z0-9,/#&-]+", " ").str.replace_all(r"\s*(?:,[\s,]*)+", ", ")
    return plain.to_frame("line").select(cleaned.str.strip_chars(" ,-"))["line"]


def _with_boxes(work: pl.DataFrame) -> pl.DataFrame:
    station = pl.col("line").str.extract_groups(_PACKSTATION).struct
    number = pl.col("line").str.extract(_BOX, 1)
    return work.with_columns(
        pl.when(station.field("1").is_not_null()).then(station.field("1")).when(number.is_not_null()).then(pl.lit("po box"))  # noqa: E501
        .alias("box"),
        pl.coalesce(station.field("2"), number.str.replace_all(" ", "")).alias("box_number"),
    )  # fmt: skip


def _with_country_rules(work: pl.DataFrame) -> pl.DataFrame:
    """Number and door that one country writes in one word (88/2/14, 5/7, 5/12, 302-1055), each in its own way."""
    rules = (
        (("AT",), r"(\d+[a-z]?)/(\d+(?:/\d+)?)\b"), (("PL",), r"(\d+[a-z]?)\s?(?:/|m |lok )\s?(\d+)\b"),
        (("FI",), r"\b(\d+) ([a-h] ?\d+)\b"), (("TR",), r"\bno:? ?(\d+[a-z]?)(?:/| ?d(?:aire)?:? ?)(\d+)\b"),
        (("RU", "UA", "BY"), r"\bd ?(\d+[a-z]?)()\b"),
    )  # fmt: skip
    first = ((("AU", "NZ"), r"^(\d+[a-z]?)/(\d+[a-z]?) "), (("CA",), r"^(\d+)-(\d+) "))
    stiege = (
        pl.when(pl.col("line").str.contains("stiege", literal=True))
        .then("line")
        .str.extract_groups(r"\bstiege (\d+),? ?(?:top|tur) (\d+)")
        .struct
    )
    room, line = pl.lit(None, dtype=pl.String), pl.col("line")
    for countries, pattern in rules:
        own = pl.col("country").is_in(countries).fill_null(False)
        found = pl.when(own).then("line").str.extract_groups(pattern).struct
        here = own & found.field("1").is_not_null()
        room = pl.when(here).then(found.field("2")).otherwise(room)
        line = pl.when(here).then(pl.col("line").str.replace(pattern, "${1}")).otherwise(line)
    for places, pattern in first:
        own = pl.col("country").is_in(places).fill_null(False)
        found = pl.when(own).then("line").str.extract_groups(pattern).struct
        here = own & found.field("1").is_not_null()
        room = pl.when(here).then(found.field("1")).otherwise(room)
        line = pl.when(here).then(pl.col("line").str.replace(pattern, "${2} ")).otherwise(line)
    is_stiege = stiege.field("1").is_not_null()
    room = pl.when(is_stiege).then(stiege.field("1") + "-" + stiege.field("2")).otherwise(room)
    line = pl.when(is_stiege).then(pl.col("line").str.replace(r"\bstiege .*$", "")).otherwise(line)
    line = pl.when(pl.col("country") == "TR").then(line.str.replace(_NEIGHBORHOOD, "")).otherwise(line)
    return work.with_columns(
        _filled(room.str.replace_all(" ", "").str.replace_all("/", "-")).alias("room"), line.alias("line")
    )


def _with_door(work: pl.DataFrame) -> pl.DataFrame:
    line = pl.col("line")
    iberian = pl.col("country").is_in(["ES", "PT", "DK", "BR", "NO", "AR"]).fill_null(False)
    storey = pl.when(iberian).then(line).str.extract_groups(_STOREY_DOOR).struct
    door = pl.concat_str(
        pl.coalesce(storey.field("1"), storey.field("3")), pl.coalesce(storey.field("2"), storey.field("4"))
    )
    floor = pl.coalesce(line.str.extract(_FLOOR, 1), line.str.extract(_FLOOR, 2))
    work = work.with_columns(
        pl.coalesce("room", line.str.extract(_ROOM, 1), pl.when(iberian).then(door)).alias("room"),
        floor.alias("floor"),
        pl.coalesce(line.str.extract(_BUILDING, 1), line.str.extract(_BUILDING, 2)).alias("building"),
    )
    rest = pl.when(pl.col("room").is_not_null()).then(line.str.replace(_ROOM, ", ")).otherwise(line)
    rest = pl.when(iberian & door.is_not_null()).then(rest.str.replace(_STOREY_DOOR, ", ")).otherwise(rest)
    rest = pl.when(pl.col("floor").is_not_null()).then(rest.str.replace(_FLOOR, ", ")).otherwise(rest)
    rest = pl.when(pl.col("building").is_not_null()).then(rest.str.replace(_BUILDING, ", ")).otherwise(rest)
    rest = rest.str.replace_all(_NUMBER_WORD, "${1}").str.replace_all(r"\s*(?:,[\s,]*)+", ", ").str.strip_chars(" ,-")
    return work.with_columns(
        pl.coalesce("room", pl.col("floor") + "f").str.strip_chars("-").alias("room"),
        rest.str.replace_all(" +", " ").alias("line"),
    )


def _with_one_piece(work: pl.DataFrame) -> pl.DataFrame:
    """Of several pieces the one that is the street; a number in a piece of its own goes to its street."""
    first = _is_first()
    several = pl.col("line").str.contains(",")
    line = pl.when(several).then("line")
    joined = line.str.replace(r"^(\d+[a-z]?(?: ?(?:bis|ter|quater))?), ", "${1} ")
    joined = (
        pl.when(joined == line).then(line.str.replace(_NUMBER_ALONE, " ${1},")).otherwise(joined).str.strip_chars(" ,")
    )
    numbered = (
        pl.when(first).then(joined.str.extract(_NUMBERED_PIECE, 1)).otherwise(joined.str.extract(_PIECE_WITH_NUMBER, 1))
    )
    other = (
        pl.when(first).then(joined.str.extract(_PIECE_WITH_NUMBER, 1)).otherwise(joined.str.extract(_NUMBERED_PIECE, 1))
    )
    piece = pl.coalesce(
        numbered, joined.str.extract(_STREET_PIECE, 1), other, joined.str.extract(r"(?:^|, )([^,]+)$", 1)
    )
    work = work.with_columns(joined.alias("joined"), pl.when(several).then(piece).otherwise("line").alias("line"))
    name = pl.col("joined").str.split(pl.col("line")).list.join("").str.extract(r"(?:^|, )([a-z][^,\d]{2,})(?:,|$)", 1)
    return work.with_columns(pl.coalesce("building", name.str.strip_chars(" ")).alias("building"))


def _with_number(work: pl.DataFrame) -> pl.DataFrame:
    work = work.with_columns(pl.col("line").str.extract_groups(_FIRST).alias("first"), _is_first().alias("is_first"))
    first = pl.col("first").struct
    is_done = pl.col("is_first").fill_null(False) & first.field("1").is_not_null()
    work = work.with_columns(pl.when(~is_done).then("line").str.extract_groups(_LAST).alias("last"))
    last = pl.col("last").struct
    # 'Ang Mo Kio Avenue 3', 'Highway 101': a number that belongs to the name of the street.
    named = pl.col("is_first") & last.field("1").str.contains(_NAMED_BY_NUMBER)
    work = work.with_columns(pl.when(~named.fill_null(False)).then("last").alias("last"))
    at_first = first.field("1").is_not_null() & (pl.col("is_first") | last.field("1").is_null())
    number = pl.when(at_first).then(first.field("1")).otherwise(last.field("2"))
    street = pl.when(at_first).then(first.field("2")).otherwise(last.field("1"))
    number = number.str.replace_all(r"\s|(?<x>/)$", "").str.replace(r"/([a-z])$", "${1}").str.strip_chars("-/")
    return work.with_columns(number.alias("number"), pl.coalesce(street, "line").alias("street"))


def _is_first() -> pl.Expr:
    place = pl.col("country").replace_strict(format_of("number"), default=None, return_dtype=pl.String)
    return (place == "first") | (place.is_null() & pl.col("line").str.contains(r"^\d+[a-z]?,? [a-z]{2}"))


def _spelled(work: pl.DataFrame) -> pl.Series:
    """The street with its abbreviations written out in the language of the country."""
    language = pl.col("country").replace_strict(format_of("language"), default="", return_dtype=pl.String)
    german = r"([a-z]{3,})str\b"
    street = pl.col("street").str.replace_all(r"[,/#&-]+", " ").str.replace_all(" +", " ").str.strip_chars(" ")
    street = street.str.replace_all(_STREET_PREFIX, "")
    wanted = work.select(street.alias("written"), language.alias("language"))
    # a street repeats from number to number
    table = wanted.unique().with_columns(pl.col("written").alias("street"))
    parts = []
    for key, part in table.partition_by("language", as_dict=True).items():
        spoken = str(key[0])
        written = pl.col("street")
        if spoken in ("en", ""):
            written = written.str.replace(rf"\bst( (?:{_COMPASS}))?$", "street${1}")
            written = written.str.replace_all(r"\bst ", "saint ")
        written = written.str.replace_all(german, "${1}straat" if spoken == "nl" else "${1}strasse")
        short, long = _words_of({"be": ("fr", "nl"), "ch": ("fr", "de"), "": ("en", "fr")}.get(spoken, (spoken,)))
        padded = pl.lit(" ") + written.str.replace_all(" ", "  ") + " "
        if spoken == "ru":
            # Невский: Nevsky, Nevskij and Nevskii are one name.
            padded = padded.str.replace_all(r"(?:iy|ii|ij|yi|yj|yy) ", "y ")
        if short:
            padded = padded.str.replace_many(short, long)
        parts.append(part.with_columns(padded.str.replace_all(" +", " ").str.strip_chars(" ").alias("street")))
    table = pl.concat([table.clear(), *parts])
    return wanted.join(table, on=["written", "language"], how="left", maintain_order="left")["street"]


@cache
def _words_of(languages: tuple[str, ...]) -> tuple[list[str], list[str]]:
    words: dict[str, str] = {}
    for row in read_rows("street_words.csv"):
        if row["language"] in languages:
            words.setdefault(f" {row['short']} ", f" {row['long']} ")
    return list(words), list(words.values())


def _filled(text: pl.Expr) -> pl.Expr:
    trimmed = text.str.strip_chars(" ,-/")
    return pl.when(trimmed != "").then(trimmed)
