"""Phone numbers.

In: cells with none, one or several numbers, labels, extensions, masks, full-width digits. Out: one row per
number, in E.164.
Invariant: Chinese numbers are read by regular expressions, the remainder by rphonenumbers; what is masked, damaged
or unreadable keeps its row and has no `e164`.
Does not belong here: whose number it is (household, switchboard; staging decides that over all records), and how a
cell falls into numbers (`phone_cells`).
"""

from __future__ import annotations

from functools import cache

import polars as pl
import rphonenumbers
from rphonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from mdm_pipeline.standardize.phone_cells import numbers_of

_CN_MOBILE = r"^(?:\+?86)?0?((?:13\d|14[5-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9])\d{8})$"
_CN_AREA = (
    r"10|2[0-57-9]|3(?:1\d|35|49|5\d|7\d|9[1-8])|4(?:1[1-9]|2[179]|3[1-9]|5[1-9]|6[4789]|7\d|8[23])"
    r"|5(?:1\d|2[37]|3\d|4[36]|5\d|6[1-6]|7\d|80|9[1-9])|6(?:3[1-5]|6[0-38]|9[12])"
    r"|7(?:01|1\d|2[248]|3\d|4[3-6]|5\d|6\d|7\d|9\d)|8(?:1[2-9]|2[5-7]|3\d|40|5[1-9]|7\d|8[0-8]|9[1-9])"
    r"|9(?:0[1-9]|1[1-9]|3\d|4[13]|5[1-5]|7\d|9\d)"
)
# Without country code and without 0 (lost in a number cell) only full-length numbers count: ten digits in cities
# with a two-digit area code, eleven elsewhere.
_CN_LANDLINE = rf"^(?:\+?860?|0)({_CN_AREA})([2-8]\d{{6,7}})$"
_CN_ZERO_LOST = r"^(10|2[0-57-9])([2-8]\d{7})$"
_CN_ZERO_LOST_LONG = rf"^({_CN_AREA})([2-8]\d{{7}})$"
_CN_TOLL_FREE = r"^(?:\+?86)?0?((?:400|800)\d{7})$"
# Short numbers exist inside of China only and have no international form.
_CN_SERVICE = (
    r"^(?:\+?86)?(?:11[0249]|12[0-35]\d{2}|12[12]|100(?:0\d|10|11|16|50|60|8[5-8]|99)|101\d{2}|118\d{2,3}|116114|"
    r"95\d{3,7}|96\d{3,4}|123\d{2}|106\d{5,17})$"
)
# Numbers dialed abroad without + or 00; only these prefixes are long enough to be told from domestic ones.
_BARE_PREFIX = r"^(852[2-9]\d{7}|853(?:28|8|6)\d{6,7}|8860?9\d{8}|8860?[2-8]\d{7,8}|0?65[3689]\d{7})$"
_CHINESE_ABROAD = ("HK", "MO", "TW")
_SAME_DIGIT = "|".join(f"{digit}{{7,}}" for digit in "0123456789")
_PLACEHOLDER = (
    rf"^(?:\+?86)?(?:0?(?:1380{{3}}138000|13800138000|13[0-9]0{{8}}|{_SAME_DIGIT}|1[3-9](?:{_SAME_DIGIT})))$|"
    r"^(?:123456|5555555|5551234|55501\d\d)$"
)
# Fillers in China, and wherever no number looks so: 01 23 45 67 89 is one in France.
_SEQUENCE = (
    r"^(?:\+?86)?(?:0?(?:12345678?\d*|987654321?\d*)|0(?:10|2\d|[3-9]\d\d)(?:0{7,8}|1{7,8}|1234567\d?))$|"
    r"^\+?1?(?:1234567890|5555555555|9999999999|0000000000)$"
)
# No local number of China begins with 0 or 1.
_NO_LOCAL = r"^\+86(?:10|2\d|[3-9]\d\d)[01]\d{6,7}$"
_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.SHARED_COST: "service",
    PhoneNumberType.PREMIUM_RATE: "service",
    PhoneNumberType.UAN: "service",
}
_TOLL_FREE_AREAS = ("800", "833", "844", "855", "866", "877", "888")
_READ = pl.Struct({"e164": pl.String, "national": pl.String, "kind": pl.String, "country": pl.String})
_Read = dict[str, str | None]


def standardize_phones(frame: pl.DataFrame) -> pl.DataFrame:
    """Read phone numbers.

    Args:
        frame: columns raw and country (alpha-2 of the record, used for numbers without country code; null means
            that only Chinese numbers are read without one).

    Returns:
        Exploded, in the order of the input; blank cells give no row: row (index into the input), raw (the part of
        the cell), e164 (null unless valid), national (national significant number), kind ('mobile', 'fixed', 'fax'
        by its label, 'toll_free', 'service': short or premium numbers, 'unknown': the number's plan does not tell),
        extension, country, is_valid, is_masked, is_placeholder, reason (why it is not valid: 'masked', 'digits lost
        to scientific notation', 'service number without international form', 'no phone number').
    """
    parts = numbers_of(frame)
    parts = parts.with_columns(_fast(), _north_american())
    parts = _with_library(parts)
    read = pl.coalesce("fast", "north_american", "slow").struct
    damaged = pl.col("is_masked") | pl.col("is_damaged")
    no_local = (read.field("kind") == "fixed") & read.field("e164").str.contains(_NO_LOCAL)
    usable = ~damaged & read.field("e164").is_not_null() & ~no_local.fill_null(False)
    sequence = (pl.col("is_chinese") | ~usable) & pl.col("digits").str.contains(_SEQUENCE)
    service = ~damaged & ~usable & pl.col("is_chinese") & pl.col("digits").str.contains(_CN_SERVICE)
    kind = pl.when(pl.col("is_fax")).then(pl.lit("fax")).otherwise(read.field("kind"))
    return parts.select(
        "row",
        "raw",
        pl.when(usable).then(read.field("e164")).alias("e164"),
        pl.when(usable).then(read.field("national")).alias("national"),
        pl.when(usable).then(kind).when(service).then(pl.lit("service")).otherwise(pl.lit("unknown")).alias("kind"),
        "extension",
        pl.when(usable).then(read.field("country")).alias("country"),
        usable.alias("is_valid"),
        "is_masked",
        (~damaged & (sequence | pl.col("digits").str.contains(_PLACEHOLDER))).alias("is_placeholder"),
        pl.when(pl.col("is_masked"))
        .then(pl.lit("masked"))
        .when(pl.col("is_damaged"))
        .then(pl.lit("digits lost to scientific notation"))
        .when(service)
        .then(pl.lit("service number without international form"))
        .when(~usable)
        .then(pl.lit("no phone number"))
        .alias("reason"),
    )


def _fast() -> pl.Expr:
    digits = pl.col("digits")
    chinese = pl.col("is_chinese")
    # A mainland mobile has eleven digits, more than any number of Hong Kong, Macau or Taiwan.
    mobile = pl.when(chinese | pl.col("region").is_in(_CHINESE_ABROAD)).then(digits.str.extract(_CN_MOBILE, 1))
    landline = pl.when(chinese).then(digits.str.extract_groups(_CN_LANDLINE))
    area, local = landline.struct.field("1"), landline.struct.field("2")
    # Two-digit areas (Beijing 10, Shanghai 21 ...) have eight-digit numbers only.
    fixed: pl.Expr = pl.when((area.str.len_chars() == 3) | (local.str.len_chars() == 8)).then(
        pl.concat_str(area, local)
    )
    lost = digits.str.contains(_CN_ZERO_LOST) | digits.str.contains(_CN_ZERO_LOST_LONG)
    bare = digits.str.contains(_BARE_PREFIX)
    fixed = pl.coalesce(fixed, pl.when(chinese & pl.col("is_plain") & lost & ~bare).then(digits))
    toll_free = pl.when(chinese).then(digits.str.extract(_CN_TOLL_FREE, 1))
    national = pl.coalesce(mobile, toll_free, fixed)
    kind = (
        pl.when(mobile.is_not_null())
        .then(pl.lit("mobile"))
        .when(toll_free.is_not_null())
        .then(pl.lit("toll_free"))
        .otherwise(pl.lit("fixed"))
    )
    return pl.when(national.is_not_null()).then(_answer("+86", national, kind, pl.lit("CN"))).alias("fast")


def _north_american() -> pl.Expr:
    """Numbers of the plan +1: area codes are asked once, the numbers then need no library."""
    digits = pl.col("digits")
    here = pl.col("region").is_in(["US", "CA"])
    national = pl.coalesce(
        digits.str.extract(r"^\+1([2-9]\d{2}[2-9]\d{6})$", 1),
        pl.when(here).then(digits.str.extract(r"^1?([2-9]\d{2}[2-9]\d{6})$", 1)),
    )
    area = national.str.slice(0, 3)
    country = area.replace_strict(_area_countries(), default=None, return_dtype=pl.String)
    kind = pl.when(area.is_in(_TOLL_FREE_AREAS)).then(pl.lit("toll_free")).otherwise(pl.lit("unknown"))
    return pl.when(country.is_not_null()).then(_answer("+1", national, kind, country)).alias("north_american")


def _answer(prefix: str, national: pl.Expr, kind: pl.Expr, country: pl.Expr) -> pl.Expr:
    e164 = pl.concat_str(pl.lit(prefix), national)
    return pl.struct(e164.alias("e164"), national.alias("national"), kind.alias("kind"), country.alias("country"))


@cache
def _area_countries() -> dict[str, str]:
    """Area codes of the United States and Canada whose plan does not tell mobiles, and the toll-free ones."""
    found: dict[str, str] = {}
    for area in range(200, 1000):
        read = _ask(f"+1{area}5552671", "US")
        if read is not None and read["country"] in ("US", "CA") and read["kind"] in ("unknown", "toll_free"):
            found[str(area)] = str(read["country"])
    return found


def _with_library(parts: pl.DataFrame) -> pl.DataFrame:
    open_question = pl.col("fast").is_null() & pl.col("north_american").is_null()
    # Eight digits are the fewest that a number with its area code has in most plans; five in the smallest ones.
    readable = ~pl.col("is_masked") & ~pl.col("is_damaged") & pl.col("digits").str.len_chars().is_between(5, 22)
    service = pl.col("is_chinese") & pl.col("digits").str.contains(_CN_SERVICE)
    bare = pl.col("digits").str.contains(_BARE_PREFIX) & (pl.col("region").is_null() | (pl.col("region") == "CN"))
    questions = (
        parts.filter(open_question & readable & ~service)
        .select("digits", "region", bare.alias("bare"))
        .unique(maintain_order=True)
    )
    answers = [_read(digits, region, bare) for digits, region, bare in questions.iter_rows()]
    table = questions.with_columns(pl.Series("slow", answers, dtype=_READ)).drop("bare")
    return parts.join(table, on=["digits", "region"], how="left", nulls_equal=True, maintain_order="left")


def _read(digits: str, region: str | None, bare: bool) -> _Read | None:
    if bare:
        return _ask(f"+{digits.removeprefix('0')}", "CN") or _ask(digits, "CN")
    found = _ask(digits, region or "CN")
    if found is None and region is None and not digits.startswith(("+", "0")):
        return _ask(f"+{digits}", "CN")
    return found


def _ask(digits: str, region: str) -> _Read | None:
    try:
        number = rphonenumbers.parse(digits, region)
    except (NumberParseException, ValueError):
        return None
    if not rphonenumbers.is_valid_number(number):
        return None
    return {
        "e164": rphonenumbers.format_number(number, PhoneNumberFormat.E164),
        "national": rphonenumbers.national_significant_number(number),
        "kind": _KINDS.get(rphonenumbers.number_type(number), "unknown"),
        "country": rphonenumbers.region_code_for_number(number),
    }
