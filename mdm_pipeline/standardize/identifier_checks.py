"""Is a value of a named scheme right?

In: canonical values of one scheme. Out: true, false, or null where nothing but the form can be judged.
Invariant: pure and never raises; checks that most values need run over whole series, python-stdnum judges the rest,
once per distinct value.
Does not belong here: choosing the scheme (`identifiers`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.resources import files

import polars as pl
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from mdm_pipeline.standardize import check_digits as digits
from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.identifier_schemes import SCHEMES

_SAME_CHARACTER = "|".join(f"{character}+" for character in "0123456789X")
# La Poste: its sites follow another sum than everybody's.
_LA_POSTE = r"^356000000\d{5}$"
# Printed as specimen, used by thousands.
_SPECIMENS = ["078051120", "219099999", "457555462", "123456789"]


def check(scheme: str, values: pl.Series) -> pl.Series:
    """Verdicts on values of one scheme.

    Args:
        scheme: of `SCHEMES`.
        values: canonical values without null.

    Returns:
        Per value true, false or null (no check exists).
    """
    info = SCHEMES[scheme]
    if info.check == "none":
        return pl.Series("valid", [None], dtype=pl.Boolean).new_from_index(0, len(values))
    formed = values.str.contains(info.form) if info.form else pl.repeat(True, len(values), eager=True)
    formed = formed & ~values.str.contains(rf"^(?:{_SAME_CHARACTER})$")
    if info.check == "form":
        return _nothing_or_false(formed)
    judge = _OWN.get(scheme) if info.check == "own" else None
    if judge is not None:
        verdicts = judge(values)
        return (verdicts & formed) if scheme not in _PARTIAL else _merged(verdicts, formed)
    verdicts = _by_library(values.filter(formed), info.check)
    return pl.zeros(len(values), dtype=pl.Int8, eager=True).cast(pl.Boolean).scatter(formed.arg_true(), verdicts)


def _nothing_or_false(formed: pl.Series) -> pl.Series:
    return formed.to_frame("formed").select(pl.when(~pl.col("formed")).then(pl.lit(False)).alias("valid"))["valid"]


def _merged(verdicts: pl.Series, formed: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"verdict": verdicts, "formed": formed})
    return frame.select(pl.when("formed").then("verdict").otherwise(pl.lit(False)).alias("valid"))["valid"]


def _by_library(values: pl.Series, module: str) -> pl.Series:
    validate = _validator(module)
    return pl.Series("valid", [_passes(validate, value) for value in values.to_list()], dtype=pl.Boolean)


@cache
def _validator(module: str) -> Callable[[str], str]:
    found: Callable[[str], str] = import_module(f"stdnum.{module}").validate
    return found


@cache
def _vat_validator(prefix: str) -> Callable[[str], str] | None:
    country = {"el": "gr", "xi": "gb"}.get(prefix.lower(), prefix.lower())
    module = get_cc_module(country, "vat")
    return None if module is None else module.validate


def _passes(validate: Callable[[str], str], value: str) -> bool:
    try:
        validate(value)
    except (ValidationError, LookupError, ValueError, TypeError):
        # The library raises bare lookup and value errors on some rubbish besides its own errors.
        return False
    return True


def _is_vat(values: pl.Series) -> pl.Series:
    frame = values.to_frame("value").with_columns(pl.col("value").str.slice(0, 2).alias("prefix"))
    verdicts = pl.zeros(len(values), dtype=pl.Int8, eager=True).cast(pl.Boolean)
    for (prefix,), group in frame.with_row_index("row").group_by("prefix"):
        verdicts = verdicts.clone().scatter(group["row"], _is_vat_of(str(prefix), group["value"]))
    return verdicts


def _is_vat_of(prefix: str, values: pl.Series) -> pl.Series:
    national = values.str.slice(2)
    if prefix in _NATIONAL_VAT:
        return _NATIONAL_VAT[prefix](national)
    validate = _vat_validator(prefix) if re.fullmatch("[A-Z]{2}", prefix) else None
    if validate is None:
        return pl.zeros(len(values), dtype=pl.Int8, eager=True).cast(pl.Boolean)
    return pl.Series([_passes(validate, value) for value in national.to_list()], dtype=pl.Boolean)


def _french_vat(national: pl.Series) -> pl.Series:
    numeric = national.str.contains(r"^\d{11}$").fill_null(False)
    siren = national.str.slice(2).cast(pl.Int64, strict=False)
    key = national.str.slice(0, 2).cast(pl.Int64, strict=False)
    # Monaco has numbers without a SIREN, recognized by the zeros in its place.
    right = (numeric & ((12 + 3 * (siren % 97)) % 97 == key)).fill_null(False)
    right = right & (digits.is_luhn(national.str.slice(2)) | national.str.contains(r"^\d\d000"))
    odd = (~numeric & national.str.contains(r"^[0-9A-HJ-NP-Z]{2}\d{9}$")).fill_null(False)
    if not odd.any():
        return right
    validate = _vat_validator("FR")
    answers = [validate is not None and _passes(validate, value) for value in national.filter(odd).to_list()]
    return right.clone().scatter(odd.arg_true(), pl.Series(answers, dtype=pl.Boolean))


_NATIONAL_VAT: dict[str, Callable[[pl.Series], pl.Series]] = {
    "DE": lambda national: digits.is_mod_11_10(national, 9) & ~national.str.starts_with("0"),
    "FR": _french_vat,
    "IT": lambda national: digits.is_luhn(national) & national.str.contains(r"^\d{11}$"),
    "PL": digits.is_nip,
    "BE": lambda national: (
        national.str.contains(r"^[01]\d{9}$")
        & (
            97 - national.str.slice(0, 8).cast(pl.Int64, strict=False) % 97
            == national.str.slice(8).cast(pl.Int64, strict=False)
        ).fill_null(False)
    ),
    "CH": lambda national: digits.is_swiss(national.str.slice(1)) & national.str.starts_with("E"),
    "NO": lambda national: digits.is_norwegian(national.str.slice(0, 9)) & national.str.ends_with("MVA"),
}


@cache
def _iban_forms() -> dict[str, str]:
    """Per country the form of an account number, from the registry that python-stdnum carries."""
    kinds = {"n": "[0-9]", "a": "[A-Z]", "c": "[0-9A-Z]"}
    forms = {}
    for line in files("stdnum").joinpath("iban.dat").read_text(encoding="utf-8").splitlines():
        found = re.match(r'([A-Z]{2}) .*bban="([^"]+)"', line)
        if found:
            parts = re.findall(r"(\d+)!([nac])", found.group(2))
            forms[found.group(1)] = "".join(f"{kinds[kind]}{{{count}}}" for count, kind in parts)
    return forms


@cache
def _iban_form() -> str:
    return "^(?:" + "|".join(rf"{country}\d\d{form}" for country, form in _iban_forms().items()) + ")$"


def _is_iban(values: pl.Series) -> pl.Series:
    formed = values.str.contains(_iban_form()).fill_null(False)
    verdicts = digits.is_mod_97((values.str.slice(4) + values.str.slice(0, 4)).filter(formed), 34)
    return formed.clone().scatter(formed.arg_true(), verdicts)


def _is_bic(values: pl.Series) -> pl.Series:
    known = standardize_countries(values.str.slice(4, 2)).is_not_null()
    return _nothing_or_false(known & values.str.contains(SCHEMES["bic"].form))


def _is_tax_15(values: pl.Series) -> pl.Series:
    # Sole traders' numbers hold an identity card number instead: a failed check proves nothing.
    right = digits.is_organization_code(values.str.slice(6)) & (values.str.len_chars() == 15)
    plausible = values.str.contains(r"^[0-9A-Z]{15}(?:[0-9A-Z]{2}|[0-9A-Z]{5})?$")
    frame = pl.DataFrame({"right": right, "plausible": plausible})
    verdict = pl.when("right").then(pl.lit(True)).when(~pl.col("plausible")).then(pl.lit(False))
    return frame.select(verdict.alias("valid"))["valid"]


def _is_regno(values: pl.Series) -> pl.Series:
    long = values.str.len_chars() == 15
    frame = pl.DataFrame({"long": long, "right": digits.is_mod_11_10(values, 15)})
    return frame.select(pl.when("long").then("right").alias("valid"))["valid"]


def _is_card(values: pl.Series) -> pl.Series:
    """Cards have a check digit; a company's account may look like one, so that a failed check is no verdict."""
    card = values.str.contains(r"^62\d{14,17}$")
    frame = pl.DataFrame({"card": card, "right": digits.is_luhn(values)})
    return frame.select(pl.when(pl.col("card") & pl.col("right")).then(pl.lit(True)).alias("valid"))["valid"]


def _is_leitweg(values: pl.Series) -> pl.Series:
    dense = values.str.replace_all("-", "")
    formed = values.str.contains(SCHEMES["de_leitweg"].form).fill_null(False) & (dense.str.len_chars() <= 44)
    return formed.clone().scatter(formed.arg_true(), digits.is_mod_97(dense.filter(formed), 44))


# Schemes whose own check may say nothing, even where the form is right.
_PARTIAL = frozenset({"cn_taxno15", "cn_regno", "bank_account", "bic"})
_OWN: dict[str, Callable[[pl.Series], pl.Series]] = {
    "cn_uscc": digits.is_uscc,
    "cn_orgcode": digits.is_organization_code,
    "cn_taxno15": _is_tax_15,
    "cn_regno": _is_regno,
    "lei": digits.is_lei,
    "iban": _is_iban,
    "vat": _is_vat,
    "fr_siren": digits.is_luhn,
    "fr_siret": lambda values: (
        digits.is_luhn(values) | (values.str.contains(_LA_POSTE) & digits.is_digit_sum_of(values, 5))
    ),
    "pl_nip": digits.is_nip,
    "us_ssn": lambda values: (
        values.str.contains(r"^(?:00[1-9]|0[1-9]\d|[1-578]\d\d|6[0-57-9]\d|66[0-57-9])")
        & ~values.str.contains(r"^\d{3}00|0000$")
        & ~values.is_in(_SPECIMENS)
    ),
    "hk_id": digits.is_hong_kong_id,
    "tw_id": digits.is_taiwan_id,
    "kr_brn": digits.is_korean_brn,
    "no_orgnr": digits.is_norwegian,
    "ch_uid": lambda values: digits.is_swiss(values.str.slice(3)),
    "gln": digits.is_ean,
    "bic": _is_bic,
    "de_leitweg": _is_leitweg,
    "bank_account": _is_card,
}
