"""Legal forms of organizations: which one a name carries, and the name without it.

In: folded names (`text.fold`). Out: the code of the form, its class, the rest of the name.
Invariant: a form counts only at an end of the name, the longest one first; a name is never stripped to nothing.
Does not belong here: branches, brackets and places (`organization_names`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.tables import read_rows
from mdm_pipeline.standardize.text import HAN

_WRITTEN_OUT = {
    **dict.fromkeys("〔【[", "("),
    **dict.fromkeys("〕】]", ")"),
    "주식회사": " jusighoesa ",
    "유한책임회사": " yuhanchaegimhoesa ",
    "유한회사": " yuhanhoesa ",
    "(주)": " jusighoesa ",
    "(유)": " yuhanhoesa ",
    "(株)": "株式会社",
    "(有)": "有限会社",
    "(同)": "合同会社",
    "(資)": "合资会社",
    "(名)": "合名会社",
    "(社)": "社团法人",
    "(財)": "财团法人",
    "(学)": "学校法人",
    "(医)": "医疗法人",
    "(集团)": "集团",
    "(集團)": "集团",
    "一人有限": "有限",
    "(个体工商户)": "(个体工商户)",
}
# Words that end like a legal form of one character but are whole words; offices of the state have no form.
_WHOLE_WORDS = (
    r"(?:银行|酒店|饭店|书店|药店|旅行|发行|进行|同行|支行|分行|人民政府|委员会|办事处|管理中心|卫生服务中心|"
    r"社区服务中心|支部|总部|人民共和国.*部|^国家.*部|(?:财政|教育|商务|外交|国防|公安|民政|司法|水利|文化和旅游|"
    r"工业和信息化|交通运输|农业农村)部)$"
)
# Resident committees are committees, yet a form of their own.
_RESIDENTS = r"(?:村民委员会|居民委员会)$"
_VILLAGE_COMMITTEE = r"村?村(?:民委员会|委员会|委会)$"
# Some companies carry a form at both ends; of the first kind (PT ... Tbk, Oy ... Ab) the one at the start tells.
_START_TELLS = ("pt", "cv", "oy")
_BOTH_ENDS = (*_START_TELLS, "ab", "shrkh", "brisath")


def spelled_out(s: pl.Series) -> pl.Series:
    """Return cleaned names with abbreviated Japanese and Korean legal forms written out."""
    return s.str.replace_many(list(_WRITTEN_OUT), list(_WRITTEN_OUT.values()), leftmost=True)


def legal_form_of(folded: pl.Series) -> pl.Series:
    """Return the code of the legal form at the end (or start) of folded names; null where there is none."""
    return split_form(joined_han(folded))["form"]


def legal_class_of(forms: pl.Series) -> pl.Series:
    """Return the class of legal form codes: limited, joint_stock, partnership, cooperative, sole_trader, ..."""
    classes = {row["code"]: row["class"] for row in read_rows("legal_forms.csv")}
    return forms.replace_strict(classes, default=None, return_dtype=pl.String)


def split_form(text: pl.Series) -> pl.DataFrame:
    """Split folded names, Han closed up.

    Returns:
        form (a code, null where there is none), core (never empty where text is not).
    """
    suffix, prefix = _form_patterns()
    at_end = pl.col("text").str.extract(suffix, 1).str.strip_chars(" ")
    at_start = pl.col("text").str.extract(prefix, 1).str.strip_chars(" ")
    table = text.rename("text").to_frame()
    # A village is the name of its committee (张家村村委会, 张家村委会).
    table = table.with_columns(pl.col("text").str.replace(_VILLAGE_COMMITTEE, "村村民委员会"))
    table = table.with_columns(at_end.alias("at_end"), at_start.alias("at_start"))
    length = pl.col("text").str.len_chars()
    whole = pl.col("text").str.contains(_WHOLE_WORDS) & ~pl.col("text").str.contains(_RESIDENTS)
    # One character is a form only behind a name of two.
    thin = (pl.col("at_end").str.len_chars() == 1) & (length < 3)
    # A form in Han at the start is the company's; what ends like a shop is its business (有限会社田中商店).
    japanese = pl.col("at_start").str.contains(f"[{HAN}]").fill_null(False)
    table = table.with_columns(
        pl.when(~(japanese | whole | thin | (pl.col("at_end") == pl.col("text")))).then("at_end").alias("at_end"),
        pl.when(pl.col("at_start") != pl.col("text")).then("at_start").alias("at_start"),
    )
    has_end, has_start = pl.col("at_end").is_not_null(), pl.col("at_start").is_not_null()
    keep_end = length - pl.col("at_end").str.len_chars()
    without_end = pl.when(has_end).then(pl.col("text").str.slice(0, keep_end)).otherwise("text")
    strips_start = has_start & (~has_end | pl.col("at_start").is_in(_BOTH_ENDS))
    start_first = pl.col("at_start").is_in(_START_TELLS)
    core = (
        pl.when(strips_start)
        .then(without_end.str.slice(pl.col("at_start").str.len_chars()))
        .otherwise(without_end)
        .str.strip_chars(" ")
    )
    end_code = pl.col("at_end").replace_strict(_form_codes("suffix"), default=None, return_dtype=pl.String)
    start_code = pl.col("at_start").replace_strict(_form_codes("prefix"), default=None, return_dtype=pl.String)
    form = pl.when(start_first).then(start_code).otherwise(pl.coalesce(end_code, start_code))
    usable = core.is_not_null() & (core != "") & (core != "the")
    return table.select(
        pl.when(usable).then(form).alias("form"),
        pl.when(usable).then(core.str.replace("^the (.)", "${1}")).otherwise("text").alias("core"),
    )


def joined_han(folded: pl.Series) -> pl.Series:
    """Return folded names without the blanks beside Han characters."""
    if not folded.str.contains(f"[{HAN}] | [{HAN}]").any():
        return folded
    return folded.str.replace_all(rf"([{HAN}]) +", "${1}").str.replace_all(rf" +([{HAN}])", "${1}")


@cache
def _form_codes(place: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    dotted: dict[str, str] = {}
    for row in read_rows("legal_forms.csv"):
        if row["place"] != place:
            continue
        for form in row["forms"].split("|"):
            codes.setdefault(form, row["code"])
            # "S.A." folds to "s a": short forms may be written with dots between the letters.
            if form.isascii() and form.isalpha() and 2 <= len(form) <= 5:
                dotted.setdefault(" ".join(form), row["code"])
    return dotted | codes


@cache
def _form_patterns() -> tuple[str, str]:
    """Return patterns for the form at the end and at the start of a folded name."""
    suffixes = _alternatives(list(_form_codes("suffix")), before=" ")
    prefixes = _alternatives(list(_form_codes("prefix")), after=" ")
    return rf"({suffixes})$", rf"^({prefixes})"


def _alternatives(forms: list[str], *, before: str = "", after: str = "") -> str:
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    # Han forms touch the name, Latin ones stand apart from it.
    return "|".join(form if not form.isascii() else f"{before}{form}{after}" for form in ordered)
