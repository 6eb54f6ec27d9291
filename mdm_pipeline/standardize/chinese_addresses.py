"""Chinese addresses: from the province to the door.

In: the prepared rows of `addresses` in Han script. Out: divisions, town, street, number, building, room.
Invariant: what is taken as one part is not taken as another; `unit` keeps all that follows the number.
Does not belong here: which divisions there are (`division_heads`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.division_heads import locate
from mdm_pipeline.standardize.text import HAN, simplify

_POSTCODE = r"(?:邮编[:\s]*|邮政编码[:\s]*|^|[\s(])(\d{6})(?:[\s)]|$)"
_POSTCODE_CUT = r"\(?(?:邮编|邮政编码)[:\s]*\d{6}\)?|^\d{6}\s|^\(\d{6}\)|[\s(]\d{6}\)?$"
_POSTCODE_FIRST = rf"^(\d{{6}})[{HAN}]|^(\d{{3}}(?:\d{{2,3}})?)\s?(?:台湾|[{HAN}]{{2}}[市县])"
# A town ends in one of these; a road may begin with the same characters (西乡街道, 新镇路).
_TOWNS = (
    r"^([^\d路巷号街]{1,8}街道(?:办事处)?)(.+)$",
    r"^([^\d路街道巷号]{1,6}?镇镇?)(.+)$",
    r"^([^\d路街道巷号]{1,6}?(?:民族)?乡)(.+)$",
    r"^([^\d路街道巷号]{1,6}?苏木)(.+)$",
)
_ROAD_AGAIN = r"^(?:[东西南北中一二三四五六七八九十]{0,2}[路街道巷]|大道|大街|里|村)"
_ROAD_WORDS = r"(?:大道|大街|大马路|马路|公路|胡同|路|街|道|巷)"
_SECTION = r"(?:[东西南北中一二三四五六七八九十\d]{1,3}段|[东西南北]侧|[东西南北中])?"
_NUMBER = r"(?:门牌)?号?((?:\d+巷)?(?:\d+弄)?(?:[甲乙丙丁]?\d+[a-z]?(?:[-~至、]\d+[a-z]?)?号(?:大?院)?(?:(?:之|-|附)\d+号?|[甲乙丙丁])?)?)"  # noqa: E501
_ROAD_AND_NUMBER = rf"^([^\d]{{1,16}}?{_ROAD_WORDS}{_SECTION})\s?(?:街坊)?(?:no\.?\s?)?([甲乙丙丁]?\d.*)$"
_ROAD_ALONE = rf"^([^\d]*?{_ROAD_WORDS}(?:[东西南北中一二三四五六七八九十]{{1,3}}段)?)(.*)$"
_BARE_NUMBER = rf"^(\d+[a-z]?(?:-\d+[a-z]?)?)()$|^(\d+[a-z]?(?:-\d+[a-z]?)?)([\s(,][^\d].*|[^\da-z幢栋座楼层室单期组队房号米公年#{'-'}].*)$"  # noqa: E501
_PLACE_AND_NUMBER = r"^([^\d]*(?:\d+[组队])?)\s?(\d+(?:-\d+)?[a-z]?号|\d+弄(?:\d+号)?)(.*)$"
_NOT_A_NUMBER = r"^(?:楼|厂房|车间|仓库|库|馆|地块|宿舍|门|线|口|岗|院楼|幢|栋|铺|机)"
_CROSSING = r"^(?:与|和|及|、)[^\d]{1,8}?(?:路|街|道).{0,6}$|(?:交叉口|交汇处|交界处|路口|对面|附近|旁边?|斜对面).*$"
_VILLAGE = r"^([^\d]{1,12}?(?:村|屯|寨|庄|组)(?:\d+[组队])?)(?:委会|民委员会)?(.*)$"
# A park, a village, a landmark that is named before the road.
_BEFORE_ROAD = (
    r"^(?:外滩|[^\d]*?(?:科技城|科技园区?|工业园区?|产业园区?|工业区|园区|开发区|商务区|新区|新城|社区|居委会|村|管理区|农场|片区))"
    rf"([^\d]{{1,8}}{_ROAD_WORDS}(?:.{{1,3}}段)?)$"
)
_BOX = r"^(.*?)(\d+)号?信箱(?:(\d+)号?分?箱)?"
_BUILDING = r"^((?:[^\d]*?\d+期)?[^\d]*?)\s?(\d+[a-z]?|[a-z]\d*)\s?(?:号楼|#楼|#|幢|栋楼?|座|号栋)(.*)$"
_PHASE = r"^([^\d]*\d+(?:期|号(?:厂房|馆|仓库|车间|库)))(.*)$"
_NAMED = r"^([^\d(]{2,}?)\s?([\d(].*|[a-z]\d.*|[a-z](?:室|房))?$"
_NOT_A_BUILDING = r"单元|层|^[内旁近]|信箱|^(?:东|西|南|北)(?:侧|面)"
_THREE_NUMBERS = r"^(\d{1,3})-(\d{1,2}-\d{2,4})(?:室|号|房)?$"
_ENTRANCE = r"(\d+|[a-z])\s?(?:单元|门)"
_FLOOR = r"(b?\d+)\s?(?:层|楼|f\b)(?:之(\d+))?"
_ROOM = r"([a-z]?\d+[a-z]?(?:-\d+[a-z]?)*|[a-z]\b|[a-z])\s?(?:室|房间?|号|铺|户|店|分箱)?"
_COUNTED = ("号", "楼", "层", "单元", "栋", "幢", "座", "室", "弄", "巷", "组", "队")


def parse(work: pl.DataFrame) -> pl.DataFrame:
    """Read the rows in Han script.

    Args:
        work: columns row, country, province, city, district, postcode, text.

    Returns:
        Columns row, country, province, city, district, town, street, house_number, building, unit, room, postcode,
        division_code, whole (the text that was read).
    """
    whole = pl.concat_str("province", "city", "district", "text", separator=" ", ignore_nulls=True)
    text = simplify(work.select(whole.alias("whole"))["whole"]).str.to_lowercase()
    text, found = _without_postcode(text)
    located = locate(text)
    seat = located["code"].str.slice(0, 2)
    table = work.select("row", "country", "postcode").with_columns(
        located.drop("rest").rename({"code": "division_code"}).get_columns()
    )
    table = table.with_columns(
        pl.coalesce("postcode", found).alias("postcode"),
        text.alias("whole"),
        _with_digits(located["rest"]).alias("rest"),
        pl.when(seat.is_not_null())
        .then(seat.replace_strict({"71": "TW", "81": "HK", "82": "MO"}, default="CN", return_dtype=pl.String))
        .otherwise("country")
        .alias("country"),
    )
    return _with_door(_with_street(_with_town(table)))


def _without_postcode(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    first = pl.coalesce(pl.col("text").str.extract(_POSTCODE_FIRST, 1), pl.col("text").str.extract(_POSTCODE_FIRST, 2))
    frame = text.to_frame("text").with_columns(
        pl.col("text").str.extract(_POSTCODE, 1).alias("found"), first.alias("first")
    )
    cut = pl.col("text").str.replace(_POSTCODE_CUT, " ").str.strip_chars(" ,")
    cut = (
        pl.when(pl.col("first").is_not_null() & pl.col("found").is_null())
        .then(pl.col("text").str.slice(pl.col("first").str.len_chars()).str.strip_chars(" ,"))
        .otherwise(cut)
    )
    frame = frame.select(cut.alias("text"), pl.coalesce("found", "first").alias("found"))
    return frame["text"], frame["found"]


def _with_digits(rest: pl.Series) -> pl.Series:
    """Numbers in Chinese numerals as digits where they count something (十八号, 三单元); floors below ground as b1."""
    hit = rest.str.contains(rf"[一二三四五六七八九十百](?:{'|'.join(_COUNTED)})|负|地下").fill_null(False)
    if not hit.any():
        return rest
    numerals, digits = _numerals()
    spelled = rest.filter(hit).str.replace_many(numerals, digits, leftmost=True)
    spelled = spelled.str.replace_all(r"(?:负|地下|-)(\d+)(层|楼)", "b${1}${2}")
    return rest.clone().scatter(hit.arg_true(), spelled)


@cache
def _numerals() -> tuple[list[str], list[str]]:
    ones = ["", *"一二三四五六七八九"]
    tens = ["", "十", *(f"{one}十" for one in ones[2:])]
    small = {f"{ten}{one}": 10 * i + j for i, ten in enumerate(tens) for j, one in enumerate(ones) if i or j}
    large = {f"{ones[h]}百{'零' if 0 < n < 10 else ''}{w}": 100 * h + n for h in (1, 2, 3) for w, n in small.items()}
    large |= {f"{ones[h]}百{ones[1] + w}": 100 * h + n for h in (1, 2, 3) for w, n in small.items() if 9 < n < 20}
    large |= {f"{ones[h]}百": 100 * h for h in range(1, 10)}
    counted = [(f"{word}{unit}", f"{n}{unit}") for word, n in (small | large).items() for unit in _COUNTED]
    counted.sort(key=lambda pair: -len(pair[0]))
    return [word for word, _ in counted], [number for _, number in counted]


def _with_town(table: pl.DataFrame) -> pl.DataFrame:
    town, way = pl.lit(None, dtype=pl.String), pl.col("rest")
    table = table.with_columns(pl.when(pl.col("rest").str.contains("街道|[镇乡]|苏木")).then("rest").alias("with_town"))
    for pattern in reversed(_TOWNS):
        found = pl.col("with_town").str.extract_groups(pattern).struct
        is_town = found.field("1").is_not_null() & ~found.field("2").str.contains(_ROAD_AGAIN)
        town = pl.when(is_town).then(found.field("1").str.replace("街道办事处", "街道")).otherwise(town)
        way = pl.when(is_town).then(found.field("2")).otherwise(way)
    alone = pl.col("with_town").str.extract(r"^([^\d路街道巷号]{1,6}(?:街道|镇|乡))$", 1)
    table = table.with_columns(
        pl.coalesce("town", town, alone).alias("town"),
        pl.when(alone.is_null()).then(way.str.strip_chars(" ,")).alias("way"),
    )
    return table.drop("rest")


def _with_street(table: pl.DataFrame) -> pl.DataFrame:
    way = pl.col("way")
    # Each pattern reads only the rows that the one before it left: a null costs nothing.
    box = pl.when(way.str.contains("信箱", literal=True)).then(way).str.extract_groups(_BOX).struct
    table = table.with_columns(way.str.extract_groups(_ROAD_AND_NUMBER).alias("on_road"))
    on_road = pl.col("on_road").struct
    alone = pl.when(on_road.field("1").is_null()).then(way).str.extract_groups(_ROAD_ALONE).struct
    table = table.with_columns(
        box.field("2").alias("box"),
        box.field("3").alias("box_part"),
        _bare_road(pl.coalesce(on_road.field("1"), alone.field("1"))).alias("road"),
        pl.when(on_road.field("1").is_not_null()).then(on_road.field("2")).otherwise(alone.field("2")).alias("after"),
    )
    table = table.with_columns(pl.col("after").str.extract_groups(rf"^{_NUMBER}(.*)$").alias("numbered"))
    numbered = pl.col("numbered").struct
    is_other = (numbered.field("1") == "") | numbered.field("2").str.contains(_NOT_A_NUMBER)
    table = table.with_columns(
        pl.when(is_other).then("after").alias("odd"), pl.when(pl.col("road").is_null()).then("way").alias("off_road")
    )
    # 1688弄6号楼: the second number counts a building, the lane remains.
    lane = pl.col("odd").str.extract_groups(r"^((?:\d+巷)?\d+弄)(.*)$").struct
    is_lane = lane.field("1").is_not_null() & numbered.field("2").str.contains(_NOT_A_NUMBER)
    bare = pl.col("odd").str.extract_groups(_BARE_NUMBER).struct
    has_number = pl.col("odd").is_null() & numbered.field("1").is_not_null()
    at_place = pl.col("off_road").str.extract_groups(_PLACE_AND_NUMBER).struct
    is_place = (
        pl.col("road").is_null() & at_place.field("1").is_not_null() & ~at_place.field("3").str.contains(_NOT_A_NUMBER)
    )
    bare_number = pl.coalesce(bare.field("1"), bare.field("3"))
    bare_tail = pl.when(bare.field("1").is_not_null()).then(pl.lit("")).otherwise(bare.field("4"))
    nothing = pl.col("road").is_null() & ~is_place
    village = pl.col("off_road").str.extract_groups(_VILLAGE).struct
    table = table.with_columns(
        pl.when(pl.col("box").is_not_null())
        .then(pl.lit("信箱"))
        .when(is_place)
        .then(at_place.field("1").str.replace(r"(?:村)?(?:委会|民委员会)$", "村"))
        .when(nothing)
        .then(village.field("1"))
        .otherwise("road")
        .alias("street"),
        pl.when(pl.col("box").is_not_null())
        .then("box")
        .when(is_place)
        .then(at_place.field("2"))
        .when(has_number)
        .then(numbered.field("1"))
        .when(is_lane)
        .then(lane.field("1"))
        .otherwise(bare_number)
        .alias("number"),
        pl.when(pl.col("box").is_not_null())
        .then(None)
        .when(is_place)
        .then(at_place.field("3"))
        .when(nothing & village.field("1").is_not_null())
        .then(village.field("2"))
        .when(nothing)
        .then("way")
        .when(has_number)
        .then(numbered.field("2"))
        .when(is_lane)
        .then(lane.field("2"))
        .when(bare_number.is_not_null())
        .then(bare_tail)
        .otherwise("after")
        .alias("tail"),
    )
    number = pl.col("number").str.replace_all(r"号大?院|号", "").str.replace_all("[之~至]", "-").str.replace("、", "-")
    return table.with_columns(
        _filled(pl.col("street")).alias("street"),
        _filled(number).alias("house_number"),
        _filled(pl.col("tail").str.strip_chars(" ,-()")).alias("unit"),
    )


def _bare_road(road: pl.Expr) -> pl.Expr:
    behind = pl.when(road.str.contains("[城园区滩会村场]")).then(road).str.extract(_BEFORE_ROAD, 1)
    is_road = (behind.str.len_chars() > 2) & ~behind.str.contains(
        r"^[东西南北中前后内外大小一二三四五]{1,2}(?:路|街|大街|大道|道|巷)"
    )
    return pl.when(is_road).then(behind).otherwise(road)


def _with_door(table: pl.DataFrame) -> pl.DataFrame:
    """Building and room out of what follows the number; many addresses share it, each is read once."""
    units = table.select("unit").unique().filter(pl.col("unit").is_not_null())
    inner = pl.col("unit").str.replace_all(r"\([^)]*\)", "").str.replace(_CROSSING, "").str.strip_chars(" ,-")
    units = units.with_columns(inner.alias("inner"))
    building = pl.col("inner").str.extract_groups(_BUILDING).struct
    phase = pl.col("inner").str.extract_groups(_PHASE).struct
    three = pl.col("inner").str.extract_groups(_THREE_NUMBERS).struct
    named = pl.col("inner").str.extract_groups(_NAMED).struct
    is_named = named.field("1").is_not_null() & ~named.field("1").str.contains(_NOT_A_BUILDING)
    units = units.select(
        "unit",
        pl.coalesce(
            pl.concat_str(building.field("1"), building.field("2")),
            phase.field("1"),
            three.field("1"),
            pl.when(is_named).then(named.field("1")),
        )
        .str.replace_all(r"[\s,]", "")
        .alias("building"),
        pl.when(building.field("2").is_not_null())
        .then(building.field("3"))
        .when(phase.field("1").is_not_null())
        .then(phase.field("2"))
        .when(three.field("1").is_not_null())
        .then(three.field("2"))
        .when(is_named)
        .then(named.field("2"))
        .otherwise("inner")
        .alias("inner"),
    )
    entrance = pl.col("inner").str.extract(_ENTRANCE, 1)
    floor = pl.col("inner").str.extract_groups(_FLOOR).struct
    left = pl.col("inner").str.replace(_ENTRANCE, " ").str.replace(_FLOOR, " ").str.strip_chars(" -,")
    number = left.str.extract(_ROOM, 1)
    storey = pl.concat_str(floor.field("1") + "f", floor.field("2"), separator="-", ignore_nulls=True)
    inside = pl.when(number.is_not_null()).then(number).when(floor.field("1").is_not_null()).then(storey)
    units = units.select(
        "unit", "building", pl.concat_str(entrance, inside, separator="-", ignore_nulls=True).alias("room")
    )
    table = table.join(units, on="unit", how="left", maintain_order="left")
    return table.select(
        "row", "country", "province", "city", "district", "town", "street", "house_number",
        _filled(pl.col("building")).alias("building"),
        "unit",
        _filled(pl.coalesce("room", "box_part")).alias("room"),
        "postcode", "division_code", "whole",
    )  # fmt: skip


def _filled(text: pl.Expr) -> pl.Expr:
    trimmed = text.str.strip_chars(" ,-")
    return pl.when(trimmed != "").then(trimmed)
