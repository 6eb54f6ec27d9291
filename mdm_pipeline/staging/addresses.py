"""Addresses of parties.

In: landed rows and mapping. Out: rows of `staging.party_address`, and phones found inside addresses.
Invariant: a country or a postcode alone is no address; the same address stands once per record.
Does not belong here: taking an address apart (`standardize`).
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.mappings import AddressMapping, PartyMapping
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.standardize.addresses import PARTS, standardize_addresses
from mdm_pipeline.standardize.text import HAN, clean, is_placeholder

_INPUTS = ("raw", "country", "province", "city", "district", "postcode")


def party_addresses(landed: LandedRows, party: PartyMapping) -> pl.DataFrame:
    """Standardized addresses.

    Returns:
        Rows of `staging.party_address`, and `embedded_phone`.
    """
    empty = pl.DataFrame(
        schema={"record_id": pl.Int64, "place": pl.Int32, "kind": pl.String} | dict.fromkeys(_INPUTS, pl.String)
    )
    cells = pl.concat([empty, *(_cells_of(landed, mapping, place) for place, mapping in enumerate(party.addresses))])
    read = per_row(cells.select(_INPUTS), _read, name="addresses").rename({"raw": "whole"})
    found = pl.concat([cells.select("record_id", "place", "kind"), read], how="horizontal").sort("record_id", "place")
    found = found.unique(["record_id", "address_norm", "whole"], keep="first", maintain_order=True)
    number = pl.int_range(1, pl.len() + 1).over("record_id").cast(pl.Int32).alias("address_no")
    return found.select("record_id", number, "kind", pl.col("whole").alias("raw"), *PARTS, "embedded_phone")


def address_countries(addresses: pl.DataFrame, ids: pl.Series) -> pl.Series:
    """Country of each record's first address, where it tells one."""
    first = addresses.drop_nulls("country").sort("record_id", "address_no")
    first = first.unique("record_id", keep="first", maintain_order=True).select("record_id", "country")
    return ids.to_frame("record_id").join(first, on="record_id", how="left", maintain_order="left")["country"]


def _cells_of(landed: LandedRows, mapping: AddressMapping, place: int) -> pl.DataFrame:
    cells = pl.DataFrame({name: landed.column(getattr(mapping, name)) for name in _INPUTS})
    cells = per_row(cells, _without_placeholders)
    is_address = pl.any_horizontal(pl.col("raw", "province", "city", "district").is_not_null())
    return cells.select(
        landed.ids.alias("record_id"),
        pl.lit(place).cast(pl.Int32).alias("place"),
        pl.lit(mapping.kind).alias("kind"),
        *_INPUTS,
    ).filter(is_address)


def _without_placeholders(cells: pl.DataFrame) -> pl.DataFrame:
    blank = {name: is_placeholder(cells[name]).fill_null(True) for name in ("raw", "province", "city", "district")}
    return cells.with_columns(cells[name].set(empty, None) for name, empty in blank.items())


def _read(cells: pl.DataFrame) -> pl.DataFrame:
    return standardize_addresses(cells).with_columns(_whole(cells).alias("raw"))


def _whole(cells: pl.DataFrame) -> pl.Series:
    """The parts as one text, in the order in which the country writes them; no part twice."""
    text = {name: clean(cells[name]).fill_null("") for name in ("raw", "province", "city", "district", "postcode")}
    frame = pl.DataFrame(text)
    raw = pl.col("raw")

    frame = frame.with_columns(
        pl.when(pl.col("city") == pl.col("province")).then(pl.lit("")).otherwise("city").alias("city")
    )

    def unless_there(name: str) -> pl.Expr:
        return pl.when(raw.str.contains(pl.col(name), literal=True)).then(pl.lit("")).otherwise(pl.col(name))

    han = pl.concat_str("raw", "city", "province").str.contains(f"[{HAN}]")
    chinese = pl.concat_str(*(unless_there(name) for name in ("province", "city", "district")), raw)
    western = pl.concat_list(raw, *(unless_there(name) for name in ("district", "city", "province", "postcode")))
    western = western.list.eval(pl.element().filter(pl.element() != "")).list.join(", ")
    return frame.select(pl.when(han).then(chinese).otherwise(western).alias("raw")).to_series()
