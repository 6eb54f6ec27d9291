"""Names of organizations.

In: names in Han, Latin or any other script. Out: legal form, core, place, trade name, line of business, branch and
head office, further names, owner, keys.
Invariant: core and trade name are never empty where a name is; a legal form counts only at an end of the name.
Does not belong here: names of persons; deciding that two names are one company (matching).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from mdm_pipeline.standardize.company_parts import company_parts, is_place
from mdm_pipeline.standardize.legal_forms import joined_han, legal_class_of, legal_form_of, spelled_out, split_form
from mdm_pipeline.standardize.organization_cells import person_like, read_cells
from mdm_pipeline.standardize.tables import read_lines
from mdm_pipeline.standardize.text import HAN, clean, fold, pinyin, script, simplify

__all__ = ["legal_class_of", "legal_form_of", "spelled_out", "standardize_organization_names"]

# Brackets that hold a piece of the legal form belong to the name: (Pty) Ltd, S.p.A. (unipersonale).
_FORM_IN_BRACKETS = (
    r"(?i)\((pty|pvt|private|proprietary|publ|p|haftungsbeschränkt|unipersonale|persero|tbk|mbh|gmbh|public)\)"
)
_OPEN_BRACKET = r"^([^()]*)\(([^()]*)$"
# What is said of the firm behind its name is no part of it.
_STATE_OF_AFFAIRS = (
    r"(?i)[\s,\-–]+\(?(?:in liquidation|in administration|in insolvency|i\. ?l\.|i\. ?gr\.|i\. ?ins\.|dissolved|"
    r"en liquidation|in liquidazione|w likwidacji|en liquidación|\*+ ?closed ?\*+)\)?$"
)
_COUNTRY_AFTER_FORM = (
    r"(?i)^(.+\b(?:ltd|limited|inc|corp|gmbh|llc|plc|co|ag|sa)\b\.?), ?(?:china|p\.?r\.? china|hong kong|taiwan|"
    r"singapore|japan|korea|india|usa|u\.s\.a\.|uk|germany|france|italy|spain|netherlands|switzerland|austria|canada|"
    r"australia|shanghai|beijing|shenzhen|malaysia|thailand|vietnam|indonesia)$"
)
# Said of a place or a rank, they name nobody: "Deutsche Bank" is the trade name, not "Deutsche".
_NO_TRADE_NAME = (
    r"^(?:the |first |of )*(?:deutsche|american|china|chinese|british|french|german|italian|japan|european|national|"
    r"central|royal|general|united|universal|global|international|first|asia|pacific|north|south|east|west|new|"
    r"modern|standard|public|state|city|bank|industrial|commercial|advanced)(?: of)?$"
)
_FORM_OF_QUALIFIER = {"合伙": "zh_partnership", "个体": "zh_sole", "独资": "zh_sole"}
_NAME_ALONE = rf"^(?:个体工商户|个体户)?([{HAN}]{{2,4}})(?:个体工商户|个体户)?$"


def standardize_organization_names(s: pl.Series) -> pl.DataFrame:
    """Take names of organizations apart.

    Returns:
        One row per input row: display (the name as written, without other names and the owner), script,
        name_norm (folded), legal_form (a code, 'none' if there is none), core (folded, without legal form,
        branch and brackets), region (place that a Chinese name opens with or carries in brackets), trade_name
        (字号), industry_word, branch (as written), core_key (pinyin of a Han core, else the folded core),
        qualifier (what stood in brackets), legal_class, head (the head office's name as written where there
        is a branch), owner (of a sole trader), further (a list of kind and name).
    """
    text = clean(s)
    cells = read_cells(text.rename("main"))
    work = cells.rename({"main": "display"}).with_row_index("row")
    name_norm = fold(work["display"])
    # A cell of punctuation alone folds to nothing and has no parts.
    work = work.with_columns(script(work["display"]).alias("script"), name_norm.alias("name_norm"))
    work = _without_brackets(work)
    work = work.with_columns(_folded(work).alias("folded"))
    has_han = pl.col("text").str.contains(f"[{HAN}]").fill_null(False)
    parts = pl.concat([_han_parts(work.filter(has_han)), _latin_parts(work.filter(~has_han))]).sort("row")
    core = parts["core"]
    in_han = core.str.contains(f"[{HAN}]").fill_null(False)
    key = core.zip_with(~in_han, pinyin(core.set(~in_han, None)).str.replace_all(" ", ""))
    joined = pl.concat([work, parts.drop("row")], how="horizontal").with_columns(_legal_form().alias("legal_form"))
    return joined.select(
        "display",
        "script",
        "name_norm",
        "legal_form",
        "core",
        pl.coalesce("region", "place").alias("region"),
        "trade_name",
        "industry_word",
        "branch",
        pl.lit(key).alias("core_key"),
        "qualifier",
        pl.lit(legal_class_of(joined["legal_form"])).alias("legal_class"),
        "head",
        pl.coalesce("owner", pl.lit(_own_name(joined))).alias("owner"),
        "further",
    )


def _without_brackets(work: pl.DataFrame) -> pl.DataFrame:
    """Adds text (what is taken apart), qualifier (what stood in brackets) and place (a place among it)."""
    text = work["head"].zip_with(work["head"].is_not_null(), work["display"])
    text = text.str.replace(_STATE_OF_AFFAIRS, "")
    if text.str.contains(_COUNTRY_AFTER_FORM).any():
        text = text.str.replace(_COUNTRY_AFTER_FORM, "${1}")
    text = spelled_out(text)
    if text.str.contains(_FORM_IN_BRACKETS).any():
        text = text.str.replace_all(_FORM_IN_BRACKETS, " ${1} ")
    frame = work.with_columns(text.alias("text"))
    bracketed = text.str.contains("[()]").fill_null(False)
    none = pl.lit(None, dtype=pl.String)
    frame = frame.with_columns(none.alias("qualifier"), none.alias("place"))
    if not bracketed.any():
        return frame
    return pl.concat([frame.filter(~bracketed), _open_up(frame.filter(bracketed))]).sort("row")


def _open_up(frame: pl.DataFrame) -> pl.DataFrame:
    groups = frame["text"].str.extract_groups(_OPEN_BRACKET).struct.unnest()
    place = company_parts_region(simplify(groups["2"]))
    closed = groups["1"] + "(" + place + ")" + groups["2"].str.slice(place.str.len_chars())
    frame = frame.with_columns(pl.coalesce(pl.lit(closed), "text").alias("text"))
    inside = pl.col("text").str.extract_all(r"\([^()]*\)").list.eval(pl.element().str.strip_chars("() "))
    inside = inside.list.eval(pl.element().filter(pl.element() != ""))
    blank = pl.when(pl.col("text").str.contains(f"[{HAN}]")).then(pl.lit("")).otherwise(pl.lit(" "))
    outside = pl.col("text").str.replace_all(r"\([^()]*\)", " ").str.strip_chars(" ,-")
    frame = frame.with_columns(
        pl.when(inside.list.len() > 0).then(inside.list.join(" ")).alias("qualifier"),
        inside.list.first().alias("first"),
        outside.alias("outside"),
        blank.alias("blank"),
    )
    # A name that is all in brackets stays whole.
    usable = pl.lit(fold(frame["outside"])).is_not_null()
    first = simplify(frame["first"])
    frame = frame.with_columns(
        pl.when(usable).then("outside").otherwise("text").alias("text"),
        pl.when(usable).then("qualifier").alias("qualifier"),
        pl.when(usable & pl.lit(is_place(first))).then(pl.lit(first)).alias("place"),
    )
    return frame.drop("first", "outside", "blank")


def company_parts_region(texts: pl.Series) -> pl.Series:
    """Return the place that each text opens with; null where there is none."""
    return company_parts(texts)["region"]


def _folded(work: pl.DataFrame) -> pl.Series:
    """The folded text; where it is the name as it was written, that has been folded already."""
    other = (work["text"] != work["display"]).fill_null(False).arg_true()
    return work["name_norm"].clone().scatter(other, fold(work["text"][other])) if len(other) else work["name_norm"]


def _legal_form() -> pl.Expr:
    qualifier = pl.col("qualifier")
    by_qualifier = [
        pl.when(qualifier.str.contains(word, literal=True)).then(pl.lit(code))
        for word, code in _FORM_OF_QUALIFIER.items()
    ]
    form = pl.coalesce(*by_qualifier, "form")
    return pl.when(pl.col("name_norm").is_not_null()).then(form.fill_null("none"))


def _own_name(table: pl.DataFrame) -> pl.Series:
    """A sole trader without a shop's name goes by the owner's own."""
    name = table["text"].set((table["legal_form"] != "zh_sole").fill_null(True), None).str.extract(_NAME_ALONE, 1)
    is_person = person_like(name) & table["industry_word"].is_null()
    return name.set(~is_person, None)


def _han_parts(work: pl.DataFrame) -> pl.DataFrame:
    folded = joined_han(work["folded"])
    table = split_form(folded)
    parts = company_parts(table["core"])
    return pl.concat([work.select("row"), table, parts], how="horizontal").select(
        "row", "form", "core", "region", "trade_name", "industry_word"
    )


def _latin_parts(work: pl.DataFrame) -> pl.DataFrame:
    table = split_form(work["folded"])
    tail = table["core"].str.extract(_business_words(), 1)
    table = table.with_columns(tail.alias("tail"), work["row"])
    kept = pl.col("core").str.len_chars() - pl.col("tail").str.len_chars()
    bare = pl.when(pl.col("tail").is_not_null()).then(pl.col("core").str.slice(0, kept))
    usable = (bare != "") & ~bare.str.contains(_NO_TRADE_NAME)
    return table.select(
        "row",
        "form",
        "core",
        pl.lit(None, dtype=pl.String).alias("region"),
        pl.when(usable).then(bare).otherwise("core").alias("trade_name"),
        pl.when(usable).then(pl.col("tail").str.strip_chars(" ").str.replace("^and ", "")).alias("industry_word"),
    )


@cache
def _business_words() -> str:
    words = "|".join(sorted(word for line in read_lines("organization_words.txt") for word in line.split()))
    return rf"((?: and)?(?: (?:{words}))(?: (?:{words}|and))*)$"
