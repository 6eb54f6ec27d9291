"""Identifiers of parties.

In: landed rows, mapping, party types and countries. Out: rows of `staging.party_identifier`, with what a
Chinese identity card tells beside them. Invariant: invalid and masked values stay, marked unusable; a value
stands once per scheme and record. Does not belong here: checking digits (`standardize`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.mappings import IdentifierMapping, PartyMapping
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.values import plain_text
from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.identifiers import SCHEMES, standardize_identifiers
from mdm_pipeline.standardize.text import is_placeholder

_PERSONAL = sorted(name for name, scheme in SCHEMES.items() if scheme.identifies == "person")
_CORPORATE = sorted(
    name for name, scheme in SCHEMES.items() if scheme.identifies in ("legal_entity", "tax_group") and name != "other"
)


def identifier_cells(landed: LandedRows, party: PartyMapping, country: pl.Series) -> pl.DataFrame:
    """All cells that hold identifiers: record_id, place, raw, scheme_hint, country."""
    frames = [_cells_of(landed, mapping, place, country) for place, mapping in enumerate(party.identifiers)]
    empty = pl.DataFrame(
        schema={
            "record_id": pl.Int64,
            "place": pl.Int32,
            "raw": pl.String,
            "scheme_hint": pl.String,
            "country": pl.String,
        }
    )
    return pl.concat([empty, *frames])


def types_by_identifier(cells: pl.DataFrame, ids: pl.Series) -> pl.Series:
    """Party types that a valid identifier proves: person, organization or null."""
    read = per_row(cells.select("raw", "scheme_hint", "country"), standardize_identifiers, name="identifiers")
    proof = (
        pl.when(pl.col("scheme").is_in(_PERSONAL))
        .then(pl.lit("person"))
        .when(pl.col("scheme").is_in(_CORPORATE))
        .then(pl.lit("organization"))
    )
    proven = pl.concat([cells.select("record_id", "place"), read], how="horizontal").filter(pl.col("is_valid"))
    proven = proven.select("record_id", "place", proof.alias("proof")).drop_nulls("proof").sort("record_id", "place")
    proven = proven.unique("record_id", keep="first", maintain_order=True)
    return ids.to_frame("record_id").join(proven, on="record_id", how="left", maintain_order="left")["proof"]


def party_identifiers(cells: pl.DataFrame, types: pl.DataFrame) -> pl.DataFrame:
    """Standardized identifiers.

    Args:
        cells: of `identifier_cells`.
        types: record_id, party_type.

    Returns:
        Rows of `staging.party_identifier`, and birth_on and gender (f, m) of valid identity cards.
    """
    typed = cells.join(types, on="record_id", how="inner", maintain_order="left")
    # An organization's number of unknown scheme is a tax number rather than an identity card.
    guessed = (pl.col("party_type") == "organization") & (pl.col("scheme_hint") == "auto")
    hint = pl.when(guessed).then(pl.lit("tax")).otherwise("scheme_hint").alias("scheme_hint")
    typed = typed.with_columns(hint)
    read = per_row(typed.select("raw", "scheme_hint", "country"), standardize_identifiers, name="identifiers")
    is_filler = per_row(typed.select("raw"), lambda frame: is_placeholder(frame["raw"]).to_frame("filler"))["filler"]
    usable = (
        pl.col("is_valid").fill_null(True) & ~pl.col("is_masked") & ~pl.col("filler") & pl.col("value").is_not_null()
    )
    found = pl.concat([typed, read, is_filler.fill_null(False).to_frame("filler")], how="horizontal")
    found = found.filter(pl.col("scheme").is_not_null()).sort("record_id", "place")
    found = found.unique(["record_id", "scheme", "value"], keep="first", maintain_order=True)
    return found.select(
        "record_id",
        pl.int_range(1, pl.len() + 1).over("record_id").cast(pl.Int32).alias("identifier_no"),
        "scheme",
        "value",
        "raw",
        "country",
        "is_valid",
        "is_masked",
        usable.fill_null(False).alias("is_usable"),
        "birth_on",
        pl.col("gender").replace_strict({"male": "m", "female": "f"}, default=None).alias("gender"),
    )


def _cells_of(landed: LandedRows, mapping: IdentifierMapping, place: int, country: pl.Series) -> pl.DataFrame:
    raw = landed.column(mapping.column)
    issuer = country
    if mapping.country is not None:
        issuer = pl.repeat(mapping.country.upper(), len(raw), dtype=pl.String, eager=True)
    if mapping.country_column is not None:
        named = landed.column(mapping.country_column).to_frame("text")
        found = per_row(named, lambda frame: standardize_countries(frame["text"]).to_frame("code"))["code"]
        issuer = pl.select(pl.coalesce(pl.lit(found), pl.lit(issuer))).to_series()
    hint = plain_text(landed.column(mapping.scheme_column)).str.to_lowercase().fill_null(mapping.scheme)
    cells = pl.DataFrame(
        {"record_id": landed.ids, "raw": raw.cast(pl.String), "scheme_hint": hint, "country": issuer}
    ).filter(plain_text(raw).is_not_null())
    return cells.select("record_id", pl.lit(place).cast(pl.Int32).alias("place"), "raw", "scheme_hint", "country")
