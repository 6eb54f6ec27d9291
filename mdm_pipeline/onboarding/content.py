"""What a column holds by its values alone, judged by the standardizers that will read them later.

In: some distinct values of a column, the country of the source. Out: shares per kind of content. Invariant: nothing is
called a phone, a tax number or an organization that staging would not read as one. Does not belong here: names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.dates import standardize_dates
from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.identifiers import standardize_identifiers
from mdm_pipeline.standardize.organization_names import legal_form_of
from mdm_pipeline.standardize.party_types import guess_party_type
from mdm_pipeline.standardize.phones import standardize_phones
from mdm_pipeline.standardize.text import HAN, clean, fold

_LOOKED_AT = 150
_TAX_SCHEMES = ("cn_uscc", "cn_taxno15", "vat", "us_ein", "sg_uen", "lei")
_NUMBER = r"^[-+(]?\s*(?:[¥$€£]\s*)?\d[\d.,'\s]*\)?-?\s*(?:[¥$€£%元]|EUR|CNY|USD)?$"
_DATE_FORM = r"^(?:\d{4}[-/.年]\d{1,2}|\d{1,2}[-/. ]\s?(?:\d{1,2}|\p{L}{3,9})\.?[-/. ]\s?\d{2,4}|(?:19|20)\d{6}$)"
_FLAGS = ["0", "1", "y", "n", "yes", "no", "true", "false", "t", "f", "x", "是", "否", "j", "ja", "nein", "oui", "non"]
_URL = r"^(?:https?://|www\.)|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|de|fr|net|org|eu|es|io|example)(?:/.*)?$"
_CHINESE_ADDRESS = rf"[{HAN}].*(?:[省市区县镇乡].*[路街道巷村号]|[路街道巷].*\d+.*号|号[楼院])"
_STREET_FIRST = r"^\p{L}[\p{L} .'’-]+,? \d{1,5}\s?[a-zA-Z]?(?:[,;/ ].*)?$"
_NUMBER_FIRST = (
    r"(?i)^\d{1,5}\s?(?:bis|ter|[a-z])?,? (?:(?:rue|avenue|av\.|bd|boulevard|place|chemin|quai|all[ée]e)\b"
    r"|\p{L}.*\b(?:st|street|road|rd|ave|avenue|lane|ln|drive|dr|way|court)\b)"
)
_STREET_WORD = r"(?i)^(?:calle|avenida|av\.|c/|plaza|paseo|rue|avenue)\s"
_CURRENCIES = (
    "cny rmb usd eur gbp jpy hkd chf sgd aud cad sek nok dkk pln czk inr krw twd thb brl mxn zar aed try "
    "人民币 美元 欧元"
)


@dataclass(frozen=True)
class Content:
    """What the values of one column look like.

    Args:
        rows: rows looked at.
        filled: share of them with a value.
        distinct: distinct values over filled ones.
        values: how many distinct values there are.
        shares: kind of content (email, phone, tax_id, person, organization, address, date ...) to the share of
            distinct values that are one.
        examples: a few distinct values; for choosing maps, never for messages.
    """

    rows: int
    filled: float
    distinct: float
    values: int
    shares: dict[str, float] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    def share(self, kind: str) -> float:
        """Share of one kind; 0 where none was seen."""
        return self.shares.get(kind, 0.0)

    @property
    def is_unique(self) -> bool:
        """Every row has a value, and each another one."""
        return self.rows > 0 and self.filled == 1.0 and self.distinct == 1.0


def look_at(values: Sequence[str | None], country: str) -> Content:
    """Judge the values of one column.

    Args:
        values: texts as delivered.
        country: alpha-2 code that phones and numbers default to.
    """
    text = clean(pl.Series("text", list(values), dtype=pl.String))
    filled = text.drop_nulls()
    if filled.is_empty():
        return Content(len(values), 0.0, 0.0, 0)
    distinct = filled.unique(maintain_order=True)
    some = distinct.head(_LOOKED_AT)
    return Content(
        rows=len(values),
        filled=len(filled) / len(values),
        distinct=len(distinct) / len(filled),
        values=len(distinct),
        shares={kind: share for kind, share in _shares(some, country).items() if share > 0}
        | ({"few": 1.0} if len(distinct) <= max(12, len(filled) // 20) and len(distinct) < len(filled) else {}),
        examples=tuple(distinct.head(40).to_list()),
    )


def _shares(text: pl.Series, country: str) -> dict[str, float]:
    lowered = text.str.to_lowercase()
    types = guess_party_type(text)
    words = text.str.contains(rf"[{HAN}\p{{L}}]")
    named = text.str.contains(rf"[{HAN}]{{2,}}|\p{{L}}{{3,}}")
    forms = text.str.contains(_DATE_FORM)
    dates = (
        standardize_dates(text.str.replace(r"[T ]\d{1,2}:.*$", ""), order="dmy")["is_valid"].fill_null(False) & forms
    )
    us_dates = standardize_dates(text, order="mdy")["is_valid"].fill_null(False) & forms
    with_form = legal_form_of(fold(text)).is_not_null()
    found = {
        "date": max(_share(dates), _share(us_dates)),
        "time": _share(text.str.contains(r"\d{1,2}:\d{2}")),
        "number": _share(text.str.contains(_NUMBER) & ~dates),
        "decimal": _share(text.str.contains(r"\d[.,]\d{1,4}$") & text.str.contains(_NUMBER) & ~dates),
        "code": _share(text.str.contains(r"(?i)^[A-Z0-9 ./-]{6,25}$") & text.str.contains(r"\d.*\d.*\d.*\d.*\d")),
        "digits": _share(text.str.replace_all(r"[\s()+./-]", "").str.contains(r"^\d{7,30}$") & ~dates),
        "iban": _share(text.str.replace_all(r"\s", "").str.contains(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")),
        "url": _share(lowered.str.contains(_URL)),
        "flag": _share(lowered.is_in(_FLAGS)),
        "currency": _share(lowered.is_in(_CURRENCIES.split())),
        "country": _share(standardize_countries(text).is_not_null()),
        "organization": _share(((types == "organization") | with_form) & named & ~dates),
        "person": _share((types == "person") & named),
        "name": _share(words & (text.str.len_chars() > 1)),
        "word": _share(words & (text.str.len_chars() < 30)),
        "text": _share(words & (text.str.len_chars() > 3)),
        "address": _share(_addresses(text)),
    }
    return found | _by_parts(text, dates, country)


def _addresses(text: pl.Series) -> pl.Series:
    """What looks like a street with a number, or like a Chinese address; reading it is the standardizer's."""
    forms = (_CHINESE_ADDRESS, _STREET_FIRST, _NUMBER_FIRST, _STREET_WORD)
    return pl.select(pl.any_horizontal(*(text.str.contains(form) for form in forms))).to_series()


def _by_parts(text: pl.Series, dates: pl.Series, country: str) -> dict[str, float]:
    """Contents whose readers split cells: a cell counts when one part of it is valid."""
    emails = standardize_emails(text).filter(pl.col("is_valid"))["row"].n_unique()
    countries = pl.Series("country", [country] * len(text), dtype=pl.String)
    phones = standardize_phones(pl.DataFrame({"raw": text, "country": countries}))
    hints = pl.Series("scheme_hint", ["auto"] * len(text), dtype=pl.String)
    numbers = standardize_identifiers(pl.DataFrame({"raw": text, "scheme_hint": hints, "country": countries}))
    tax = standardize_identifiers(
        pl.DataFrame({"raw": text, "scheme_hint": pl.Series(["tax"] * len(text)), "country": countries})
    )
    good = numbers["is_valid"].fill_null(False)
    total = len(text)
    return {
        "email": emails / total,
        "phone": 0.0 if dates.all() else phones.filter(pl.col("is_valid"))["row"].n_unique() / total,
        "tax_id": max(
            _share(good & numbers["scheme"].is_in(_TAX_SCHEMES)),
            _share(tax["is_valid"].fill_null(False) & tax["scheme"].is_in(_TAX_SCHEMES)),
        ),
        "person_id": _share(good & (numbers["scheme"] == "cn_id")),
    }


def _share(hits: pl.Series) -> float:
    return float(hits.fill_null(False).mean() or 0.0)  # type: ignore[arg-type]
