"""Person or organization?

In: names from sources that do not tell. Out: 'organization', 'person' or null.
Invariant: null where the name fits both; a wrong guess costs more than none.
Does not belong here: overruling a source that tells.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.company_parts import ends_in_business
from mdm_pipeline.standardize.organization_names import legal_form_of, spelled_out
from mdm_pipeline.standardize.surname_spellings import surname_ranks
from mdm_pipeline.standardize.surnames import compound_surnames, japanese_surnames, known_surnames, korean_surnames
from mdm_pipeline.standardize.tables import read_lines, read_rows
from mdm_pipeline.standardize.text import HAN, clean, fold

_HAN_ORGANIZATION = (
    r"(?:公司|集团|企业|工厂|大学|学院|学校|中学|小学|附中|附小|幼儿园|医院|诊所|卫生院|银行|合作社|委员会|村委会|居委会|管理局|公安局|税务局|政府|"
    r"法院|检察院|研究院|研究所|设计院|事务所|协会|学会|商会|工会|联合会|基金会|中心|酒店|宾馆|饭店|餐厅|超市|商店|商行|药房|书店|经营部|门市部|"
    r"工作室|俱乐部|出版社|报社|电视台|物业|电网|股份|株式会社|有限会社|分行|支行|厂|店|铺|局|社|所|馆|院|站|办事处|街道办|党支部|大队|派出所)$"
)
# A personal name of three characters may end in one of these; with a surname before it, nobody can tell.
_SHORT_FORM = r"^..[店厂铺坊行部社所馆院站局]$"
_HAN_TITLE = r"(?:先生|女士|小姐|太太|老师|经理|总监|主任|医生|教授|师傅|阿姨|同学|律师|会计)\)?$"
_SHORT_TITLE = r"^.{1,2}[总工董]$"
# Names of Uyghurs and Kazakhs in Han run to four characters and more and open with none of the usual surnames.
_TRANSCRIBED = r"^[阿艾买吐库木图古玛帕祖依努热麦穆凯亚塔迪沙哈赛伊奥巴]"
_LATIN_TITLE = r"^(?:mr|mrs|ms|miss|dr|herr|frau|prof|mme|mlle|sir|madam|don|dona|signor|signora|monsieur|madame) "
_LATIN_SUFFIX = r" (?:jr|sr|ii|iii|iv|phd|md|esq|mba)$"
_NAMED_AFTER = (
    r"\b(?:city|town|county|state|bank|university|house|church|village|port|department|ministry|institute|board|friends|"
    r"league|order|society|isle|museum) of\b|\blaw (?:firm|office|offices|group)\b"
)
# Surnames as well as businesses.
_SURNAMES_TOO = [
    "market",
    "bank",
    "banks",
    "church",
    "mills",
    "farm",
    "steel",
    "gas",
    "bar",
    "butcher",
    "barber",
    "court",
    "parish",
]
_INITIALS = r"^(?:\p{Lu}\. ?){1,4}\p{Lu}[\p{L}'’-]+$"
_COMMA = r"^\p{L}[\p{L}'’-]+(?: \p{L}[\p{L}'’-]+){0,2}, \p{L}[\p{L}'’-]+(?: \p{L}\.?)?$"
_PATRONYMIC = r"(?:ович|евич|ич|овна|евна|ична|івна)(?:$|\s)"


def guess_party_type(names: pl.Series) -> pl.Series:
    """Return 'organization', 'person' or null for each name."""
    text, folded = clean(names), fold(names)
    dense = folded.str.replace_all(" ", "", literal=True)
    some_han = dense.str.contains(f"[{HAN}]").fill_null(False)
    frame = pl.DataFrame({"text": text, "folded": folded, "dense": dense}).with_columns(
        legal_form_of(fold(spelled_out(text))).alias("form")
    )
    guesses = pl.Series("guess", [None] * len(names), dtype=pl.String)
    for rows, judge in ((some_han, _of_han), (~some_han, _of_latin)):
        at = rows.arg_true()
        if len(at):
            guesses = guesses.clone().scatter(at, judge(frame[at]))
    return guesses.alias(names.name)


def _of_han(frame: pl.DataFrame) -> pl.Series:
    dense, text = pl.col("dense"), pl.col("text")
    length = dense.str.len_chars()
    all_han = dense.str.contains(f"^[{HAN}]+$")
    known, doubles = known_surnames(), sorted({*compound_surnames(), *japanese_surnames()})
    double = dense.str.slice(0, 2).is_in(doubles)
    surname = dense.str.slice(0, 1).is_in(known) | double
    title = text.str.contains(_HAN_TITLE) | text.str.contains(_SHORT_TITLE)
    dotted = text.str.contains(rf"^[{HAN}]+[·•・][{HAN}·•・]+$")
    either = surname & dense.str.contains(_SHORT_FORM)
    business = pl.lit(ends_in_business(frame["dense"])) & (length > 3) & ~(double & (length == 4))
    # Four characters are a name only behind a surname.
    coined = all_han & (length == 4) & ~surname & ~dense.str.contains(_TRANSCRIBED)
    organization = ~title & (
        (pl.col("form").is_not_null() & (length > 4))
        | (dense.str.contains(_HAN_ORGANIZATION) & (length > 3))
        | (dense.str.contains("会$") & (length > 4))
        | dense.str.contains("公司|集团|个体工商户|个体户|合作社|株式会社")
        | (all_han & (length > 6) & ~dotted & ~dense.str.contains(_TRANSCRIBED))
        | business
        | coined
    )
    person = ~either & (
        (all_han & surname & length.is_between(2, 3)) | (all_han & surname & double & (length == 4)) | dotted | title
    )
    return frame.select(_verdict(organization, person)).to_series()


def _of_latin(frame: pl.DataFrame) -> pl.Series:
    folded, text = pl.col("folded"), pl.col("text")
    tokens = folded.str.split(" ")
    plain = folded.str.replace(_LATIN_SUFFIX, "").str.contains(r"^[a-z]+(?: [a-z]+){1,4}$")
    given, chinese = _given_names(), sorted(surname_ranks())
    first, last = tokens.list.first(), tokens.list.last()
    has_given = first.is_in(given) | tokens.list.get(1, null_on_oob=True).is_in(given) | last.is_in(given)
    short = tokens.list.len() <= 3
    chinese_name = first.is_in(chinese) & last.str.len_chars().is_between(2, 9) & short
    vietnamese = first.is_in(_vietnamese()) & tokens.list.len().is_between(2, 5)
    hangul = text.str.contains(r"^\p{Hangul}{2,4}$") & text.str.slice(0, 1).is_in(sorted(korean_surnames()))
    either = first.is_in(given) & last.is_in(_SURNAMES_TOO) & (tokens.list.len() == 2)
    organization = (
        pl.col("form").is_not_null()
        | folded.str.contains(rf"\b(?:{_organization_words()})\b")
        | folded.str.contains(_NAMED_AFTER)
        | folded.str.contains(r"\b(?:gmbh|ltd|limited|inc|llc|plc|branch|niederlassung)\b")
        | text.str.contains(r"\w\s?[&+]\s?\w|\p{L}{2,}['’]s\s|\p{L}.*\d|\d.*\p{L}")
    )
    person = (
        (folded + " ").str.contains(_LATIN_TITLE)
        | (plain & (has_given | chinese_name | vietnamese))
        | text.str.contains(_INITIALS)
        | text.str.contains(_COMMA)
        | (text.str.contains(_PATRONYMIC) & tokens.list.len().is_between(2, 4))
        | hangul
    )
    return frame.select(_verdict(organization & ~either, person & ~either)).to_series()


def _verdict(organization: pl.Expr, person: pl.Expr) -> pl.Expr:
    guess = pl.when(organization).then(pl.lit("organization")).when(person).then(pl.lit("person"))
    return guess.otherwise(None).alias("guess")


@cache
def _given_names() -> list[str]:
    nicknames = {word for row in read_rows("nicknames.csv") for word in (row["root"], *row["forms"].split())}
    listed = {
        word
        for name in ("given_names.txt", "iberian_given_names.txt")
        for line in read_lines(name)
        for word in line.split()
    }
    return sorted(nicknames | listed)


@cache
def _vietnamese() -> list[str]:
    # Only those of the first line are hardly names of other origin.
    return read_lines("vietnamese_surnames.txt")[0].split()


@cache
def _organization_words() -> str:
    files = ("organization_words.txt", "business_signs.txt")
    return "|".join(sorted({word for name in files for line in read_lines(name) for word in line.split()}))
