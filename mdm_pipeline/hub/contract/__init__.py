"""Every hub table, declared once. `TABLES` is the whole contract; landing's per-source tables come from configuration.

In: nothing. Out: `Table` declarations by schema. Invariant: each table has one writing room (`*`: through
the hub only).
Does not belong here: SQL, and anything that knows a connection.
"""

from __future__ import annotations

from mdm_pipeline.hub.contract import hub, landing, mart, master, matching, quality, staging, steward
from mdm_pipeline.hub.contract.model import Column, Kind, Pii, Reference, Table

# What the keys in `<schema>.change` are: record ids before mastering, customer codes after it.
CHANGE_KEY_TYPES = {
    "landing": "BIGINT",
    "staging": "BIGINT",
    "quality": "BIGINT",
    "steward": "VARCHAR",
    "matching": "BIGINT",
    "master": "VARCHAR",
    "mart": "VARCHAR",
}

TABLES: tuple[Table, ...] = (
    *hub.TABLES,
    *landing.TABLES,
    *staging.TABLES,
    *quality.TABLES,
    *steward.TABLES,
    *matching.TABLES,
    *master.TABLES,
    *mart.TABLES,
    *(hub.change_table(schema, key_type) for schema, key_type in CHANGE_KEY_TYPES.items()),
)
SCHEMAS: tuple[str, ...] = tuple(dict.fromkeys(table.schema for table in TABLES))


def table(full_name: str) -> Table:
    """The contract of `schema.name`.

    Raises:
        KeyError: the contract has no such table.
    """
    for candidate in TABLES:
        if candidate.full_name == full_name:
            return candidate
    raise KeyError(f"the contract has no table {full_name!r}")


__all__ = ["CHANGE_KEY_TYPES", "SCHEMAS", "TABLES", "Column", "Kind", "Pii", "Reference", "Table", "table"]
