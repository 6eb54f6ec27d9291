"""Names of organizations.

In: names in Han, Latin or any other script. Out: legal form, core, place, trade name, line of business,
branch, keys.
Invariant: core and trade name are never empty where a name is; a legal form counts only at an end of the
name.
Does not belong here: names of persons; deciding that two names are one company (matching).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from mdm_pipeline.standardize.divisions import by_name
from mdm_pipeline.standardize.tables import read_lines, read_rows
from mdm_pipeline.standardize.text import HAN, clean, fold, pinyin, script

# Parentheses that hold a piece of the legal form belong to the name: (Pty) Ltd, (株), (주).
_FORM_IN_PARENTHESES = r"(?i)\((pty|pvt|private|publ|p|haftungsbeschränkt|株|有|주|유)\)"
_WRITTEN_OUT = {
    **dict.fromkeys("〔【[", "("),
    **dict.fromkeys("〕】]", ")"),
    "주식회사": " jusighoesa ",
    "유한회사": " yuhanhoesa ",
    "(주)": " jusighoesa ",
    "(유)": " yuhanhoesa ",
    "(株)": "株式会社",
    "(有)": "有限会社",
    "一人有限": "有限",
}
_BRANCH_ENDS = (
    "分公司|支公司|分店|分行|支行|分理处|分厂|分部|分所|办事处|营业部|营业厅|经营部|分社|分院|分校|"
    "分中心|项目部|代表处|联络处|专卖店|旗舰店|门市部|加油站|店"
)
_HAN_BRANCH = (
    rf"^(.+公司)(.{{0,20}}?(?:{_BRANCH_ENDS}))$",
    rf"^(.+?(?:集团|银行|厂|医院|大学|合作社|事务所|药房|超市|信用社))(.{{1,20}}?(?:{_BRANCH_ENDS}))$",
)
# Words that end like a legal form of one character but are whole words.
_WHOLE_WORDS = r"(?:银行|酒店|饭店|书店|药店|旅行|发行|进行|同行|支行|分行)$"
_ZONE = re.compile(r"(?:工业园区|高新技术产业开发区|高新区|经济技术开发区|经开区|开发区|保税区|自贸区|新区)")
_LATIN_BRANCH = (
    r"(?i)^(.+?)[\s,\-–—]+((?:[\p{L}.]+\s)?(?:branch(?: office)?|representative office|rep office)|"
    r"(?:zweigniederlassung|niederlassung|filiale|succursale(?: de)?|sucursal(?: de| en)?)\s[\p{L}.\- ]+)$"
)
_FORM_OF_QUALIFIER = {"合伙": "zh_partnership", "个体": "zh_sole", "独资": "zh_sole"}
_PARTS = pl.Struct({"region": pl.String, "rest": pl.String})


def standardize_organization_names(s: pl.Series) -> pl.DataFrame:
    """Take names of organizations apart.

    Returns:
        One row per input row: display (cleaned), script, name_norm (folded), legal_form (a code, 'none' if
        there is
        none), core (folded, without legal form, branch and parentheses), region (leading place of a
        Chinese name),
        trade_name (字号), industry_word, branch (as written), core_key (pinyin of a Han core, else the
        folded core),
        qualifier (what stood in parentheses).
    """
    work = pl.DataFrame({"display": clean(s)}).with_columns(script(s).alias("script")).with_row_index("row")
    work = work.with_columns(fold(work["display"]).alias("name_norm"))
    work = _without_parentheses(work)
    has_han = pl.col("text").str.contains(f"[{HAN}]").fill_null(False)
    work = work.with_columns(has_han.alias("has_han"))
    parts = [_han_parts(work.filter("has_han")), _latin_parts(work.filter(~pl.col("has_han")))]
    parts_table = pl.concat(parts).sort("row")
    core = parts_table["core"]
    in_han = core.str.contains(f"[{HAN}]")
    key = pinyin(core)
    key = key.str.replace_all(" ", "").zip_with(in_han.fill_null(False), key)
    joined = work.join(parts_table, on="row", how="left", suffix="_of_parts", maintain_order="left")
    return joined.select(
        "display",
        "script",
        "name_norm",
        _legal_form().alias("legal_form"),
        "core",
        "region",
        "trade_name",
        "industry_word",
        pl.coalesce("branch", "branch_of_parts").alias("branch"),
        pl.lit(key).alias("core_key"),
        "qualifier",
    )


def spelled_out(s: pl.Series) -> pl.Series:
    """Return cleaned names with abbreviated Japanese and Korean legal forms written out."""
    return s.str.replace_many(list(_WRITTEN_OUT), list(_WRITTEN_OUT.values()), leftmost=True)


def legal_form_of(folded: pl.Series) -> pl.Series:
    """Return the code of the legal form at the end (or start) of folded names; null where there is none."""
    dense = _joined_han(folded)
    return _without_form(pl.DataFrame({"text": dense}))["form"]


def _without_parentheses(work: pl.DataFrame) -> pl.DataFrame:
    text = spelled_out(work["display"]).str.replace_all(_FORM_IN_PARENTHESES, " ${1} ")
    frame = work.with_columns(text.alias("text"))
    inside = pl.col("text").str.extract_all(r"\([^()]*\)").list.eval(pl.element().str.strip_chars("() "))
    inside = inside.list.eval(pl.element().filter(pl.element() != ""))
    outside = pl.col("text").str.replace_all(r"\([^()]*\)", " ").str.strip_chars(" ,-")
    frame = frame.with_columns(
        pl.when(inside.list.len() > 0).then(inside.list.join(" ")).alias("qualifier"),
        outside.alias("outside"),
    )
    # A name that is all in parentheses stays whole.
    usable = pl.Series(fold(frame["outside"])).is_not_null()
    frame = frame.with_columns(
        pl.when(pl.lit(usable)).then("outside").otherwise("text").alias("text"),
        pl.when(pl.lit(usable)).then("qualifier").alias("qualifier"),
    )
    is_branch = pl.col("qualifier").str.contains(rf"(?i)(?:{_BRANCH_ENDS}|branch|niederlassung|filiale)$")
    return frame.with_columns(pl.when(is_branch).then("qualifier").alias("branch"))


def _legal_form() -> pl.Expr:
    qualifier = pl.col("qualifier")
    by_qualifier = [
        pl.when(qualifier.str.contains(word, literal=True)).then(pl.lit(code))
        for word, code in _FORM_OF_QUALIFIER.items()
    ]
    form = pl.coalesce(*by_qualifier, "form")
    return pl.when(pl.col("name_norm").is_not_null()).then(form.fill_null("none"))


def _han_parts(work: pl.DataFrame) -> pl.DataFrame:
    dense = work["text"].str.replace_all(rf"([{HAN}])\s+", "${1}").str.replace_all(rf"\s+([{HAN}])", "${1}")
    of_company, of_other = (dense.str.extract_groups(pattern).struct.unnest() for pattern in _HAN_BRANCH)
    has_company = of_company["1"].is_not_null()
    head = of_company["1"].zip_with(has_company, of_other["1"])
    branch = of_company["2"].zip_with(has_company, of_other["2"])
    folded = _joined_han(fold(head.zip_with(head.is_not_null(), dense)))
    table = _without_form(pl.DataFrame({"text": folded}))
    regions = _split_regions(table["core"])
    table = pl.concat([work.select("row"), table, regions], how="horizontal").with_columns(branch.alias("branch"))
    industry = pl.col("rest").str.extract_groups(_industries()).struct
    bare, word = industry.field("1"), industry.field("2")
    # One character left over is more likely a part of the word before (大 + 药房) than a trade name.
    split = word.is_not_null() & (bare.str.len_chars() != 1)
    whole = pl.concat_str("region", "rest", ignore_nulls=True)
    trade = pl.when(split & (bare != "")).then(bare).when(split).then(whole).otherwise("rest")
    return table.select(
        "row",
        "form",
        "core",
        "region",
        pl.coalesce(_filled(trade), "core").alias("trade_name"),
        pl.when(split).then(word).alias("industry_word"),
        "branch",
    )


def _latin_parts(work: pl.DataFrame) -> pl.DataFrame:
    branch = work["text"].str.extract(_LATIN_BRANCH, 2)
    head = work["text"].str.extract(_LATIN_BRANCH, 1)
    folded = fold(head.zip_with(head.is_not_null(), work["text"]))
    table = _without_form(pl.DataFrame({"text": folded}))
    table = pl.concat([work.select("row"), table], how="horizontal").with_columns(branch.alias("branch"))
    words = "|".join(sorted(word for line in read_lines("organization_words.txt") for word in line.split()))
    industry = pl.col("core").str.extract_groups(rf"^(.+?) ((?:{words})(?: (?:{words}|and))*)$").struct
    return table.select(
        "row",
        "form",
        "core",
        pl.lit(None, dtype=pl.String).alias("region"),
        pl.coalesce(industry.field("1"), "core").alias("trade_name"),
        industry.field("2").alias("industry_word"),
        "branch",
    )


def _without_form(table: pl.DataFrame) -> pl.DataFrame:
    """Split folded names (column text) into form (a code) and core."""
    suffix, prefix = _form_patterns()
    text = pl.col("text")
    at_end, at_start = text.str.extract_groups(suffix).struct, text.str.extract_groups(prefix).struct
    end_form, start_form = at_end.field("2").str.strip_chars(" "), at_start.field("1").str.strip_chars(" ")
    suffixes, prefixes = _form_codes("suffix"), _form_codes("prefix")
    kept = text.is_in([*suffixes, *prefixes]) | text.str.contains(_WHOLE_WORDS)
    end_form, start_form = pl.when(~kept).then(end_form), pl.when(~kept).then(start_form)
    core = (
        pl.when(end_form.is_not_null())
        .then(at_end.field("1"))
        .when(start_form.is_not_null())
        .then(at_start.field("2"))
        .otherwise(text)
    )
    # Indonesian companies have a form at both ends (PT ... Tbk).
    core = (
        pl.when(end_form.is_not_null() & start_form.is_in(["pt", "cv"]))
        .then(core.str.replace("^(?:pt|cv) ", ""))
        .otherwise(core)
    )
    return table.select(
        pl.coalesce(
            end_form.replace_strict(suffixes, default=None, return_dtype=pl.String),
            start_form.replace_strict(prefixes, default=None, return_dtype=pl.String),
        ).alias("form"),
        core.str.strip_chars(" ").str.replace("^the (.)", "${1}").alias("core"),
    )


def _split_regions(core: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"at": pl.Series([_region(text) for text in core.to_list()], dtype=_PARTS)}).unnest("at")


def _region(text: str | None) -> dict[str, str | None]:
    """Take the leading place names off a company's core; only a whole name is never eaten up."""
    if text is None:
        return {"region": None, "rest": None}
    places, longest, place = _places(), 11, 0
    for _ in range(4):
        for end in range(min(len(text) - 1, place + longest), place + 1, -1):
            if text[place:end] in places:
                place = end
                break
        else:
            break
    zone = _ZONE.match(text, place) if place else None
    if zone is not None and zone.end() < len(text):
        place = zone.end()
    elif place and len(text) - place > 1 and text[place] in "市省县区":
        place += 1
    return {"region": text[:place] or None, "rest": text[place:]}


@cache
def _places() -> frozenset[str]:
    short = {name for line in read_lines("company_regions.txt") for name in line.split()}
    full = {name for name, found in by_name().items() if any(is_full for _, is_full in found) and len(name) > 2}
    return frozenset(short | full)


@cache
def _industries() -> str:
    words = {word for line in read_lines("industry_words.txt") for word in line.split()}
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return rf"^(.*?)((?:{'|'.join(ordered)})+)$"


@cache
def _form_codes(place: str) -> dict[str, str]:
    codes: dict[str, str] = {}
    for row in read_rows("legal_forms.csv"):
        if row["place"] != place:
            continue
        for form in row["forms"].split("|"):
            codes.setdefault(form, row["code"])
            # "S.A." folds to "s a": short forms may be written with dots between the letters.
            if form.isascii() and form.isalpha() and 2 <= len(form) <= 5:
                codes.setdefault(" ".join(form), row["code"])
    return codes


@cache
def _form_patterns() -> tuple[str, str]:
    """Return patterns for (name, form) at the end and (form, name) at the start of a folded name."""
    suffixes, prefixes = list(_form_codes("suffix")), list(_form_codes("prefix"))
    return (
        rf"^(.+?)({_alternatives(suffixes, before=' ')})$",
        rf"^({_alternatives(prefixes, after=' ')})(.+)$",
    )


def _alternatives(forms: list[str], *, before: str = "", after: str = "") -> str:
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    # Han forms touch the name, Latin ones stand apart from it.
    return "|".join(re.escape(form) if not form.isascii() else f"{before}{form}{after}" for form in ordered)


def _joined_han(folded: pl.Series) -> pl.Series:
    return folded.str.replace_all(rf"([{HAN}]) +", "${1}").str.replace_all(rf" +([{HAN}])", "${1}")


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
