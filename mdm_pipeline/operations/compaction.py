"""Writes the hub anew without free blocks: `mdm compact`.

In: a home whose hub nobody writes. Out: the same hub, smaller. Invariant: the new file has the rows of the old one,
table by table, before it takes its name in one step; a kill leaves the old one. Does not belong here: when to compact.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.ddl import literal, quoted
from mdm_pipeline.hub.space import disk_full_told
from mdm_pipeline.hub.spare import put_in_place

_NEW = "compacted"


class CompactionFailed(PermanentError):
    """The new file does not hold what the old one holds; the old one stands."""


class NoHub(PermanentError):
    """There is no hub in this home."""


@dataclass(frozen=True)
class Compaction:
    """Sizes in bytes before and after."""

    before: int
    after: int


@disk_full_told()
def compact(home: Home, *, wait_s: float = 30.0) -> Compaction:
    """Write the hub anew and put it in place of the old one.

    Args:
        home: whose hub.
        wait_s: how long to wait for a run to end.

    Raises:
        HubLocked: a run is going on.
        NoHub: nothing to compact.
        CompactionFailed: a table has other rows in the new file.
        DiskFull: no room for the new file.
    """
    hub_file = home.hub_file
    if not hub_file.exists():
        raise NoHub(f"home {home.root}: has no hub yet; run first: mdm run")
    building = building_of(home)
    with open_hub(hub_file, wait_s=wait_s) as hub:
        before = hub_file.stat().st_size
        building.unlink(missing_ok=True)
        try:
            _build(hub.con, building)
            after = building.stat().st_size
            hub.checkpoint()
            put_in_place(building, hub_file)  # the name changes while we hold the old file's lock
        except BaseException:
            building.unlink(missing_ok=True)
            raise
    return Compaction(before, after)


def building_of(home: Home) -> Path:
    """Where the new file is built; a kill may leave it."""
    return home.hub_file.with_name(f".{home.hub_file.name}.compacting")


def _build(con: DuckDBPyConnection, building: Path) -> None:
    row = con.execute("select current_database()").fetchone()
    old = str(row[0]) if row else ""
    con.execute(f"attach {literal(str(building))} as {_NEW}")
    try:
        con.execute(f"copy from database {quoted(old)} to {_NEW}")
        differing = sorted(dict(_rows(con, old).items() ^ _rows(con, _NEW).items()))
        if differing:
            raise CompactionFailed(
                f"compaction: {', '.join(differing)} differ from the hub's; it stands as it was; "
                "please report this as a defect"
            )
    finally:
        con.execute(f"detach {_NEW}")  # checkpoints and forces the file to disk


def _rows(con: DuckDBPyConnection, database: str) -> dict[str, tuple[int, int, int]]:
    """Rows, columns and described columns of every table."""
    tables = con.execute(
        "select schema_name, table_name, count(*), count(comment) from duckdb_columns() "
        "where database_name = $database and not internal group by all",
        {"database": database},
    ).fetchall()
    found = {}
    for schema, table, columns, comments in tables:
        name = f"{quoted(database)}.{quoted(schema)}.{quoted(table)}"
        row = con.execute(f"select count(*) from {name}").fetchone()  # noqa: S608  catalog names, quoted
        found[f"{schema}.{table}"] = (int(row[0]) if row else 0, int(columns), int(comments))
    return found
