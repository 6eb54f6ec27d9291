"""The schemes of identifiers: what each identifies, its form, who judges it.

In: the tables beside this package. Out: typed rows of them.
Invariant: every scheme says what it identifies; an identifier of an account or endpoint never proves who somebody is.
Does not belong here: reading values (`identifiers`) and checking them (`identifier_checks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from mdm_pipeline.standardize.tables import read_rows

Identifies = Literal["legal_entity", "site", "tax_group", "person", "account", "endpoint"]
Recognized = Literal["", "country", "any"]


@dataclass(frozen=True)
class SchemeInfo:
    """One scheme.

    Args:
        identifies: what a number of it stands for.
        doc: in words.
        country: whose numbers they are; empty for all.
        form: regular expression of the canonical value; empty for any.
        check: who judges a value: `form`, `none`, `own` or a module of python-stdnum.
        auto: where an unnamed value is recognized by form and check.
    """

    identifies: Identifies
    doc: str
    country: str = ""
    form: str = ""
    check: str = "none"
    auto: Recognized = ""


SCHEMES: dict[str, SchemeInfo] = {
    row["scheme"]: SchemeInfo(
        identifies=cast(Identifies, row["identifies"]),
        doc=row["doc"],
        country=row["country"],
        form=row["form"],
        check=row["check"],
        auto=cast(Recognized, row["auto"]),
    )
    for row in read_rows("identifier_schemes.csv")
}

HINTS: dict[str, str] = {row["hint"]: row["scheme"] for row in read_rows("identifier_hints.csv")}
LABELS: dict[str, str] = {row["label"]: row["scheme"] for row in read_rows("identifier_labels.csv")}

# A value of the one scheme contains one of the other: how many characters to skip and to take.
IMPLIED: dict[str, tuple[str, int, int]] = {
    "cn_uscc": ("cn_orgcode", 8, 9),
    "cn_taxno15": ("cn_orgcode", 6, 9),
    "fr_siret": ("fr_siren", 0, 9),
    "in_gstin": ("in_pan", 2, 10),
    "vat:FR": ("fr_siren", 4, 9),
    "vat:PL": ("pl_nip", 2, 10),
    "vat:CH": ("ch_uid", 0, 12),
    "vat:NO": ("no_orgnr", 2, 9),
    "vat:SE": ("se_orgnr", 2, 10),
    "vat:ES": ("es_nif", 2, 9),
}

VAT_COUNTRIES = [
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
VAT_OUTSIDE = ["GB", "CH", "NO"]
