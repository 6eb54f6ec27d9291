"""How many sampled parties are customers that we have already, by exactly equal strong values.

In: the scratch hub with the staged sample, the published file. Out: `Overlap` per table. Invariant: the published file
is read as any analyst reads it, for a moment: no run has to wait, none holds this up. Does not belong here: matching
(it compares what is only similar, and finds more).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.ddl import literal
from mdm_pipeline.hub.sql import run_sql

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Overlap:
    """Of the sampled parties of one table, how many are known.

    Args:
        table: the table.
        known: probably belong to a customer in force.
        new: share nothing that tells.
        unclear: share something, but not enough, or with two customers alike.
        by: what the known and unclear ones share, to how many do.
    """

    table: str
    known: int = 0
    new: int = 0
    unclear: int = 0
    by: dict[str, int] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """In a sentence."""
        total = self.known + self.new + self.unclear
        return (
            f"of {total:,} sampled parties {self.known:,} probably belong to known customers, {self.new:,} are new, "
            f"{self.unclear:,} unclear"
        )


def overlap(con: DuckDBPyConnection, published: Path, *, besides: str) -> list[Overlap]:
    """Compare the staged sample with the customers in force.

    Args:
        con: the scratch hub.
        published: the published file.
        besides: the source itself; where it is live already, what it said does not count.
    """
    con.register("sampled_value", run_sql(con, _HERE / "sampled_values.sql").to_arrow_table())
    con.execute(f"attach {literal(str(published))} as known (read_only)")
    try:
        values = run_sql(con, _HERE / "known_values.sql", {"besides": f"{besides}."}).to_arrow_table()
    finally:
        con.execute("detach known")
    con.register("known_value", values)
    try:
        rows = run_sql(con, _HERE / "overlap.sql").fetchall()
    finally:
        con.unregister("known_value")
        con.unregister("sampled_value")
    found: dict[str, Overlap] = {}
    for table, verdict, shares, records in rows:
        before = found.get(table, Overlap(table))
        found[table] = Overlap(
            table,
            known=before.known + records * (verdict == "known"),
            new=before.new + records * (verdict == "new"),
            unclear=before.unclear + records * (verdict == "unclear"),
            by={**before.by, **({shares: before.by.get(shares, 0) + records} if shares else {})},
        )
    return list(found.values())
