"""The divisions that a Chinese address begins with.

In: simplified texts that begin with divisions ('浙江省杭州市西湖区文三路'). Out: the divisions that each names, with
the official code of today, and what follows them.
Invariant: a division is taken only if it lies inside the one before it; an ambiguous county alone is not guessed.
Does not belong here: which divisions there are (`divisions`), streets and numbers (`chinese_addresses`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.divisions import NOISE, Division, by_code, lexicon, places, rows_of, short_only
from mdm_pipeline.standardize.text import HAN

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
    names = pl.col("dense").str.slice(0, 36).str.extract_many(lexicon(), leftmost=True).list.head(_DEPTH)
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
    is_word = pl.col("is_street") & pl.col("chain").list.last().is_in(short_only())
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
        if name in NOISE:
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
    known = [found for found in places().get(name, ()) if found[1] or is_certain]
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
    return any(full and division.level == 3 for division, full in places().get(name, ()))


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
    names = zoned["dense"].str.slice(0, 8).str.extract_many(lexicon(), leftmost=True).list.first()
    for code, is_open, name, text in zip(zoned["code"], zoned["open"], names, zoned["dense"], strict=True):
        here = by_code().get(code) if is_open else None
        found = None
        if here is not None and name is not None and text.startswith(name):
            inside = [d for d, full in places()[name] if full and d.level == 3 and _is_below(d, here)]
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
    here = [row for row in rows_of("zone") if code.startswith(row["within"])]
    exact = [row for row in here if row["name"] in names]
    for row in exact or [row for row in here if zone.startswith(row["name"])]:
        division = by_code()[row["code"]]
        return row["code"], division.city or city, row["district"] or division.district
    return None, None, zone
