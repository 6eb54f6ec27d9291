"""Identifiers as written, brought to the form in which a scheme writes them.

In: raw values with hints. Out: the same rows with label and decoration taken off, marks of damage, and per scheme the
canonical value.
Invariant: letters and digits are never corrected; only separators, labels, known suffixes and lost leading zeros of a
named scheme change.
Does not belong here: which scheme an unnamed value has (`identifiers`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.standardize.decimal_digits import with_ascii_digits
from mdm_pipeline.standardize.identifier_schemes import HINTS, LABELS, SCHEMES
from mdm_pipeline.standardize.text import HAN, clean

_MASKS = "*#?●•✱×"
_MASK = rf"[{_MASKS}]|X{{3,}}"
_SCIENTIFIC = r"^\d(?:[.,]\d+)?E\+?\d+$"
_OPENID = r"^o[0-9A-Za-z_-]{27}$"
_PEPPOL = r"^(?:ISO6523-ACTORID-UPIS:{1,2})?(\d{4}:[0-9A-Z:._%-]{1,50})$"
_CASED = ["wechat_openid", "wechat_unionid"]
# Digits that a sheet drops from the front, given back where the scheme is named: least and full length.
_PADDED = {"us_ein": (8, 9), "us_ssn": (7, 9), "duns": (7, 9), "pl_krs": (5, 10), "tw_ubn": (7, 8), "fr_siren": (8, 9)}


def prepared(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows ready to be judged.

    Args:
        frame: columns raw, scheme_hint, country and, if known, party_type.

    Returns:
        In the same order: raw (cleaned, as written), text (upper case without label), hint (a scheme, 'auto' or
        'tax'), country, party_type, value (canonical where the scheme is named), is_masked, scientific.
    """
    cased = with_ascii_digits(clean(frame["raw"])).rename("raw")
    known = [*SCHEMES, "auto", "tax"]
    hint = clean(frame["scheme_hint"]).str.to_lowercase().replace(HINTS).fill_null("auto")
    party = frame["party_type"] if "party_type" in frame.columns else pl.Series([None], dtype=pl.String)
    work = pl.DataFrame(
        {
            "raw": cased,
            "hint": hint.set(~hint.is_in(known), "auto"),
            "country": clean(frame["country"]).str.to_uppercase().replace({"EL": "GR", "UK": "GB"}),
        }
    ).with_columns(party.alias("party_type") if len(party) == frame.height else pl.lit(party[0]).alias("party_type"))
    text = pl.col("raw").str.to_uppercase().str.replace(r"^['\"=]+(.*?)['\"]*$", "${1}")
    text = text.str.replace(r"^(\d+)\.0+$", "${1}").str.replace(r"\s*\(\d-\d\)$", "")
    work = _without_label(work.with_columns(text.alias("text")))
    return _with_value(work)


def _without_label(work: pl.DataFrame) -> pl.DataFrame:
    """Take off the words before a number; where the scheme is not named they name it."""
    worded = work["text"].str.contains(rf"[{HAN}ㄱ-힣А-Я]|^[A-Z][A-Z./°º -]*[A-Z.]{{1,2}}[ :.]").fill_null(False)
    rows = worded.arg_true()
    if rows.is_empty():
        return work
    labeled = work[rows].select("text", "hint")
    for label, scheme in LABELS.items():
        rest = pl.col("text").str.extract(
            rf"^\(?(?:{label})\)?\s*(?:NO\.?|NR\.?|NUMBER|号码?|#)?\s*[:.#]*\s*(\S.*)$", 1
        )
        # SIRETTE is no SIRET: after Latin letters the label has to end.
        ended = pl.col("text").str.contains(rf"^\(?(?:{label})(?:[^A-Z]|NO\b|NR\b)")
        ended = ended | pl.col("text").str.contains(r"^\(?[^\x00-\x7f]")
        fits = ended & rest.str.contains(r"[0-9*]|^[A-Z]{8}$") & ~rest.str.contains(rf"^[{HAN}]")
        fits = fits.fill_null(False)
        labeled = labeled.with_columns(
            pl.when(fits).then(rest).otherwise("text").alias("text"),
            pl.when(fits & pl.col("hint").is_in(["auto", "tax"])).then(pl.lit(scheme)).otherwise("hint").alias("hint"),
        )
    return work.with_columns(
        work["text"].clone().scatter(rows, labeled["text"]), work["hint"].clone().scatter(rows, labeled["hint"])
    )


def _with_value(work: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("text")
    scientific = text.str.contains(_SCIENTIFIC).fill_null(False)
    is_masked = text.str.contains(_MASK).fill_null(False) & ~scientific
    worded = text.str.contains(rf"[{HAN}]")
    dense = text.str.replace_all(r"[^0-9A-Z*#?●•✱×]", "")
    # Words are kept as they are: a cell that holds no number at all stays visible.
    dense = pl.when(worded).then(text.str.replace_all(rf"[^0-9A-Z{HAN}*#?●•✱×]", "")).otherwise(dense)
    peppol = text.str.extract(_PEPPOL, 1)
    cased = pl.col("raw").str.contains(_OPENID) & pl.col("hint").is_in([*_CASED, "auto"])
    value = (
        pl.when(scientific)
        .then(text)
        .when((cased | pl.col("hint").is_in(_CASED)).fill_null(False))
        .then("raw")
        .when(pl.col("hint").is_in(["peppol", "auto"]) & peppol.is_not_null())
        .then(peppol)
        .when(pl.col("hint") == "de_leitweg")
        .then(text.str.replace_all(r"[^0-9A-Z-]", ""))
        .when(pl.col("hint") == "mx_rfc")
        .then(text.str.replace_all(r"[^0-9A-ZÑ&]", ""))
        .when((pl.col("hint") == "pl_nip") & text.str.contains(r"^PL[ 0-9]"))
        .then(dense.str.replace(r"^PL", ""))
        .when((pl.col("hint") == "fr_siren") & text.str.contains(r"^RCS"))
        .then(dense.str.replace(r"^[A-Z]+", ""))
        .otherwise(dense)
    )
    work = work.with_columns(
        pl.when(value == "").then(None).otherwise(value).alias("value"),
        is_masked.alias("is_masked"),
        scientific.alias("scientific"),
    )
    return work.with_columns(_padded())


def _padded() -> pl.Expr:
    value = pl.col("value")
    padded = value
    for scheme, (least, full) in _PADDED.items():
        short = value.str.contains(rf"^\d{{{least},{full - 1}}}$")
        padded = pl.when((pl.col("hint") == scheme) & short).then(value.str.zfill(full)).otherwise(padded)
    return padded.alias("value")


def vat_value(value: pl.Expr, country: pl.Expr) -> pl.Expr:
    """A VAT number with its country prefix, as the European Union writes it."""
    country = country.replace({"GR": "EL"})
    number = value.str.replace(r"^GR(\d{8,9})$", "EL${1}").str.replace(r"^(CHE\d{9})(?:MWST|TVA|IVA|TPV)$", "${1}")
    bare = ~number.str.contains(r"^[A-Z]{2}") & country.is_not_null()
    prefix = pl.when(country == "CH").then(pl.lit("CHE")).otherwise(country)
    number = pl.when(bare).then(pl.concat_str(prefix, number)).otherwise(number)
    number = number.str.replace(r"^(CHE\d{9})(?:MWST|TVA|IVA|TPV)$", "${1}").str.replace(r"^BE(\d{9})$", "BE0${1}")
    return number.str.replace(r"^(NO\d{9})$", "${1}MVA")
