"""Golden records: which value of each attribute survives, and why the others lost.

In: `master.xref`, `staging.party*`, rules as a table that is joined. Out: `master.customer`, `master.attribute_source`.
Invariant: every surviving value has exactly one source row of rank 1; groups survive whole; ties end at the record id.
Does not belong here: normalizing values, and which records belong together.
"""

from __future__ import annotations

from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract.master import ATTRIBUTE_SOURCE, CUSTOMER
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.worklist import Work
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.master.settings import MasterSection, attribute_frame, priority_frame, rule_frame

_HERE = Path(__file__).parent


def survive(con: DuckDBPyConnection, section: MasterSection, work: Work) -> tuple[Counts, Counts]:
    """Choose the surviving value of every attribute of the customers in `customer_scope`.

    Args:
        con: the hub, inside the stage's transaction; the temporary table `customer_scope(key)` names the customers.
        section: rules and source priorities.
        work: supplies the sequence number.

    Returns:
        Rows changed in `master.customer` and in `master.attribute_source`.
    """
    _create_rule_tables(con, section)
    for name in ("candidates.sql", "survivors.sql", "customers.sql"):
        run_sql(con, _HERE / name)
    return (
        write_changes(con, CUSTOMER, "wanted_customer", seq=work.seq, scope="customer_scope"),
        write_changes(con, ATTRIBUTE_SOURCE, "wanted_attribute_source", seq=work.seq, scope="customer_scope"),
    )


def _create_rule_tables(con: DuckDBPyConnection, section: MasterSection) -> None:
    frames = {
        "attribute_unit": attribute_frame(section.mastering),
        "survivorship_rule": rule_frame(section.mastering),
        "source_priority": priority_frame(section.priorities),
    }
    for name, frame in frames.items():
        con.register("rule_rows", frame)
        con.execute(f"create or replace temp table {name} as select * from rule_rows")  # noqa: S608  our own names
        con.unregister("rule_rows")
