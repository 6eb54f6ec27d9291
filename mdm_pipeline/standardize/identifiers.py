"""Identifiers of companies, persons and accounts: which scheme, canonical form, is the check digit right.

In: raw values with a hint of the scheme, a country and the type of the party. Out: scheme, value, validity, what the
value implies and what a Chinese id tells.
Invariant: `is_valid` is null where no check exists; masked and spreadsheet-damaged values are never valid; an unnamed
value gets a scheme only by its form, check and country, and other schemes that fit are named beside it.
Does not belong here: whether two parties may share a value (`identifies` only says what a scheme stands for).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from mdm_pipeline.standardize import check_digits
from mdm_pipeline.standardize.divisions import all_codes
from mdm_pipeline.standardize.identifier_checks import check
from mdm_pipeline.standardize.identifier_forms import prepared, vat_value
from mdm_pipeline.standardize.identifier_schemes import (
    IMPLIED,
    SCHEMES,
    VAT_COUNTRIES,
    VAT_OUTSIDE,
    Identifies,
    SchemeInfo,
)

__all__ = ["SCHEMES", "Identifies", "SchemeInfo", "standardize_identifiers"]

_USCC = r"^[0-9A-HJ-NP-RTUW-Y]{2}\d{6}[0-9A-HJ-NP-RTUW-Y]{10}$"
_PROVINCES = r"^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
# Schemes of Chinese registers, which sources put into each other's columns.
_CHINESE = ["cn_uscc", "cn_id", "cn_orgcode", "cn_taxno15", "cn_regno"]
_CORPORATE = ("legal_entity", "site", "tax_group", "endpoint", "account")
_PERSONAL = ("person", "account")


def standardize_identifiers(frame: pl.DataFrame, *, as_of: date | None = None) -> pl.DataFrame:
    """Read identifiers.

    Args:
        frame: columns raw, scheme_hint (a scheme, 'auto', 'tax' or null), country (alpha-2 or null) and, optional,
            party_type ('person', 'organization' or null).
        as_of: births after this day make an identity card invalid; without it only today's generations bound them.

    Returns:
        One row per input row: scheme, value, is_valid, is_masked, birth_on, gender ('male', 'female'),
        region_code, reason (why it is not valid, or what was changed), alternatives (other schemes that the value
        fits as well, separated by blanks; null if the scheme is sure), implied_scheme and implied_value (another
        identifier that the valid value contains: the organization code of a credit code, the SIREN of a SIRET).
    """
    work = _judge_chinese(prepared(frame), as_of or date(2035, 12, 31))
    work = work.with_columns(_scheme().alias("scheme"))
    work = _recognized(work)
    work = work.with_columns(
        pl.when(pl.col("scheme") == "vat")
        .then(pl.when(pl.col("is_masked") | pl.col("scientific")).then("value").otherwise(_vat()))
        .otherwise("value")
        .alias("value")
    )
    work = _checked(work)
    work = _doubted(work)
    return _answer(work)


def _answer(work: pl.DataFrame) -> pl.DataFrame:
    damaged = pl.col("is_masked") | pl.col("scientific")
    is_id = (pl.col("scheme") == "cn_id") & ~damaged & pl.col("id_ok")
    blank = pl.col("value").is_null()
    value = pl.when(is_id).then("id_18").otherwise("value")
    implied_scheme, implied_value = _implied()
    return work.select(
        pl.when(~blank).then("scheme").alias("scheme"),
        value.alias("value"),
        pl.when(blank).then(None).when(damaged).then(pl.lit(False)).otherwise("valid").alias("is_valid"),
        pl.when(~blank).then("is_masked").alias("is_masked"),
        pl.when(is_id).then("birth").alias("birth_on"),
        pl.when(is_id).then("gender").alias("gender"),
        pl.when(is_id).then(pl.col("value").str.slice(0, 6)).alias("region_code"),
        pl.when(~blank).then(_reason()).alias("reason"),
        pl.when(~blank & ~damaged).then(_alternatives()).alias("alternatives"),
        pl.when(~damaged).then(implied_scheme).alias("implied_scheme"),
        pl.when(~damaged).then(implied_value).alias("implied_value"),
    )


def _judge_chinese(work: pl.DataFrame, latest_birth: date) -> pl.DataFrame:
    """Add what the Chinese check digits and the structure of an identity card say about each value."""
    value = work["value"]
    of_15 = value.str.contains(r"^\d{15}$").fill_null(False)
    widened = value.str.slice(0, 6) + "19" + value.str.slice(6, 9)
    candidate = value.set(of_15, None).zip_with(~of_15, check_digits.with_id_check(widened))
    work = work.with_columns(
        pl.Series("uscc_ok", check_digits.is_uscc(value)),
        pl.Series("org_ok", check_digits.is_organization_code(value)),
        pl.Series("tax15_ok", check_digits.is_organization_code(value.str.slice(6)) & (value.str.len_chars() == 15)),
        pl.Series("reg_ok", check_digits.is_mod_11_10(value, 15)),
        pl.Series("id_check", check_digits.is_cn_id(candidate)),
        candidate.alias("id_18"),
    )
    birth = pl.col("id_18").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    plausible = birth.is_between(pl.lit(date(1890, 1, 1)), pl.lit(latest_birth))
    sequence = pl.col("id_18").str.slice(16, 1).cast(pl.Int8, strict=False)
    shaped = pl.col("id_18").str.contains(r"^\d{17}[0-9X]$") & pl.col("id_18").str.contains(_PROVINCES)
    shaped = (shaped & plausible).fill_null(False)
    return work.with_columns(
        birth.alias("birth"),
        shaped.alias("id_shaped"),
        (shaped & pl.col("id_check")).alias("id_ok"),
        pl.when(sequence % 2 == 1).then(pl.lit("male")).otherwise(pl.lit("female")).alias("gender"),
        (value.str.len_chars() == 18).fill_null(False).alias("of_18"),
    )


def _corrected(hint: pl.Expr) -> pl.Expr:
    """A named scheme, unless the value carries the other Chinese scheme's right check character."""
    of_18 = pl.col("of_18")
    lies = hint.is_in(_CHINESE)
    return (
        pl.when(lies & (hint != "cn_uscc") & pl.col("uscc_ok") & ~pl.col("id_ok"))
        .then(pl.lit("cn_uscc"))
        .when(lies & (hint != "cn_id") & of_18 & pl.col("id_ok") & ~pl.col("uscc_ok"))
        .then(pl.lit("cn_id"))
        .otherwise(hint)
    )


def _scheme() -> pl.Expr:
    value, raw, country, hint = pl.col("value"), pl.col("text"), pl.col("country"), pl.col("hint")
    may_be_cn = country.is_null() | (country == "CN")
    length = value.str.len_chars()
    # An organization's number of unknown scheme is a tax number rather than an identity card.
    tax = (hint == "tax") | (pl.col("party_type") == "organization").fill_null(False)
    of_18 = value.str.contains(_USCC) | value.str.contains(r"^\d{17}[0-9X]$")
    starts_9 = value.str.starts_with("9")
    is_person = pl.col("id_ok") & ~(pl.col("uscc_ok") & (tax | starts_9))
    is_person = is_person | (~pl.col("uscc_ok") & pl.col("id_shaped") & ~starts_9 & ~tax)
    masked_18 = pl.col("is_masked") & value.str.contains(r"^\d{3,10}[^0-9]{4,14}\d{0,4}[0-9A-Z]?$") & (length == 18)
    masked_ssn = pl.col("is_masked") & raw.str.contains(r"^[*X#●•]{3}-[*X#●•]{2}-\d{4}$")
    masked_card = pl.col("is_masked") & raw.str.contains(r"^62\d{2}[ -]?\d{0,2}[^0-9]{4,}\d{3,4}$") & may_be_cn
    is_eu = country.is_in([*VAT_COUNTRIES, *VAT_OUTSIDE])
    # France writes SIREN and SIRET where others write VAT numbers.
    eu_tax = (hint == "tax") & is_eu & ~((country == "FR") & value.str.contains(r"^(?:\d{9}|\d{14})$"))
    prefixes = [*VAT_COUNTRIES, *VAT_OUTSIDE]
    eu_prefix = value.str.slice(0, 2).is_in(prefixes) & value.str.contains(r"^[A-Z]{2}[0-9A-Z]{7,13}$")
    eu_prefix = eu_prefix & value.str.contains(r"\d{5}")
    fifteen = (length == 15) & may_be_cn
    return (
        pl.when(~hint.is_in(["auto", "tax"]))
        .then(_corrected(hint))
        .when(pl.col("scientific"))
        .then(pl.lit("other"))
        .when(masked_ssn)
        .then(pl.lit("us_ssn"))
        .when(masked_card & ~masked_18)
        .then(pl.lit("bank_account"))
        .when(masked_18)
        .then(pl.when(starts_9 | tax).then(pl.lit("cn_uscc")).otherwise(pl.lit("cn_id")))
        .when(pl.col("is_masked"))
        .then(pl.lit("other"))
        .when((of_18 & may_be_cn) | ((length == 18) & tax & (country == "CN") & value.str.contains(r"^9[1-3]")))
        .then(pl.when(is_person).then(pl.lit("cn_id")).otherwise(pl.lit("cn_uscc")))
        .when(pl.col("uscc_ok"))
        .then(pl.lit("cn_uscc"))
        .when(pl.col("id_ok") & (length == 18))
        .then(pl.lit("cn_id"))
        .when(value.str.contains(r"^\d{15}$") & may_be_cn & pl.col("id_shaped") & ~tax)
        .then(pl.lit("cn_id"))
        .when(fifteen & pl.col("tax15_ok"))
        .then(pl.lit("cn_taxno15"))
        .when(fifteen & pl.col("reg_ok") & (hint == "auto"))
        .then(pl.lit("cn_regno"))
        .when(fifteen & (hint == "tax"))
        .then(pl.lit("cn_taxno15"))
        .when(raw.str.contains(r"^\d{3}-\d{2}-\d{4}$"))
        .then(pl.lit("us_ssn"))
        .when(raw.str.contains(r"^\d{2}-\d{7}$") | (tax & (country == "US") & value.str.contains(r"^\d{9}$")))
        .then(pl.lit("us_ein"))
        .when(pl.col("org_ok") & may_be_cn)
        .then(pl.lit("cn_orgcode"))
        .when(eu_prefix | eu_tax)
        .then(pl.lit("vat"))
        .otherwise(pl.lit("other"))
    )


def _vat() -> pl.Expr:
    return vat_value(pl.col("value"), pl.col("country"))


def _recognized(work: pl.DataFrame) -> pl.DataFrame:
    """Give unnamed values of no scheme yet the first scheme whose form, check and country they fit."""
    open_question = (
        work["hint"].is_in(["auto", "tax"])
        & (work["scheme"] == "other")
        & ~work["is_masked"].fill_null(True)
        & ~work["scientific"]
        & work["value"].is_not_null()
    ).fill_null(False)
    rows = open_question.arg_true()
    work = work.with_columns(pl.lit(None, dtype=pl.String).alias("fits"))
    if rows.is_empty():
        return work
    asked = work[rows].select("text", "raw", "value", "country", "party_type").with_row_index("place")
    fits = [_fitting(asked, name, info) for name, info in SCHEMES.items() if info.auto]
    found = pl.concat(fits).group_by("place", maintain_order=True).agg(pl.col("scheme"), pl.col("canonical").first())
    found = found.with_columns(pl.col("scheme").list.first().alias("first"), pl.col("scheme").list.join(" "))
    named = asked.select("place", "value").join(found, on="place", how="left", maintain_order="left")
    return work.with_columns(
        work["scheme"].clone().scatter(rows, named["first"].fill_null("other")),
        work["value"].clone().scatter(rows, named.select(pl.coalesce("canonical", "value"))["canonical"]),
        work["fits"].clone().scatter(rows, named["scheme"]),
    )


def _fitting(asked: pl.DataFrame, name: str, info: SchemeInfo) -> pl.DataFrame:
    value = pl.col("value")
    if name == "de_leitweg":
        value = pl.col("text").str.extract(r"^(\d{2,12}-(?:[0-9A-Z]{1,30}-)?\d{2})$", 1)
    form = r"^62\d{14,17}$" if name == "bank_account" else info.form
    kept = value.str.contains(form)
    if info.auto == "country":
        kept = kept & (pl.col("country") == info.country)
    # A passport of an organization or a company number of a person is somebody else's.
    types = _PERSONAL if info.identifies == "person" else _CORPORATE
    wrong = "person" if types is _CORPORATE else "organization"
    if info.identifies not in ("account", "endpoint") and name not in (
        "in_pan",
        "ar_cuit",
        "ru_inn",
        "mx_rfc",
        "es_nif",
    ):
        kept = kept & (pl.col("party_type") != wrong).fill_null(True)
    if info.check in ("form", "none") and info.auto == "country":
        # Without a check the form alone decides: only where the type of the party agrees.
        kept = kept & (pl.col("party_type").is_not_null() if info.identifies == "person" else pl.lit(True))
    candidates = asked.filter(kept).with_columns(value.alias("canonical"))
    verdicts = check(name, candidates["canonical"])
    accepted = candidates.filter(verdicts.fill_null(name != "bank_account"))
    return accepted.select("place", pl.lit(name).alias("scheme"), "canonical")


def _checked(work: pl.DataFrame) -> pl.DataFrame:
    """Add the verdict on every value, scheme by scheme."""
    valid = pl.Series("valid", [None], dtype=pl.Boolean).new_from_index(0, len(work))
    readable = (~work["is_masked"].fill_null(True)) & work["value"].is_not_null() & ~work["scientific"].fill_null(False)
    known = {"cn_uscc": "uscc_ok", "cn_orgcode": "org_ok", "cn_id": "id_ok"}
    for scheme in work["scheme"].unique().drop_nulls().to_list():
        rows = (readable & (work["scheme"] == scheme)).arg_true()
        if rows.is_empty():
            continue
        values = work["value"][rows]
        verdicts = work[known[scheme]][rows] if scheme in known else check(scheme, values)
        if scheme in known:
            verdicts = verdicts & ~values.str.contains(r"^(?:0+|1+)$")
        valid = valid.clone().scatter(rows, verdicts)
    work = work.with_columns(valid.alias("valid"))
    # A person's card has a check digit; a company's account may look like a card and has none.
    wrong_card = (
        (pl.col("scheme") == "bank_account")
        & (pl.col("party_type") == "person")
        & pl.col("valid").is_null()
        & pl.col("value").str.contains(r"^62\d{14,17}$")
    )
    return work.with_columns(pl.when(wrong_card.fill_null(False)).then(pl.lit(False)).otherwise("valid").alias("valid"))


def _doubted(work: pl.DataFrame) -> pl.DataFrame:
    """A guessed VAT number that is not right is none."""
    guessed = (pl.col("hint") == "auto") & (pl.col("scheme") == "vat") & ~pl.col("valid").fill_null(True)
    return work.with_columns(
        pl.when(guessed).then(pl.lit("other")).otherwise("scheme").alias("scheme"),
        pl.when(guessed).then(None).otherwise("valid").alias("valid"),
    )


def _alternatives() -> pl.Expr:
    """Other schemes that an unnamed value fits as well."""
    unnamed = pl.col("hint").is_in(["auto", "tax"])
    long = pl.col("of_18")
    fits = [
        pl.when(long & pl.col("uscc_ok")).then(pl.lit("cn_uscc")),
        pl.when(long & pl.col("id_ok")).then(pl.lit("cn_id")),
        pl.when(~long & pl.col("id_shaped") & (pl.col("value").str.len_chars() == 15)).then(pl.lit("cn_id")),
        pl.when(pl.col("tax15_ok")).then(pl.lit("cn_taxno15")),
        pl.when(pl.col("reg_ok")).then(pl.lit("cn_regno")),
        pl.when(pl.col("org_ok") & (pl.col("country").is_null() | (pl.col("country") == "CN"))).then(
            pl.lit("cn_orgcode")
        ),
        pl.col("fits"),
        pl.when(pl.col("scheme") == "wechat_openid").then(pl.lit("wechat_unionid")),
    ]
    joined = pl.concat_str(fits, separator=" ", ignore_nulls=True)
    # The chosen scheme is not its own alternative.
    others = joined.str.split(" ").list.unique(maintain_order=True)
    rest = others.list.set_difference(pl.concat_list(pl.col("scheme"), pl.lit(""))).list.sort().list.join(" ")
    return pl.when(unnamed & (joined != "") & (rest != "")).then(rest)


def _implied() -> tuple[pl.Expr, pl.Expr]:
    key: pl.Expr = pl.when(pl.col("scheme") == "vat").then(
        pl.concat_str(pl.lit("vat:"), pl.col("value").str.slice(0, 2))
    )
    key = pl.coalesce(key, "scheme")
    scheme: pl.Expr = pl.lit(None, dtype=pl.String)
    value: pl.Expr = pl.lit(None, dtype=pl.String)
    for source, (target, start, length) in IMPLIED.items():
        here = (key == source) & pl.col("valid").fill_null(False)
        part = pl.col("value").str.slice(start, length)
        here = here & part.str.contains(SCHEMES[target].form)
        scheme = pl.when(here).then(pl.lit(target)).otherwise(scheme)
        value = pl.when(here).then(part).otherwise(value)
    return scheme, value


def _reason() -> pl.Expr:
    scheme, length = pl.col("scheme"), pl.col("value").str.len_chars()
    unknown_region = ~pl.col("value").str.slice(0, 6).is_in(list(all_codes()))
    unknown_region = unknown_region & ~pl.col("value").str.contains(r"^(?:71|8[123])")
    is_id = scheme == "cn_id"
    return (
        pl.when(pl.col("scientific"))
        .then(pl.lit("digits lost to scientific notation"))
        .when(pl.col("is_masked"))
        .then(pl.lit("masked"))
        .when(is_id & pl.col("id_ok") & unknown_region)
        .then(pl.lit("region code not in the division tables since 1980"))
        .when(is_id & pl.col("id_ok") & (length == 15))
        .then(pl.lit("fifteen-digit form, written as eighteen"))
        .when(pl.col("valid").fill_null(True))
        .then(None)
        .when(pl.col("value").str.contains(r"^\d{15}000$"))
        .then(pl.lit("last digits lost: a sheet keeps fifteen"))
        .when(is_id & ~length.is_in([15, 18]))
        .then(pl.lit("length is not 15 or 18"))
        .when(is_id & ~pl.col("id_shaped"))
        .then(pl.lit("province or birth date impossible"))
        .when((scheme == "cn_uscc") & ~pl.col("value").str.contains(_USCC))
        .then(pl.lit("not 18 characters of the code's alphabet"))
        .otherwise(pl.lit("check digit or format wrong"))
    )
