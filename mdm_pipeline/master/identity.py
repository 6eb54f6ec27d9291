"""Customer codes that stay: a new clustering is laid over the crosswalk in force.

In: `matching.cluster`, `master.xref`. Out: `master.xref` with its history, `master.id_event`. Invariant: a
code is never
reused for others, an unchanged cluster keeps its code, every code ever issued resolves. Row order is irrelevant.
Does not belong here: which records belong together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import MasteringConfig
from mdm_pipeline.hub.contract.master import ID_EVENT, XREF
from mdm_pipeline.hub.issued_codes import last_number
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.worklist import Work
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.master.codes import codes_of

_HERE = Path(__file__).parent
_EXAMPLES = 20  # merged codes that the run's page shows
_HEIR_SCHEMA = {"cluster_id": pl.Int64, "master_id": pl.String, "how": pl.String}


@dataclass(frozen=True)
class Overlap:
    """How many records of a customer are in a cluster; `id_number` is the number in the customer's code, its age."""

    cluster_id: int
    master_id: str
    records: int
    id_number: int


@dataclass(frozen=True)
class IdentityCounts:
    """What laying over did: rows per table, the events of this run by kind, some merged codes with those in use."""

    xref: Counts
    id_event: Counts
    events: dict[str, int]
    merged: dict[str, list[str]]


def heirs_of(overlaps: Iterable[Overlap]) -> dict[int, str]:
    """Which cluster inherits which code, each at most once.

    The largest overlap goes first; of equal ones the oldest code, then the smallest cluster. So a cluster gets the code
    of the customer that contributes most to it, the larger part of a split keeps its code, and a code is lost only when
    every cluster that it could go to has another one.
    """
    heirs: dict[int, str] = {}
    given: set[str] = set()
    for overlap in sorted(overlaps, key=lambda o: (-o.records, o.id_number, o.master_id, o.cluster_id)):
        if overlap.cluster_id not in heirs and overlap.master_id not in given:
            heirs[overlap.cluster_id] = overlap.master_id
            given.add(overlap.master_id)
    return heirs


def lay_over(con: DuckDBPyConnection, mastering: MasteringConfig, work: Work, as_of: datetime) -> IdentityCounts:
    """Give every cluster its code and bring the crosswalk and the events up to date.

    Args:
        con: the hub, inside the stage's transaction.
        mastering: prefix and digits of new codes.
        work: supplies sequence number and run.
        as_of: the run's time; periods open and close at it.
    """
    contested = run_sql(con, _HERE / "overlap.sql").fetchall()
    inherited = heirs_of(Overlap(*row) for row in contested)
    _create_heirs(con, inherited, "inherited")
    con.execute("insert into heir select cluster_id, master_id, 'inherited' from simple_heir")
    restored = heirs_of(Overlap(*row) for row in run_sql(con, _HERE / "past_overlap.sql").fetchall())
    _add_heirs(con, restored, "restored")
    _add_heirs(con, _new_codes(con, mastering), "new")

    at = as_of.replace(tzinfo=None)
    run_sql(con, _HERE / "crosswalk.sql", {"at": at, "run_id": work.run_id})
    events = dict(con.execute("select event, count(*) from new_event group by event order by event").fetchall())
    merged = [
        code
        for (code,) in con.execute(
            "select master_id from new_event where event = 'merged_into' order by event_no limit $limit",
            {"limit": _EXAMPLES},
        ).fetchall()
    ]
    return IdentityCounts(
        xref=write_changes(con, XREF, "wanted_xref", seq=work.seq),
        id_event=write_changes(con, ID_EVENT, "wanted_event", seq=work.seq),
        events=events,
        merged=resolve_many(con, merged),
    )


def resolve(con: DuckDBPyConnection, any_id: str) -> list[str]:
    """The customer codes in use that a code stands for now.

    Args:
        con: the hub.
        any_id: any code ever issued.

    Returns:
        The code itself while it is in use, the code it was merged into (over any number of merges), or nothing when
        it was retired or never issued.
    """
    return resolve_many(con, [any_id])[any_id]


def resolve_many(con: DuckDBPyConnection, ids: Sequence[str]) -> dict[str, list[str]]:
    """`resolve` for many codes at once; every code asked for is in the answer."""
    found: dict[str, list[str]] = {code: [] for code in ids}
    for code, now in run_sql(con, _HERE / "resolve.sql", {"ids": list(ids)}).fetchall():
        found[code].append(now)
    return found


def _new_codes(con: DuckDBPyConnection, mastering: MasteringConfig) -> dict[int, str]:
    last = last_number(con)
    clusters = [cluster for cluster, _ in run_sql(con, _HERE / "new_clusters.sql").fetchall()]
    numbers = range(last + 1, last + 1 + len(clusters))
    codes = codes_of(numbers, prefix=mastering.id_prefix, digits=mastering.id_digits)
    return dict(zip(clusters, codes, strict=True))


def _create_heirs(con: DuckDBPyConnection, heirs: dict[int, str], how: str) -> None:
    con.execute("create or replace temp table heir (cluster_id bigint, master_id varchar, how varchar)")
    _add_heirs(con, heirs, how)


def _add_heirs(con: DuckDBPyConnection, heirs: dict[int, str], how: str) -> None:
    frame = pl.DataFrame(
        {"cluster_id": list(heirs), "master_id": list(heirs.values()), "how": [how] * len(heirs)},
        schema=_HEIR_SCHEMA,
    )
    con.register("heir_frame", frame)
    con.execute("insert into heir select * from heir_frame")
    con.unregister("heir_frame")
