"""Person or organization?

In: names from sources that do not tell. Out: 'organization', 'person' or null.
Invariant: null where the name fits both; a wrong guess costs more than none.
Does not belong here: overruling a source that tells.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.latin_names import nickname_roots, surname_ranks
from mdm_pipeline.standardize.organization_names import legal_form_of, spelled_out
from mdm_pipeline.standardize.surnames import compound_surnames, ranked_surnames
from mdm_pipeline.standardize.tables import read_lines
from mdm_pipeline.standardize.text import HAN, clean, fold

_HAN_ORGANIZATION = (
    r"(?:公司|集团|企业|工厂|大学|学院|学校|中学|小学|幼儿园|医院|诊所|卫生院|银行|合作社|委员会|管理局|公安局|税务局|政府|法院|研究院|研究所|"
    r"设计院|事务所|协会|学会|基金会|中心|酒店|宾馆|饭店|餐厅|超市|商店|商行|药房|书店|经营部|门市部|工作室|俱乐部|出版社|报社|电视台|物业|"
    r"株式会社|有限会社|分行|支行|厂|店|局|社|所|馆|院)$"
)
_HAN_TITLE = r"(?:先生|女士|小姐|太太)$"
_LATIN_TITLE = r"^(?:mr|mrs|ms|miss|dr|herr|frau|prof|mme|mlle) "


def guess_party_type(names: pl.Series) -> pl.Series:
    """Return 'organization', 'person' or null for each name."""
    text, folded = clean(names), fold(names)
    dense = folded.str.replace_all(" ", "")
    frame = pl.DataFrame({"text": text, "folded": folded, "dense": dense}).with_columns(
        legal_form_of(fold(spelled_out(text))).alias("form")
    )
    han = pl.col("dense").str.contains(f"^[{HAN}]+$")
    length = pl.col("dense").str.len_chars()
    some_han = pl.col("dense").str.contains(f"[{HAN}]")
    surname = pl.col("dense").str.slice(0, 1).is_in(_surnames()) | pl.col("dense").str.slice(0, 2).is_in(
        sorted(compound_surnames())
    )
    # The forms of one character (厂, 行, 店) also end personal names; they count on names longer than those.
    firm_form = pl.col("form").is_not_null() & (~some_han | (length > 4))
    organization = (
        firm_form
        | (some_han & pl.col("dense").str.contains(_HAN_ORGANIZATION) & (length > 3))
        | (some_han & pl.col("dense").str.contains(r"公司|集团"))
        | (han & (length > 6) & ~pl.col("text").str.contains("[·•・]"))
        | (~some_han & pl.col("folded").str.contains(rf"\b(?:{_organization_words()})\b"))
        | (~some_han & pl.col("folded").str.contains(r"\b(?:gmbh|ltd|limited|inc|llc|plc|branch|niederlassung)\b"))
        | (~some_han & pl.col("text").str.contains(r"\w\s?&\s?\w|\d"))
    )
    person = (
        (han & surname & length.is_between(2, 4))
        | (han & pl.col("text").str.contains(rf"^[{HAN}]+[·•・][{HAN}·•・]+$"))
        | (han & pl.col("text").str.contains(_HAN_TITLE))
        | pl.col("folded").str.contains(_LATIN_TITLE)
        | _looks_like_latin_person()
    )
    guess = pl.when(organization).then(pl.lit("organization")).when(person).then(pl.lit("person"))
    return frame.select(guess.alias(names.name)).to_series()


def _looks_like_latin_person() -> pl.Expr:
    tokens = pl.col("folded").str.split(" ")
    few = pl.col("folded").str.contains(r"^[a-z]+(?: [a-z]+){1,3}$")
    given, chinese = _given_names(), sorted(surname_ranks())
    has_given = tokens.list.first().is_in(given) | tokens.list.get(1, null_on_oob=True).is_in(given)
    short_chinese = tokens.list.first().is_in(chinese) & tokens.list.last().str.len_chars().is_between(2, 9)
    initial = pl.col("text").str.contains(r"^\p{L}[\p{L}'-]+, \p{L}[\p{L}'-]+(?: \p{L}\.?)?$")
    return few & (has_given | (short_chinese & (tokens.list.len() <= 3)) | initial)


@cache
def _surnames() -> list[str]:
    return [surname for surname, _ in ranked_surnames() if len(surname) == 1]


@cache
def _given_names() -> list[str]:
    return sorted({*nickname_roots(), *nickname_roots().values()})


@cache
def _organization_words() -> str:
    return "|".join(sorted(word for line in read_lines("organization_words.txt") for word in line.split()))
