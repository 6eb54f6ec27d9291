"""Links that names propose: a branch to its head office (上海分公司), a sole trader's shop to its owner.

In: the written `staging.party*` tables and the links that sources gave. Out: more rows in `wanted_party_link`, marked
with origin `name`. Invariant: they follow from all records as they are now, so nights end as a rebuild does; a link
that the source gave is never replaced. Does not belong here: reading names (`standardize`).
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.staging import PARTY_LINK
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.writing import Counts, write_changes

_SQL = Path(__file__).with_name("name_links.sql")


def write_links(con: DuckDBPyConnection, seq: int) -> Counts:
    """Write the links of the sources and those that names propose.

    Args:
        con: the hub; `staging.party`, its names and contact points are written, `wanted_party_link` holds what the
            records in `staging_scope` give.
        seq: the stage's sequence number.
    """
    run_sql(con, _SQL)
    return write_changes(con, PARTY_LINK, "wanted_party_link", seq=seq, scope="name_link_scope")
