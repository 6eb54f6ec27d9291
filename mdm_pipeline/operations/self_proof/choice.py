"""Which records are rebuilt, and what stands around them.

In: the hub, a number, the run's id. Out: temporary tables `proof_*` of the hub's connection. Invariant: the same hub
and run give the same choice; a component is taken whole. Does not belong here: rebuilding.

`proof_record` holds the records of the components, `proof_near` those that share a value or a pair with them,
`proof_far` those that share one with these, `proof_event` the events that decide the customers' figures, `proof_known`
parties whose customer is only looked up, `proof_rebuilt` all that is staged anew.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.sql import run_sql

_HERE = Path(__file__).parent
# A value that more records share proves little, and its other pairs with a component stand in matching.pair.
_SHARERS = 25
# How common a value is matters up to six names; see matching/records.sql.
_NAMES = 8


def choose(con: DuckDBPyConnection, *, components: int, run_id: str) -> int:
    """Choose components and find what belongs to them.

    Args:
        con: the hub, outside a transaction; only temporary tables are written.
        components: how many customers to begin with; a tenth of them are those that changed most.
        run_id: whose changes, and the seed of the draw.

    Returns:
        How many were chosen.
    """
    run_sql(
        con, _HERE / "choose.sql", {"components": components, "most_changed": -(-components // 10), "run_id": run_id}
    )
    _grow(con, "grow_components.sql")
    run_sql(con, _HERE / "neighbors.sql", {"sharers": _SHARERS, "names": _NAMES})
    run_sql(con, _HERE / "events_begin.sql")
    _grow(con, "grow_events.sql")
    run_sql(con, _HERE / "known_owners.sql")
    return count(con, "proof_chosen")


def forget(con: DuckDBPyConnection) -> None:
    """Drop the temporary tables."""
    con.execute("drop view if exists proof_value")
    named = con.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'proof_')"
    ).fetchall()
    for (name,) in named:
        con.execute(f"drop table {quoted(name)}")


def count(con: DuckDBPyConnection, table: str) -> int:
    """Rows of one of the temporary tables."""
    row = con.execute(f"select count(*) from {quoted(table)}").fetchone()  # noqa: S608  our own table's name
    return int(row[0]) if row else 0


def _grow(con: DuckDBPyConnection, file: str) -> None:
    before, now = -1, 0
    while now != before:
        row = run_sql(con, _HERE / file).fetchone()
        before, now = now, int(row[0]) if row else 0
