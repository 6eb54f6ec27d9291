"""What else stands in the cell of an organization's name: other names, the owner, the branch.

In: cleaned cells. Out: the name itself, further names with their kind, the owner, the head office and its branch.
Invariant: what is taken off stands in another column; the name itself is never empty.
Does not belong here: the parts of the name itself (`organization_names`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

from mdm_pipeline.standardize.company_parts import is_place, no_trade_name
from mdm_pipeline.standardize.surnames import compound_surnames, ranked_surnames
from mdm_pipeline.standardize.text import HAN, simplify

NAME = pl.Struct({"kind": pl.String, "name": pl.String})

_WAS = "原名称|原名|原称|原|曾用名称|曾用名|更名前|旧称|旧名|前身为|前身|前称"
_ALSO = "简称|别名|又名|又称|亦称|俗称"
_OWNER = "经营者|业主|负责人|店主|老板|户主"
_INNER = r"(?:[^()]|\([^()]*\))+"
_PERSON = rf"[{HAN}·]{{2,6}}"
_LATIN_WAS = (
    r"formerly known as|formerly|f/?k/?a\.?|previously known as|previously|vormals|ehemals|anciennement|voorheen|"
    r"dawniej|anteriormente"
)
_LATIN_TRADES = r"d/?b/?a\.?|doing business as|trading as|trading name:?|t/as?|t\.a\.|operating as|o/a|handelnd als|nom commercial:?"  # noqa: E501
_LATIN_ALSO = r"a/?k/?a\.?|also known as|better known as"
_LATIN_OWNER = r"inh\.?|inhaber(?:in)?|prop\.?|proprietor|titolare|titulaire|titular|eigenaar|owner|owned by"


@dataclass(frozen=True)
class _Rule:
    """Groups 1 and 3 of the pattern stay; group 2 is taken off as `kind` (or the other way round: `swaps`)."""

    pattern: str
    kind: str
    swaps: bool = False


_HAN_RULES = (
    _Rule(r"^(.+?)[\s,;(]+(?:现已更名为|现更名为|现改名为|现名为|现名|更名为|改名为)[: ]*(.+?)\)?()$", "former", True),
    _Rule(rf"^(.+?)\s*\((?:{_WAS})[:是为 ]*({_INNER})\)(.*)$", "former"),
    _Rule(
        r"^(.+?)[\s,;]+(?:原名称|原名|原称|曾用名称|曾用名|更名前|旧称|旧名|前身为|前身)[:是为 ]*(.{2,})()$", "former"
    ),
    _Rule(rf"^(.+?)\s*\((?:以下)?(?:{_ALSO})[:是为 ]*[\"'“‘「『《]*([^()\"'”’」』》]+)[\"'”’」』》]*\)(.*)$", "alias"),
    _Rule(rf"^(.+?)[\s,;]+(?:{_ALSO})[:是为 ]*[\"'“‘「『《]*([^()\"'”’」』》]+)[\"'”’」』》]*()$", "alias"),
    _Rule(rf"^(.+?)\s*\((?:{_OWNER})[:是为 ]*({_PERSON})\)(.*)$", "owner"),
    _Rule(rf"^(.+?)[\s,;]+(?:{_OWNER})[:是为 ]*({_PERSON})()$", "owner"),
)
_LATIN_RULES = (
    _Rule(r"(?i)^(.+?)[\s,;(\-–]+(?:now known as|now trading as|renamed to|renamed)[:\s]+(.+?)()$", "former", True),
    _Rule(rf"(?i)^(.+?)\s*[(\[](?:{_LATIN_WAS})[:\s]+({_INNER})[)\]](.*)$", "former"),
    _Rule(rf"(?i)^(.+?)\s*[(\[](?:{_LATIN_TRADES})[:\s]+({_INNER})[)\]](.*)$", "trading"),
    _Rule(rf"(?i)^(.+?)[\s,;(\[\-–]+(?:{_LATIN_WAS})[:\s]+(.+?)()$", "former"),
    _Rule(r"(?i)^(.+?)\s*[,(]\s*(?:früher|già|ex|antes|previous name:?)[:\s]+(.+?)()$", "former"),
    _Rule(rf"(?i)^(.+?)[\s,;(\[\-–]+(?:{_LATIN_TRADES})[:\s]+(.+?)()$", "trading"),
    _Rule(rf"(?i)^(.+?)[\s,;(\[\-–]+(?:{_LATIN_ALSO})[:\s]+(.+?)()$", "alias"),
    _Rule(rf"(?i)^(.+?)\s*[,;(]\s*(?:{_LATIN_OWNER})[:\s]+(.+?)()$", "owner"),
    _Rule(r"(?i)^(.+?)\s+(?:inh\.|inhaber:?|inhaberin:?|prop\.)\s*(.+?)()$", "owner"),
    _Rule(r"(?i)^(.+ (?:s\.?n\.?c\.?|s\.?a\.?s\.?)) di (.+)()$", "owner"),
    _Rule(r"^(?:ИП|ФОП|СПД)()\s+(\p{Cyrillic}+\s+\p{Cyrillic}.*)()$", "own_name"),
)
_HAN_GATE = rf"更名|改名|现名|{_WAS}|{_ALSO}|{_OWNER}"
_LATIN_GATE = (
    rf"(?i)\b(?:now|renamed|{_LATIN_WAS}|früher|già|ex|antes|previous|{_LATIN_TRADES}|{_LATIN_ALSO}|{_LATIN_OWNER}|"
    rf"di|ИП|ФОП|СПД)\b"
)

_ACRONYMS_OF_PLACES = (
    r"^(?:UK|US|USA|HK|PRC|CN|SG|EU|UAE|BVI|KSA|ROC|SAR|TW|JP|KR|DE|FR|IT|ES|NL|IN|ID|MY|TH|VN|AU|NZ|CA|MX|BR|ZA|RU|"
    r"EMEA|APAC|GB|CH|AT|BE|PTY|PVT|PTE|PUBL|NI|LLC|LTD|INC|JV|SH|BJ|GZ|SZ|WA|NY|NSW)$"
)
_FIRM = r"(?:公司|集团|集團|事务所|厂|中心|银行|会社|會社)$"
_SHORT_CAPITALS = r"^[A-Z0-9&.\-]{1,5}$"
_PLACE_IN_LATIN = (
    r"(?i)^(?:greater )?(?:china|prc|hong ?kong|shanghai|beijing|shenzhen|guangzhou|suzhou|tianjin|taiwan|asia|"
    r"asia pacific|apac|hk|cn|uk|us|usa|eu|b2b|group|holdings?|sh|bj|gz|sz|m&e|international)$"
)
_SHOPS = r"(?:店|部|行|铺|鋪|厂|廠|超市|场|坊|馆|館|室|庄|莊|苑|屋|吧|摊|社|站|户|戶|中心|楼|园|城|轩|阁|斋|堂|记|个体工商户\))"  # noqa: E501
_OWNER_IN_BRACKETS = rf"^(.+{_SHOPS})\s*\(([{HAN}]{{2,4}})\)$"

_NARROW = (
    "分公司|支公司|分店|分行|支行|分理处|分厂|分部|分所|办事处|辦事處|营业部|營業部|营业厅|营业所|分社|分院|分校|分局|"
    "分中心|项目部|代表处|代表處|联络处|专卖店|旗舰店|门市部|加油站|门店|门诊部|储蓄所|信用卡中心|支店|分支机构|经营部|销售部"
)
_BROAD = rf"{_NARROW}|店|中心|厂|仓库|仓|基地|服务部|研究院|服务站|运营部|采购部|财务部|事业部|工厂|车间"
_NUMBERED = r"(?:门店|分店|店号|支行号|网点号?|店铺号?)[ :#]?\d+|第?\d+号店"
_HAN_BRANCHES = (
    rf"^(.+?)\s*\(([^()]*(?:{_NARROW}|店|{_NUMBERED}))\)$",
    rf"^(.+?(?:有限公司|有限责任公司|股份公司|集团公司|总公司)(?:\([^()]*\))?)[\s,\-–—_]*([^()公]{{1,24}}(?:{_BROAD})|{_NUMBERED})$",
    rf"^(.+?(?:有限公司|股份公司|集团公司|公司|会社|會社)(?:\([^()]*\))?)[\s,\-–—_]*([^()]{{0,24}}?(?:{_NARROW}))$",
    rf"^(.+?(?:集团|银行|銀行|信用社|证券|保险|邮政|移动|联通|电信|石化|石油|事务所(?:\([^()]*\))?|医院|大学|合作社))"
    rf"[\s,\-–—_]*([^()]{{1,24}}?(?:{_NARROW}))$",
    r"^(.+?(?:药房|药店|超市|书店|便利店|咖啡|火锅|酒店))[\s,\-–—_]*([^()]{2,16}(?:店|门市部))$",
    rf"^(.+?)[\s,\-–—_]*((?:{_NUMBERED}))$",
    r"^(.+?(?:株式会社|有限会社|合同会社|\(株\)))\s*([^()]{1,16}?(?:支店|支社|営業所|出張所|事業所|工場|本社|本店))$",
    r"^((?:株式会社|有限会社|合同会社|\(株\)).+?)\s+(\S{1,16}(?:支店|支社|営業所|出張所|工場))$",
)
# 株式会社三井住友銀行 名古屋支店: what follows a form at the start is the firm itself.
_FORM_ALONE = r"^(?:株式会社|株式會社|有限会社|合同会社|\(株\)|有限公司|股份有限公司|集团|银行|总公司)$"
_HAN_BRANCH_GATE = rf"(?:{_BROAD}|{_NUMBERED}|支社|営業所|出張所|事業所|工場|本社|本店)\)?$"
_LATIN_PLACE = (
    r"(?:zweigniederlassung|niederlassung|filiale|succursale(?: de)?|sucursal(?: de| en)?|oddział|agence de|branch of)"
)
_UNIT = r"(?:store|shop|branch|outlet|unit|location|filiale|filial|site|depot|warehouse|restaurant)"
_LATIN_BRANCHES = (
    rf"(?i)^(.+?)\s*\(((?:[^()]*\b)?(?:branch(?: office)?|rep(?:resentative)?\.? office|{_UNIT} (?:no\.?|#)? ?\d+)|"
    rf"{_LATIN_PLACE}\s[^()]+)\)$",
    rf"(?i)^(.+?)[\s,\-–—]+({_UNIT}\s*(?:no\.?|nr\.?|number|#)?\s*#?\d+)$",
    r"(?i)^(.+?)[\s,\-–—]+((?:no\.? ?)?#\d+)$",
    r"(?i)^(.+\b(?:ltd|limited|inc|corp|llc|plc|gmbh|ag|sa|s\.a|co|bank)\.?)[\s,\-–—]+"
    r"((?:branch(?: office)?|representative office|rep\.? office))$",
    r"(?i)^(.+?)[\s,\-–—]+((?:[\p{L}.]+\s)?(?:branch(?: office)?|representative office|rep\.? office))$",
    rf"(?i)^(.+?)[\s,\-–—]+({_LATIN_PLACE}\s[\p{{L}}.\- ]+)$",
    r"^(.+)\s(\p{Hangul}+(?:지점|지사|영업소))$",
)
_LATIN_BRANCH_GATE = r"(?i)branch|office|niederlassung|filial|suc?cursal|oddział|agence|\d\)?$|지점|지사|영업소"


def read_cells(text: pl.Series) -> pl.DataFrame:
    """Take further names, owner and branch off cleaned names.

    Returns:
        main (the name itself), further (a list of kind and name; kind is former, alias, trading, native or
        transliterated), owner, head (name of the head office where the name is that of a branch), branch.
    """
    table = pl.DataFrame(
        {
            "main": text,
            "further": pl.Series([None] * len(text), dtype=pl.List(NAME)),
            "owner": pl.Series([None] * len(text), dtype=pl.String),
            "has_han": text.str.contains(f"[{HAN}]").fill_null(False),
        }
    ).with_row_index("row")
    han, latin = table.filter("has_han"), table.filter(~pl.col("has_han"))
    han = _only(han, _HAN_GATE, lambda part: _by_rules(part, _HAN_RULES))
    han = _only(han, r"\p{Latin}{3}", _pairs)
    han = _only(han, _OWNER_IN_BRACKETS, _owner_in_brackets)
    han = han.with_columns(_closed_up(pl.col("main")).alias("main"))
    latin = _only(latin, _LATIN_GATE, lambda part: _by_rules(part, _LATIN_RULES))
    latin = _only(latin, r"\([A-Z]{2,6}\)$", _acronyms)
    parts = [_branches(han, _HAN_BRANCH_GATE, _HAN_BRANCHES), _branches(latin, _LATIN_BRANCH_GATE, _LATIN_BRANCHES)]
    return pl.concat(parts).sort("row").drop("row", "has_han")


def person_like(texts: pl.Series) -> pl.Series:
    """Return true where a text of two to four Han characters opens with a surname."""
    plain = simplify(texts)
    frame = plain.rename("text").to_frame()
    single = pl.col("text").str.slice(0, 1).is_in(_single_surnames()) & pl.col("text").str.contains(f"^[{HAN}]{{2,3}}$")
    double = pl.col("text").str.slice(0, 2).is_in(sorted(compound_surnames()))
    double = double & pl.col("text").str.contains(f"^[{HAN}]{{3,4}}$")
    return frame.select((single | double).fill_null(False).alias(texts.name)).to_series()


def _only(table: pl.DataFrame, gate: str, step: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Apply a step to the rows whose name matches `gate`; the others stay as they are."""
    hit = table["main"].str.contains(gate).fill_null(False)
    if not hit.any():
        return table
    return pl.concat([table.filter(~hit), step(table.filter(hit))])


def _by_rules(table: pl.DataFrame, rules: tuple[_Rule, ...]) -> pl.DataFrame:
    for rule in rules:
        groups = table["main"].str.extract_groups(rule.pattern).struct.unnest()
        groups.columns = ["before", "taken", "after"]
        wide = pl.concat([table, groups], how="horizontal")
        taken = _balanced(pl.col("taken"))
        main = pl.concat_str("before", "after", ignore_nulls=True)
        kept, off = (taken, main) if rule.swaps else (main, taken)
        kept = kept.str.strip_chars(" ,;-–")
        off = off.str.strip_chars(" ,;-–\"'")
        hit = pl.col("taken").is_not_null() & (off != "") & (kept != "")
        if rule.kind == "owner":
            change = [_where(hit, off, "owner"), _where(hit, kept, "main")]
        elif rule.kind == "own_name":
            hit = pl.col("taken").is_not_null()
            change = [_where(hit, off, "owner")]
        else:
            change = [_added(hit, rule.kind, off), _where(hit, kept, "main")]
        table = wide.with_columns(change).drop("before", "taken", "after")
    return table


def _pairs(table: pl.DataFrame) -> pl.DataFrame:
    """Names in Chinese and in Latin letters in one cell: the first is the name, the other one a further name."""
    outside, inside = (
        r"[^()]*(?:\([^()]*\)[^()]*)*?",
        rf"[^(){HAN}]*\p{{Latin}}[^(){HAN}]*(?:\([^(){HAN}]*\)[^(){HAN}]*)?",
    )
    patterns = {
        "transliterated": (
            rf"^({outside}[{HAN}]\)?)\s*\(({inside})\)$",
            rf"^(.*[{HAN}]\)?)[\s/|,;\-–]+([^{HAN}\s(/|,;\-–][^{HAN}]*\p{{Latin}}{{3}}[^{HAN}]*|\p{{Latin}}{{3}}[^{HAN}]*)$",
        ),
        "native": (
            rf"^([^{HAN}]*\p{{Latin}}{{2}}[^{HAN}]*?)\s*\(([{HAN}][^()]*(?:\([^()]*\))?[^()]*)\)$",
            rf"^([^{HAN}]*\p{{Latin}}{{2}}[^{HAN}]*?)[\s/|,;\-–]+([^\s/|,;\-–]*[{HAN}][^\p{{Latin}}]*)$",
        ),
    }
    for kind, pair in patterns.items():
        for pattern in pair:
            groups = table["main"].str.extract_groups(pattern).struct.unnest()
            first, second = groups["1"], groups["2"]
            han, latin = (second, first) if kind == "native" else (first, second)
            no_name = simplify(han).str.replace_all(r"\([^()]*\)| ", "").str.contains(no_trade_name())
            one_name = latin.str.contains(_SHORT_CAPITALS) & simplify(han).str.contains(_FIRM) & (kind == "native")
            doubtful = no_name | one_name | latin.str.contains(_PLACE_IN_LATIN) | is_place(han)
            outside_brackets = han.str.replace_all(r"\([^()]*\)", "").str.contains(f"[{HAN}]")
            hit = (first.is_not_null() & ~doubtful.fill_null(True) & outside_brackets.fill_null(False)).alias("hit")
            wide = table.with_columns(first.alias("first"), second.alias("second"), hit)
            table = wide.with_columns(
                _added(pl.col("hit"), kind, pl.col("second").str.strip_chars(" ,;")),
                _where(pl.col("hit"), pl.col("first").str.strip_chars(" ,;"), "main"),
            ).drop("first", "second", "hit")
    return table


def _owner_in_brackets(table: pl.DataFrame) -> pl.DataFrame:
    groups = table["main"].str.extract_groups(_OWNER_IN_BRACKETS).struct.unnest()
    inside = groups["2"].fill_null("")
    hit = person_like(inside) & ~is_place(simplify(inside)) & ~inside.str.contains(f"(?:{_BROAD})$")
    wide = table.with_columns(groups["1"].alias("first"), inside.alias("second"), hit.alias("hit"))
    return wide.with_columns(
        pl.when(pl.col("hit")).then(pl.coalesce("owner", "second")).otherwise("owner").alias("owner"),
        _where(pl.col("hit"), pl.col("first"), "main"),
    ).drop("first", "second", "hit")


def _acronyms(table: pl.DataFrame) -> pl.DataFrame:
    groups = table["main"].str.extract_groups(r"^(.+?)\s*\(([A-Z]{2,6})\)$").struct.unnest()
    # A name of one word has no acronym: Samsung (ICT) is a unit.
    hit = (~groups["2"].str.contains(_ACRONYMS_OF_PLACES) & groups["1"].str.contains(r"\w\s+\w")).fill_null(False)
    wide = table.with_columns(groups["1"].alias("first"), groups["2"].alias("second"), hit.alias("hit"))
    return wide.with_columns(
        _added(pl.col("hit"), "alias", pl.col("second")), _where(pl.col("hit"), pl.col("first"), "main")
    ).drop("first", "second", "hit")


def _branches(table: pl.DataFrame, gate: str, patterns: tuple[str, ...]) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    table = table.with_columns(none.alias("head"), none.alias("branch"))
    hit = table["main"].str.contains(gate).fill_null(False)
    if not hit.any():
        return table
    names = table.filter(hit)
    for pattern in patterns:
        groups = names["main"].str.extract_groups(pattern).struct.unnest()
        found = names.with_columns(groups["1"].str.strip_chars(" ,-–—_").alias("1"), groups["2"].alias("2"))
        bare = pl.col("1").str.contains(_FORM_ALONE)
        usable = pl.col("head").is_null() & (pl.col("1") != "") & (pl.col("2") != "") & ~bare
        names = found.with_columns(_where(usable, pl.col("1"), "head"), _where(usable, pl.col("2"), "branch"))
        names = names.drop("1", "2")
    return pl.concat([table.filter(~hit), names])


def _closed_up(text: pl.Expr) -> pl.Expr:
    """Han without blanks between its characters; blanks beside Latin words stay."""
    tight = text.str.replace_all(rf"([{HAN})])\s+([{HAN}(])", "${1}${2}")
    tight = tight.str.replace_all(rf"([{HAN})])\s+([{HAN}(])", "${1}${2}")
    return pl.when(text.str.contains(r"\s")).then(tight).otherwise(text)


def _balanced(text: pl.Expr) -> pl.Expr:
    """Without the closing bracket that belongs to one before the text."""
    opened, closed = text.str.count_matches(r"\("), text.str.count_matches(r"\)")
    return pl.when(closed > opened).then(text.str.strip_suffix(")")).otherwise(text.str.strip_suffix("]"))


def _where(hit: pl.Expr, value: pl.Expr, column: str) -> pl.Expr:
    return pl.when(hit).then(value).otherwise(pl.col(column)).alias(column)


def _added(hit: pl.Expr, kind: str, name: pl.Expr) -> pl.Expr:
    more = pl.concat_list(pl.struct(pl.lit(kind).alias("kind"), name.alias("name")))
    both = pl.when(pl.col("further").is_null()).then(more).otherwise(pl.concat_list("further", more))
    return pl.when(hit).then(both).otherwise("further").alias("further")


@cache
def _single_surnames() -> list[str]:
    return [surname for surname, _ in ranked_surnames() if len(surname) == 1]
