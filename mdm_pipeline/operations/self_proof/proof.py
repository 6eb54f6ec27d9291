"""The proof itself: rebuild, compare, say what is different.

In: the hub at rest, the stages, how many components. Out: `Proof`. Invariant: what differs is named by table, key and
columns, never by values (they may be personal data, and people are told by mail). Does not belong here: choosing and
rebuilding.
"""

# ruff: noqa: S608  statements are built from contract identifiers and our own conditions; values never enter the text

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import Table, mart, master, matching, staging
from mdm_pipeline.hub.ddl import quoted, quoted_name
from mdm_pipeline.hub.diff import TableDiff, diff_attached
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.operations.self_proof.choice import choose, count, forget
from mdm_pipeline.operations.self_proof.scratch import HeldBack, rebuilt

_REBUILT = "record_id in (select record_id from proof_rebuilt)"
_RECORD = "record_id in (select record_id from proof_record)"
_CUSTOMER = "master_id in (select master_id from proof_customer)"
_BOTH_ENDS = "from_id in (select master_id from proof_customer) and to_id in (select master_id from proof_customer)"
_ENDS = "record_id_{0} in (select record_id from proof_record) and record_id_{1} in ({2})"
_KNOWN = "select record_id from proof_record union all select record_id from proof_near"
_PAIR = f"({_ENDS.format('l', 'r', _KNOWN)}) or ({_ENDS.format('r', 'l', _KNOWN)})"
_COMPARED: tuple[tuple[Table, str], ...] = (
    *(
        (table, _REBUILT)
        for table in staging.TABLES
        if "record_id" in table.column_names and table not in (staging.FX_RATE, staging.PARTY_LINK)
    ),
    # links that names propose follow from all records, not from those of the component
    (staging.PARTY_LINK, f"{_REBUILT} and origin is null"),
    (matching.PAIR, _PAIR),
    (matching.CLUSTER, _RECORD),
    (matching.REVIEW_ITEM, _PAIR),
    (master.XREF, f"is_current and {_RECORD}"),
    (master.CUSTOMER, _CUSTOMER),
    (master.ATTRIBUTE_SOURCE, _CUSTOMER),
    (master.RELATIONSHIP, _BOTH_ENDS),
    # What a registry knows of numbers that are not a customer's is not rebuilt with the customer.
    *((table, _CUSTOMER) for table in mart.TABLES if table is not mart.BILLING_CHECK),
)
# how many customers a record has had before is history, which a rebuild does not have
_SHOWN_AS = {master.XREF.full_name: "* replace (1::bigint as xref_no)"}
_SHOWN = 5


@dataclass(frozen=True)
class Proof:
    """What a run found out about itself.

    Args:
        components: components rebuilt; 0 where there was nothing to prove or it could not be done.
        differences: rows in which they differ from the hub.
        found: per table that differs, how many rows and some of them, by key and columns.
        trouble: why nothing could be proved although it should have been.
        skipped: why there was nothing to prove.
        records: records rebuilt, events included.
        seconds: wall time.
    """

    components: int = 0
    differences: int = 0
    found: tuple[str, ...] = ()
    trouble: str = ""
    skipped: str = ""
    records: int = 0
    seconds: float = 0.0

    @property
    def is_alarming(self) -> bool:
        """Whether a person has to look."""
        return bool(self.differences or self.trouble)

    @property
    def line(self) -> str:
        """In a line, without the examples."""
        if self.trouble:
            return f"not proved: {self.trouble}"
        if self.skipped:
            return f"not proved, {self.skipped}"
        parts = "component" if self.components == 1 else "components"
        rows = "difference" if self.differences == 1 else "differences"
        return f"{self.components:,} {parts} rebuilt, {self.differences:,} {rows}"

    @property
    def report(self) -> str:
        """The line, and what differs."""
        return ": ".join([self.line, *([" | ".join(self.found)] if self.found else [])])


def prove(
    con: DuckDBPyConnection, stages: Mapping[str, Stage], *, components: int, run_id: str, as_of: datetime
) -> Proof:
    """Rebuild components from landing and compare them with the hub.

    Args:
        con: the hub, outside a transaction, after all stages have run; only temporary tables are written.
        stages: the company's, by name.
        components: how many; the ones that changed most in the run, and others drawn by its id.
        run_id: the run.
        as_of: its time.

    Returns:
        The proof; a stage that holds back on the scratch hub is trouble, not an exception.
    """
    started = time.monotonic()
    try:
        chosen = choose(con, components=components, run_id=run_id)
        records = count(con, "proof_rebuilt")
        with rebuilt(con, stages, as_of) as scratch:
            found = _compare(scratch, con)
    except HeldBack as held:
        return Proof(trouble=str(held), seconds=time.monotonic() - started)
    finally:
        forget(con)
    return Proof(
        components=chosen,
        differences=sum(d.added + d.removed + d.changed for d in found),
        found=tuple(_words(d) for d in found),
        records=records,
        seconds=time.monotonic() - started,
    )


def _compare(scratch: DuckDBPyConnection, hub: DuckDBPyConnection) -> list[TableDiff]:
    """As `mdm diff` does: `a` holds what was rebuilt, `b` what stands in the hub."""
    con = duckdb.connect(":memory:")  # noqa: TID251  an instance of its own: neither side is changed
    try:
        con.execute("set TimeZone = 'UTC'")
        for alias, side in (("a", scratch), ("b", hub)):
            con.execute(f"attach ':memory:' as {quoted(alias)}")
            for schema in sorted({table.schema for table, _ in _COMPARED}):
                con.execute(f"create schema {quoted(alias)}.{quoted(schema)}")
            for table, where in _COMPARED:
                columns = _SHOWN_AS.get(table.full_name, "*")
                select = f"select {columns} from {quoted_name(table)} where {where}"
                con.register("rows", side.execute(select).to_arrow_table())
                con.execute(f"create table {quoted(alias)}.{quoted_name(table)} as from rows")
                con.unregister("rows")
        return diff_attached(con, shows_values=False)
    finally:
        con.close()


def _words(difference: TableDiff) -> str:
    counts = (
        (difference.changed, "otherwise"),
        (difference.added, "that the sources do not give"),
        (difference.removed, "missing"),
    )
    told = ", ".join(f"{number} {word}" for number, word in counts if number)
    named = "; ".join(
        example.replace("added ", "not given: ", 1).replace("removed ", "missing: ", 1).replace("changed ", "", 1)
        for example in difference.examples[:_SHOWN]
    )
    return f"{difference.table}: {told}: {named}"
