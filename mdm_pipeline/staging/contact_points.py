"""Phones, e-mails and messenger ids of parties.

In: landed rows, mapping, countries, phones found inside addresses. Out: rows of
`staging.party_contact_point`. Invariant: a cell with several numbers gives several rows; what cannot be
read stays as `raw`, unusable. Does not belong here: whose phone it is (household, switchboard).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.mappings import PartyMapping
from mdm_pipeline.staging.distinct import per_part, per_row
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.phones import standardize_phones
from mdm_pipeline.standardize.text import clean, is_placeholder

_COLUMNS = [
    "kind",
    "value",
    "match_key",
    "raw",
    "detail",
    "extension",
    "is_valid",
    "is_masked",
    "is_placeholder",
    "is_usable",
]


def contact_points(landed: LandedRows, party: PartyMapping, country: pl.Series, embedded: pl.DataFrame) -> pl.DataFrame:
    """Standardized contact points.

    Args:
        landed: the rows.
        party: their mapping.
        country: per row the country that phones without a country code belong to.
        embedded: record_id, raw, country of phones found in addresses.

    Returns:
        Rows of `staging.party_contact_point`.
    """
    readers = {"phone": _phones, "email": _emails, "wechat": _wechat}
    frames = []
    for place, mapping in enumerate(party.contact_points):
        cells = pl.DataFrame({"record_id": landed.ids, "raw": landed.column(mapping.column), "country": country})
        frames.append(readers[mapping.kind](cells).with_columns(pl.lit(place).alias("place")))
    frames.append(_phones(embedded).with_columns(pl.lit(len(party.contact_points)).alias("place")))
    found = pl.concat(frames).sort("record_id", "place", "part")
    # The same number in two columns is one contact point; what could not be read is told apart by its text.
    found = found.with_columns(pl.coalesce("match_key", "raw").alias("same"))
    found = found.unique(["record_id", "kind", "same"], keep="first", maintain_order=True)
    number = pl.int_range(1, pl.len() + 1).over("record_id").cast(pl.Int32).alias("contact_no")
    return found.select("record_id", number, *_COLUMNS)


def _phones(cells: pl.DataFrame) -> pl.DataFrame:
    read = per_part(cells.select("raw", "country"), standardize_phones, name="phones")
    usable = pl.col("is_valid") & ~pl.col("is_masked") & ~pl.col("is_placeholder")
    return _with_ids(cells, read).select(
        "record_id",
        "part",
        pl.lit("phone").alias("kind"),
        pl.col("e164").alias("value"),
        pl.col("e164").alias("match_key"),
        "raw",
        pl.col("kind").alias("detail"),
        "extension",
        "is_valid",
        "is_masked",
        "is_placeholder",
        usable.fill_null(False).alias("is_usable"),
    )


def _emails(cells: pl.DataFrame) -> pl.DataFrame:
    read = per_part(cells.select("raw"), lambda frame: standardize_emails(frame["raw"]), name="emails")
    detail = (
        pl.when(pl.col("is_role"))
        .then(pl.lit("role"))
        .when(pl.col("is_disposable"))
        .then(pl.lit("disposable"))
        .when(pl.col("is_public_domain"))
        .then(pl.lit("public"))
        .when(pl.col("is_valid"))
        .then(pl.lit("personal"))
    )
    return _with_ids(cells, read).select(
        "record_id",
        "part",
        pl.lit("email").alias("kind"),
        pl.col("email").alias("value"),
        pl.col("email_key").alias("match_key"),
        "raw",
        detail.alias("detail"),
        pl.lit(None, dtype=pl.String).alias("extension"),
        "is_valid",
        pl.lit(False).alias("is_masked"),
        "is_placeholder",
        (pl.col("is_valid") & ~pl.col("is_placeholder")).fill_null(False).alias("is_usable"),
    )


def _wechat(cells: pl.DataFrame) -> pl.DataFrame:
    read = per_row(cells.select("raw"), _read_wechat)
    found = pl.concat([cells.select("record_id", "raw"), read], how="horizontal")
    return found.filter(pl.col("value").is_not_null()).select(
        "record_id",
        pl.lit(0).cast(pl.Int64).alias("part"),
        pl.lit("wechat").alias("kind"),
        "value",
        pl.col("value").alias("match_key"),
        "raw",
        pl.lit(None, dtype=pl.String).alias("detail"),
        pl.lit(None, dtype=pl.String).alias("extension"),
        pl.lit(None, dtype=pl.Boolean).alias("is_valid"),
        pl.lit(False).alias("is_masked"),
        "is_placeholder",
        (~pl.col("is_placeholder")).alias("is_usable"),
    )


def _read_wechat(cells: pl.DataFrame) -> pl.DataFrame:
    value = clean(cells["raw"]).str.to_lowercase()
    return pl.DataFrame({"value": value, "is_placeholder": is_placeholder(cells["raw"]).fill_null(False)})


def _with_ids(cells: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
    ids = cells["record_id"][read["row"]]
    return read.with_columns(ids.alias("record_id"), pl.col("part").cast(pl.Int64))
