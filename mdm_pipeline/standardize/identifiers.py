"""Identifiers of companies, persons and accounts: which scheme, canonical form, is the check digit right.

In: raw values with a hint of the scheme and a country. Out: scheme, value, validity and what a Chinese id
tells.
Invariant: `is_valid` is null where no check exists; masked and spreadsheet-damaged values are never valid.
Does not belong here: whether two parties may share a value (`identifies` only says what a scheme stands for).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Literal

import polars as pl

from mdm_pipeline.standardize import check_digits
from mdm_pipeline.standardize.divisions import all_codes
from mdm_pipeline.standardize.text import clean

Identifies = Literal["legal_entity", "site", "tax_group", "person", "account"]


@dataclass(frozen=True)
class SchemeInfo:
    """What a number of this scheme stands for."""

    identifies: Identifies
    doc: str


SCHEMES: dict[str, SchemeInfo] = {
    "cn_uscc": SchemeInfo("legal_entity", "unified social credit code of China, 18 characters, check character"),
    "cn_orgcode": SchemeInfo("legal_entity", "organization code of China, 9 characters, check character"),
    "cn_taxno15": SchemeInfo("legal_entity", "tax number of China before 2015: region and organization code"),
    "cn_id": SchemeInfo("person", "resident identity card of China; the 15-digit form is written as 18"),
    "vat": SchemeInfo("tax_group", "value added tax number with country prefix"),
    "us_ein": SchemeInfo("legal_entity", "employer identification number of the United States"),
    "us_ssn": SchemeInfo("person", "social security number of the United States"),
    "lei": SchemeInfo("legal_entity", "legal entity identifier, 20 characters, ISO 17442"),
    "sg_uen": SchemeInfo("legal_entity", "unique entity number of Singapore"),
    "passport": SchemeInfo("person", "passport number; no check digit"),
    "drivers_license": SchemeInfo("person", "driver's license number; no common check"),
    "iban": SchemeInfo("account", "international bank account number"),
    "bank_account": SchemeInfo("account", "domestic account or card number; no common check"),
    "duns": SchemeInfo("site", "D-U-N-S number, 9 digits, of a site; no check since 2006"),
    "other": SchemeInfo("legal_entity", "anything else; compared as it stands"),
}

_HINTS = {
    "uscc": "cn_uscc",
    "usci": "cn_uscc",
    "unified_social_credit_code": "cn_uscc",
    "credit_code": "cn_uscc",
    "orgcode": "cn_orgcode",
    "organization_code": "cn_orgcode",
    "taxno15": "cn_taxno15",
    "id_card": "cn_id",
    "identity_card": "cn_id",
    "resident_id": "cn_id",
    "ein": "us_ein",
    "ssn": "us_ssn",
    "soc_sec_id": "us_ssn",
    "vat_id": "vat",
    "vat_number": "vat",
    "uen": "sg_uen",
    "drivers_licence": "drivers_license",
    "driver_license": "drivers_license",
    "account": "bank_account",
    "account_number": "bank_account",
    "national_id": "auto",
    "tax_id": "tax",
    "tax_number": "tax",
    "taxpayer_id": "tax",
    "": "auto",
}
_VAT_COUNTRIES = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "EL",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
    "XI",
]
_USCC = r"^[0-9A-HJ-NP-RTUW-Y]{2}\d{6}[0-9A-HJ-NP-RTUW-Y]{10}$"
_MASK = r"[*＊●•#?]|X{3,}"
_SCIENTIFIC = r"^\d(?:\.\d+)?E\+?\d+$"
_PROVINCES = r"^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"


def standardize_identifiers(frame: pl.DataFrame, *, as_of: date | None = None) -> pl.DataFrame:
    """Read identifiers.

    Args:
        frame: columns raw, scheme_hint (a scheme, 'auto', 'tax' or null), country (alpha-2 or null).
        as_of: births after this day make an identity card invalid; without it only the year 2100 bounds them.

    Returns:
        One row per input row: scheme, value, is_valid, is_masked, birth_on, gender ('male', 'female'),
        region_code, reason (why it is not valid, or what was changed).
    """
    work = _prepare(frame)
    work = _judge_chinese(work, as_of or date(2100, 1, 1))
    work = work.with_columns(_scheme().alias("scheme"))
    work = _refine_by_library(work)
    work = work.with_columns(_validity().alias("valid"))
    damaged = pl.col("is_masked") | pl.col("scientific")
    is_id = (pl.col("scheme") == "cn_id") & ~damaged
    blank = pl.col("value").is_null()
    value = pl.when(is_id & pl.col("id_ok")).then("id_18").otherwise("value")
    return work.select(
        pl.when(blank).then(None).otherwise("scheme").alias("scheme"),
        value.alias("value"),
        pl.when(blank).then(None).when(damaged).then(pl.lit(False)).otherwise("valid").alias("is_valid"),
        pl.when(blank).then(None).otherwise("is_masked").alias("is_masked"),
        pl.when(is_id & pl.col("id_ok")).then("birth").alias("birth_on"),
        pl.when(is_id & pl.col("id_ok")).then("gender").alias("gender"),
        pl.when(is_id & pl.col("id_ok")).then(pl.col("value").str.slice(0, 6)).alias("region_code"),
        pl.when(blank).then(None).otherwise(_reason()).alias("reason"),
    )


def _prepare(frame: pl.DataFrame) -> pl.DataFrame:
    raw = clean(frame["raw"]).str.to_uppercase().str.replace(r"^(\d+)\.0+$", "${1}")
    hint = clean(frame["scheme_hint"]).str.to_lowercase().replace(_HINTS).fill_null("auto")
    known = pl.Series([*SCHEMES, "auto", "tax"])
    work = pl.DataFrame(
        {
            "raw": raw,
            "hint": hint.set(~hint.is_in(known), "auto"),
            "country": clean(frame["country"]).str.to_uppercase().replace({"EL": "GR", "UK": "GB"}),
        }
    )
    value = pl.col("raw").str.replace_all(r"[^0-9A-Z*#?●•]", "")
    return work.with_columns(
        pl.when(value == "").then(None).otherwise(value).alias("value"),
        pl.col("raw").str.contains(_SCIENTIFIC).fill_null(False).alias("scientific"),
        pl.col("raw").str.contains(_MASK).fill_null(False).alias("is_masked"),
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
        pl.Series("lei_ok", check_digits.is_lei(value)),
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
    )


def _scheme() -> pl.Expr:
    value, raw, country, hint = pl.col("value"), pl.col("raw"), pl.col("country"), pl.col("hint")
    may_be_cn = country.is_null() | (country == "CN")
    length = value.str.len_chars()
    tax = hint == "tax"
    of_18 = value.str.contains(_USCC) | value.str.contains(r"^\d{17}[0-9X]$")
    starts_9 = value.str.starts_with("9")
    is_person = pl.col("id_ok") & ~(pl.col("uscc_ok") & (tax | starts_9))
    is_person = is_person | (~pl.col("uscc_ok") & pl.col("id_shaped") & ~starts_9 & ~tax)
    masked_id = pl.col("is_masked") & value.str.contains(r"^\d{3,10}[^0-9]{4,12}\d{1,4}X?$") & (length == 18)
    eu_prefix = value.str.slice(0, 2).is_in(_VAT_COUNTRIES) & value.str.contains(r"^[A-Z]{2}[0-9A-Z]{7,13}$")
    return (
        pl.when(~hint.is_in(["auto", "tax"]))
        .then(hint)
        .when(masked_id)
        .then(pl.lit("cn_id"))
        .when(of_18 & may_be_cn)
        .then(pl.when(is_person).then(pl.lit("cn_id")).otherwise(pl.lit("cn_uscc")))
        .when(pl.col("uscc_ok"))
        .then(pl.lit("cn_uscc"))
        .when(pl.col("id_ok") & (length == 18))
        .then(pl.lit("cn_id"))
        .when(value.str.contains(r"^\d{15}$") & may_be_cn & pl.col("id_shaped") & ~tax)
        .then(pl.lit("cn_id"))
        .when((length == 15) & may_be_cn & (pl.col("tax15_ok") | tax))
        .then(pl.lit("cn_taxno15"))
        .when(pl.col("lei_ok"))
        .then(pl.lit("lei"))
        .when(raw.str.contains(r"^\d{3}-\d{2}-\d{4}$"))
        .then(pl.lit("us_ssn"))
        .when(raw.str.contains(r"^\d{2}-\d{7}$") | (tax & (country == "US") & value.str.contains(r"^\d{9}$")))
        .then(pl.lit("us_ein"))
        .when(pl.col("org_ok") & may_be_cn)
        .then(pl.lit("cn_orgcode"))
        .when((country == "SG") & value.str.contains(r"^(?:\d{8,9}[A-Z]|[RST]\d{2}[A-Z]{2}\d{4}[A-Z])$"))
        .then(pl.lit("sg_uen"))
        .when(eu_prefix | (tax & country.is_in([*_VAT_COUNTRIES, "GB", "CH", "NO"])))
        .then(pl.lit("vat"))
        .when(value.str.contains(r"^[A-Z]{2}\d{2}[0-9A-Z]{11,30}$"))
        .then(pl.lit("iban"))
        .otherwise(pl.lit("other"))
    )


def _refine_by_library(work: pl.DataFrame) -> pl.DataFrame:
    """Ask python-stdnum about the schemes without a vectorized check.

    A guessed vat or iban that fails is 'other'.
    """
    asked = pl.col("scheme").is_in(["vat", "iban", "us_ein", "us_ssn", "sg_uen"]) & pl.col("value").is_not_null()
    questions = work.filter(asked & ~pl.col("is_masked")).select("scheme", "value", "country").unique()
    answers = [_ask(*row) for row in questions.iter_rows()]
    table = questions.with_columns(
        pl.Series("library_ok", [ok for ok, _ in answers], dtype=pl.Boolean),
        pl.Series("library_value", [value for _, value in answers], dtype=pl.String),
    )
    work = work.join(table, on=["scheme", "value", "country"], how="left", nulls_equal=True, maintain_order="left")
    guessed = pl.col("hint").is_in(["auto", "tax"]) & ~pl.col("library_ok")
    # A vat number may be delivered as an iban-like text and the other way round; only a valid one is
    # believed.
    doubtful = guessed & (pl.col("scheme").is_in(["iban"]) | ((pl.col("scheme") == "vat") & (pl.col("hint") == "auto")))
    return work.with_columns(
        pl.when(doubtful.fill_null(False)).then(pl.lit("other")).otherwise("scheme").alias("scheme"),
        pl.coalesce(pl.when(pl.col("library_ok")).then("library_value"), "value").alias("value"),
    )


def _ask(scheme: str, value: str, country: str | None) -> tuple[bool, str]:
    if scheme == "vat":
        prefix = value[:2] if value[:2].isalpha() else (country or "")
        number = value if value[:2].isalpha() else f"{ {'GR': 'EL'}.get(prefix, prefix) }{value}"
        return _is_valid(_vat_module(prefix), value, prefix), number
    modules = {
        "iban": "stdnum.iban",
        "us_ein": "stdnum.us.ein",
        "us_ssn": "stdnum.us.ssn",
        "sg_uen": "stdnum.sg.uen",
    }
    return _is_valid(modules[scheme], value, ""), value


def _vat_module(prefix: str) -> str:
    package = {"EL": "gr", "XI": "gb"}.get(prefix, prefix.lower())
    return {"ch": "stdnum.ch.vat", "no": "stdnum.no.mva"}.get(package, f"stdnum.{package}.vat")


@cache
def _validator(module: str) -> Callable[[str], str] | None:
    try:
        found: Callable[[str], str] = import_module(module).validate
    except (ImportError, AttributeError):
        return None
    return found


def _is_valid(module: str, value: str, prefix: str) -> bool:
    validate = _validator(module)
    if validate is None:
        return False
    for form in (value, value.removeprefix(prefix)):
        try:
            validate(form)
            is_valid = True
        except Exception:  # the library raises bare KeyErrors and IndexErrors besides its own errors
            is_valid = False
        if is_valid:
            return True
    return False


def _validity() -> pl.Expr:
    scheme = pl.col("scheme")
    return (
        pl.when(scheme == "cn_uscc")
        .then("uscc_ok")
        .when(scheme == "cn_orgcode")
        .then("org_ok")
        .when(scheme == "cn_taxno15")
        # Sole traders' numbers hold an identity card number instead: a failed check proves nothing.
        .then(pl.when(pl.col("tax15_ok")).then(pl.lit(True)))
        .when(scheme == "cn_id")
        .then("id_ok")
        .when(scheme == "lei")
        .then("lei_ok")
        .when(scheme == "duns")
        .then(pl.when(~pl.col("value").str.contains(r"^\d{9}$")).then(pl.lit(False)))
        .otherwise("library_ok")
    )


def _reason() -> pl.Expr:
    scheme, length = pl.col("scheme"), pl.col("value").str.len_chars()
    unknown_region = ~pl.col("value").str.slice(0, 6).is_in(list(all_codes()))
    unknown_region = unknown_region & ~pl.col("value").str.contains(r"^(?:71|8[123])")
    return (
        pl.when(pl.col("scientific"))
        .then(pl.lit("digits lost to scientific notation"))
        .when(pl.col("is_masked"))
        .then(pl.lit("masked"))
        .when((scheme == "cn_id") & pl.col("id_ok") & unknown_region)
        .then(pl.lit("region code not in the division tables since 1980"))
        .when((scheme == "cn_id") & pl.col("id_ok") & (length == 15))
        .then(pl.lit("fifteen-digit form, written as eighteen"))
        .when(pl.col("valid").fill_null(True))
        .then(None)
        .when((scheme == "cn_id") & ~length.is_in([15, 18]))
        .then(pl.lit("length is not 15 or 18"))
        .when((scheme == "cn_id") & ~pl.col("id_shaped"))
        .then(pl.lit("province or birth date impossible"))
        .when((scheme == "cn_uscc") & ~pl.col("value").str.contains(_USCC))
        .then(pl.lit("not 18 characters of the code's alphabet"))
        .otherwise(pl.lit("check digit or format wrong"))
    )
