"""Rows that a source merged into another one: where references to them lead.

In: landed party rows whose mapping names `merged_into`, and the redirects staged before. Out: rows of
`staging.party_redirect`. Invariant: every chain is followed to its end, whatever the order in which its parts came;
a circle ends at the smallest of its references. Does not belong here: moving orders (whoever reads a reference does).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.mappings import PartyMapping
from mdm_pipeline.hub.contract.staging import PARTY_REDIRECT
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.staging.landed import LandedRows

_EVERY_REDIRECT = (
    "select record_id, source, from_ref, merged_into_ref from wanted_party_redirect union all "
    "select record_id, source, from_ref, merged_into_ref from staging.party_redirect "
    "where record_id not in (select key from staging_scope) order by record_id"
)


def delivered_redirects(landed: LandedRows, party: PartyMapping) -> pl.DataFrame:
    """Redirects as the rows say; `to_ref` is only the next step.

    Args:
        landed: the rows.
        party: their mapping, with `merged_into`.
    """
    target = landed.reference(landed.entity, landed.column(party.merged_into))
    frame = landed.frame.select(
        "record_id",
        pl.lit(landed.source.name).alias("source"),
        pl.col("record_ref").alias("from_ref"),
    ).with_columns(target.alias("merged_into_ref"), target.alias("to_ref"))
    return frame.filter(pl.col("merged_into_ref").is_not_null() & (pl.col("merged_into_ref") != pl.col("from_ref")))


def write_redirects(con: DuckDBPyConnection, seq: int) -> Counts:
    """Follow all chains, staged now or before, and write those that lead elsewhere than they did.

    Args:
        con: the hub; `wanted_party_redirect` and `staging_scope` are filled.
        seq: the stage's sequence number.
    """
    every = con.execute(_EVERY_REDIRECT).pl()
    steps = dict(zip(every["from_ref"], every["merged_into_ref"], strict=True))
    ends = ends_of(steps)
    resolved = every.with_columns(pl.Series("to_ref", [ends[ref] for ref in every["from_ref"]], dtype=pl.String))
    resolved = resolved.filter(pl.col("to_ref") != pl.col("from_ref"))
    con.register("resolved_redirect", resolved)
    counts = write_changes(con, PARTY_REDIRECT, "resolved_redirect", seq=seq)
    con.unregister("resolved_redirect")
    return counts


def ends_of(steps: Mapping[str, str]) -> dict[str, str]:
    """Where every chain of single steps ends.

    Args:
        steps: from each reference to the next one.

    Returns:
        The last reference of the chain; for all of a circle, and what leads into it, the smallest in the circle.
    """
    ends: dict[str, str] = {}
    for start in steps:
        path: dict[str, int] = {}
        ref = start
        while ref in steps and ref not in ends and ref not in path:
            path[ref] = len(path)
            ref = steps[ref]
        end = ends.get(ref, ref)
        if ref in path:
            end = min(list(path)[path[ref] :])
        ends.update(dict.fromkeys(path, end))
    return ends
