"""Matching: which records are the same party.

In: staging.party and its children, minus quality.quarantined; judgements from steward.decision.
Out: matching.model, pair, cluster, review_item. Invariant: every record in scope is in exactly one cluster, named after
its smallest record; pass-through records are alone in theirs; the same input gives the same output.
Does not belong here: customer codes and golden values (master).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import get_args

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig, MatchingConfig
from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.hub.contract import matching as tables
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, Work, fingerprint_of
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.matching.model import Model, active_model, models_in_force, shipped_fingerprint
from mdm_pipeline.matching.model_making import make_model
from mdm_pipeline.matching.resolution import Resolution, resolve

STAGE_VERSION = 2
PARTY_TYPES: tuple[PartyType, ...] = get_args(PartyType)
_HERE = Path(__file__).parent


def make_stage(config: CompanyConfig) -> Stage:
    """The matching stage of one company."""
    section = config.matching
    return Stage(
        name="matching",
        function=match,
        section=section,
        fingerprint=fingerprint_of(section.model_dump(mode="json"), STAGE_VERSION, shipped_fingerprint()),
        upstreams=("staging", "quality", "steward"),
        in_force=models_in_force,
    )


def match(con: DuckDBPyConnection, section: MatchingConfig, work: Work, as_of: datetime) -> Report:
    """Match all records in scope; only what really changed is written.

    Args:
        con: the hub, inside the stage's transaction.
        section: thresholds, models, duplicate-free sources.
        work: any change upstream makes it run; it looks at every record.
        as_of: the time that a new model is stamped with.

    Returns:
        Counts in records: read == written + unchanged.
    """
    models, found = [], []
    for party_type in PARTY_TYPES:
        model = model_in_force(con, party_type, section)
        models.append(model)
        found.append(resolve(con, model, section.of(party_type), section.duplicate_free_sources))
    counts = {
        "matching.model": store_models(con, models, as_of, seq=work.seq),
        "matching.pair": _write_frames(con, [r.pairs for r in found], "pair", work),
        "matching.review_item": _write_frames(con, [r.review for r in found], "review_item", work),
        "matching.cluster": _write_clusters(con, found, work),
    }
    _report_contradictions(con, found, as_of)
    _drop_scratch(con)
    clusters = counts["matching.cluster"]
    return Report(
        read=clusters.written + clusters.unchanged,
        written=clusters.written,
        unchanged=clusters.unchanged,
        tables=counts,
        metadata={r.party_type: r.metrics for r in found},
    )


def model_in_force(con: DuckDBPyConnection, party_type: PartyType, section: MatchingConfig) -> Model:
    """The stored model, or a new one.

    A new one is made where there is none, where the comparisons changed, where the configuration wants the shipped
    one instead of a trained one, and where a release brought other shipped models. A shipped one that stands in for
    training stays until the training job replaces it.
    """
    wanted = section.of(party_type).model
    stored = active_model(con, party_type)
    if stored is not None and stored.origin == "trained" and wanted == "train":
        return stored
    if stored is not None and stored.origin == "shipped" and stored.metrics.get("shipped") == shipped_fingerprint():
        return stored
    return make_model(con, party_type, wanted, section.duplicate_free_sources)


def store_models(con: DuckDBPyConnection, models: list[Model], as_of: datetime, *, seq: int) -> Counts:
    """Put models in force; earlier ones stay, no longer active."""
    new = pl.DataFrame([model.as_row(as_of) for model in models])
    con.register("new_models", new)
    run_sql(con, _HERE / "wanted_models.sql")
    con.unregister("new_models")
    return write_changes(con, tables.MODEL, "wanted_model", seq=seq)


def _write_frames(con: DuckDBPyConnection, frames: list[pl.DataFrame], name: str, work: Work) -> Counts:
    table = tables.PAIR if name == "pair" else tables.REVIEW_ITEM
    con.register("wanted_rows", pl.concat(frames))
    con.execute("create or replace temp table wanted_pair as select * from wanted_rows")
    con.unregister("wanted_rows")
    return write_changes(con, table, "wanted_pair", seq=work.seq)


def _write_clusters(con: DuckDBPyConnection, found: list[Resolution], work: Work) -> Counts:
    con.register("found_clusters", pl.concat([r.clusters for r in found]))
    run_sql(con, _HERE / "wanted_clusters.sql")
    con.unregister("found_clusters")
    return write_changes(con, tables.CLUSTER, "wanted_cluster", seq=work.seq)


def _drop_scratch(con: DuckDBPyConnection) -> None:
    """Temporary tables of the last party type go: later stages need the memory."""
    scratch = con.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'matching_')"
    ).fetchall()
    for (name,) in scratch:
        con.execute(f"drop table {quoted(name)}")


def _report_contradictions(con: DuckDBPyConnection, found: list[Resolution], as_of: datetime) -> None:
    create_found(con)
    con.register("contradictions", pl.concat([r.contradictions for r in found]))
    run_sql(con, _HERE / "contradiction_issues.sql")
    con.unregister("contradictions")
    report_issues(con, stage="matching", as_of=as_of, scope=None)
