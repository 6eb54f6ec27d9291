"""The parts of a Chinese company name: place, trade name (字号), line of business.

In: folded cores in Han (without legal form and branch). Out: the three parts.
Invariant: the trade name is never empty; it has two characters at least, as the law asks.
Does not belong here: legal forms (`legal_forms`), branches and brackets (`organization_names`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.divisions import by_name
from mdm_pipeline.standardize.tables import read_lines
from mdm_pipeline.standardize.text import HAN

_ZONE = (
    r"(?:[^市区县]{0,4}(?:工业园区|高新技术产业开发区|高新区|经济技术开发区|新技术开发区|经开区|开发区|保税港区|保税区|"
    r"综合保税区|自贸区|自由贸易区|自由贸易试验区|科技园区|产业园区)|[^市区县]{2}新区)"
)
# The office of a town is named after it: 文新街道办事处 has no further name.
_TOWN = rf"^([{HAN}]{{1,4}}?(?:街道|镇|乡))(?:[^办政人]|人[^民])"
# Offices of the state and bodies like them: the whole is the name, its end says of what kind it is.
_STATE = (
    r"(?:人民政府|税务局|人民法院|检察院|街道办事处|居民委员会|管理委员会|委员会|办公室|联合会|红十字会|总工会|党校|"
    r"公安局|派出所|监督管理局|管理局|[^程]局|财政部|教育部|商务部)$"
)
_SCHOOL_OR_HOSPITAL = r"(?:大学|学院|医院|中学|小学|学校|幼儿园|卫生院|附中|附小)$"
# What says which one of the place's schools or hospitals is meant is no trade name.
_NOT_A_TRADE_NAME = (
    r"第[一二三四五六七八九十百\d]+|附属|科学院|^(?:人民|中心|妇幼保健|妇幼|妇产科|妇产|儿童|实验|师范|理工|科技|科学技术|"
    r"工业|工程|交通|财经|农业|林业|医科|医|中医药|中医|外国语|外语|政法|民族|体育|口腔|肿瘤|胸科|精神卫生|传染病|大学|"
    r"技术|职业|职业技术|工商|音乐|美术|艺术|传媒|海洋|海事|电力|石油|矿业|地质|邮电|电子科技|航空航天|建筑|经贸|经济贸易|"
    r"省|市|区|县|中心小|镇中心|省立|市立)+$"
)


def company_parts(core: pl.Series) -> pl.DataFrame:
    """Take cores apart.

    Returns:
        region, trade_name, industry_word per row; the trade name is the core itself where nothing else is left.
    """
    regions = split_regions(core)
    rest = regions["rest"]
    table = pl.DataFrame({"core": core, "region": regions["region"], "rest": rest})
    state = pl.col("core").str.extract(_STATE, 0)
    school = pl.col("rest").str.extract(_SCHOOL_OR_HOSPITAL, 0)
    table = table.with_columns(state.alias("state"), school.alias("school"))
    business = _business(rest)
    table = table.with_columns(pl.coalesce("state", "school", pl.lit(business)).alias("industry_word"))
    bare_length = pl.col("rest").str.len_chars() - pl.col("industry_word").str.len_chars()
    is_named = pl.col("industry_word").is_not_null()
    bare = pl.when(is_named).then(pl.col("rest").str.slice(0, bare_length)).otherwise("rest")
    trade = _without_group(bare)
    institution = pl.col("school").is_not_null() | pl.col("rest").str.contains("科学院", literal=True)
    nameless = institution & (trade.str.contains(_NOT_A_TRADE_NAME) | (trade.str.len_chars() < 2))
    usable = (trade != "") & pl.col("state").is_null() & ~nameless
    whole = pl.when(usable).then(trade).otherwise("core")
    return table.select("region", whole.alias("trade_name"), "industry_word")


def split_regions(core: pl.Series) -> pl.DataFrame:
    """Take the leading place names off; only a whole name is never eaten up.

    Returns:
        region (null where there is none), rest (never empty).
    """
    place = _place_pattern()
    first = core.str.extract(place, 1)
    table = pl.DataFrame({"core": core, "taken": first}).with_columns(
        pl.col("taken").str.len_chars().fill_null(0).alias("end")
    )
    hit = (table["end"] > 0).arg_true()
    # Most names start with one place or none: the further steps see only those that do.
    found = _further_places(table[hit])
    ends = table["end"].cast(pl.UInt32).clone().scatter(hit, found.cast(pl.UInt32))
    end = pl.col("end")
    return table.with_columns(ends.alias("end")).select(
        pl.when(end > 0).then(pl.col("core").str.slice(0, end)).alias("region"),
        pl.col("core").str.slice(end).alias("rest"),
    )


def is_place(texts: pl.Series) -> pl.Series:
    """Return true where a text is nothing but place names."""
    names = _places()
    return texts.is_in(list(names)) | texts.str.contains(rf"^(?:{_alternatives(names)})+[市省县区]?$")


def ends_in_business(names: pl.Series) -> pl.Series:
    """Return true where a name ends in a line of business of two characters or more behind two others."""
    return names.str.contains(rf"^.{{2,}}(?:{_alternatives(frozenset(w for w in _industries() if len(w) > 1))})$")


@cache
def no_trade_name() -> str:
    """Return a pattern for names that hold a place, a line of business and a form but no name (中国有限公司)."""
    return rf"^(?:{_alternatives(_places())})?(?:{_alternatives(_industries())})*(?:股份|责任)?(?:有限公司|公司|集团)?$"


def _further_places(table: pl.DataFrame) -> pl.Series:
    place = _place_pattern()
    step = table
    end = pl.col("end")
    rest = pl.col("core").str.slice(end)
    for _ in range(3):
        more = rest.str.extract(place, 1).str.len_chars().fill_null(0)
        step = step.with_columns((end + more).alias("next"))
        if (step["next"] == step["end"]).all():
            break
        step = step.with_columns(_if_something_is_left(pl.col("next")).alias("end"))
    suffix = rest.str.contains("^[市省县区].").cast(pl.UInt32)
    step = step.with_columns(_if_something_is_left(end + suffix, least=2).alias("end"))
    for pattern in (_TOWN, rf"^({_ZONE})"):
        more = rest.str.extract(pattern, 1).str.len_chars().fill_null(0)
        step = step.with_columns(_if_something_is_left(end + more, least=2).alias("end"))
    return step.select(_if_something_is_left(end).fill_null(0))["end"]


def _if_something_is_left(end: pl.Expr, least: int = 1) -> pl.Expr:
    fits = pl.col("core").str.len_chars() >= end + least
    return pl.when(fits).then(end).otherwise(pl.when(pl.col("core").str.len_chars() > pl.col("end")).then("end"))


def _business(rest: pl.Series) -> pl.Series:
    """The line of business at the end; where one character would be left, a shorter one that leaves two."""
    pattern = rf"((?:{_alternatives(_industries())})+)$"
    table = pl.DataFrame({"rest": rest, "word": rest.str.extract(pattern, 1)})
    thin = ((pl.col("rest").str.len_chars() - pl.col("word").str.len_chars()) == 1).fill_null(False)
    at = table.select(thin.alias("thin"))["thin"].arg_true()
    shorter = table["rest"][at].str.slice(2).str.extract(pattern, 1)
    return table["word"].clone().scatter(at, shorter) if len(at) else table["word"]


def _without_group(trade: pl.Expr) -> pl.Expr:
    return pl.when(trade.str.len_chars() > 3).then(trade.str.replace("集团$", "")).otherwise(trade)


@cache
def _place_pattern() -> str:
    return rf"^({_alternatives(_places())})"


@cache
def _places() -> frozenset[str]:
    short = {name for line in read_lines("company_regions.txt") for name in line.split()}
    full = {name for name, found in by_name().items() if any(is_full for _, is_full in found) and len(name) > 2}
    return frozenset(short | full)


@cache
def _industries() -> frozenset[str]:
    return frozenset(word for line in read_lines("industry_words.txt") for word in line.split())


@cache
def _alternatives(words: frozenset[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
