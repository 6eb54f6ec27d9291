"""`landing.batch`: one row per delivery taken, and one per source held back.

In: counts of a delivery, or a reason. Out: a ledger row. Invariant: a taken batch balances (read = inserted
+ updated + unchanged + rejected); a delivery that told nothing new has no row. Does not belong here:
reading and comparing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.sources.delivery import FileTaken

_HERE = Path(__file__).parent
WHOLE_SOURCE = "*"


@dataclass(frozen=True)
class Taken:
    """What one delivery of one table did, in rows.

    Args:
        is_read: False where the raw content was the last one's, so that no row was read.
        live: rows in force afterwards.
        mode: whether everything was read, or what changed since the last time.
        watermark: highest cursor value taken.
        notes: what people should know about how it was read.
    """

    table: str
    is_read: bool = True
    read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    rejected: int = 0
    files: tuple[FileTaken, ...] = ()
    live: int | None = None
    mode: str = "none"
    watermark: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """Rows of the landed table that were written."""
        return self.inserted + self.updated + self.deleted


def next_batch_id(con: DuckDBPyConnection) -> int:
    """The id of the next delivery."""
    row = con.execute("select coalesce(max(batch_id), 0) + 1 from landing.batch").fetchone()
    return int(row[0]) if row else 1


def last_content_hash(con: DuckDBPyConnection, source: str, table: str) -> str | None:
    """Content hash of the last delivery of this table that was taken."""
    row = run_sql(con, _HERE / "last_content_hash.sql", {"source": source, "source_table": table}).fetchone()
    return row[0] if row else None


def record_taken(
    con: DuckDBPyConnection,
    source: str,
    taken: Taken,
    *,
    batch_id: int,
    run_id: str,
    as_of: datetime,
    content_hash: str | None,
    reason: str | None = None,
) -> None:
    """Write the ledger row of a delivery (or of another change to all rows of a table, with its reason)."""
    _write(
        con,
        {
            "batch_id": batch_id,
            "source": source,
            "source_table": taken.table,
            "run_id": run_id,
            "started_at": as_of.replace(tzinfo=None),
            "read": taken.read,
            "inserted": taken.inserted,
            "updated": taken.updated,
            "deleted": taken.deleted,
            "unchanged": taken.unchanged,
            "rejected": taken.rejected,
            "watermark": taken.watermark,
            "files": json.dumps([_told(file) for file in taken.files], ensure_ascii=False) if taken.files else None,
            "content_hash": content_hash,
            "status": "taken",
            "reason": reason,
            "rows_live": taken.live,
            "mode": taken.mode,
        },
    )


def record_held_back(con: DuckDBPyConnection, source: str, reason: str, run_id: str, as_of: datetime) -> None:
    """Write down that a source was held back; called after its transaction was rolled back.

    Args:
        con: the hub.
        source: name of the source.
        reason: `SourceHeldBack.reason`.
        run_id: the run.
        as_of: the run's time, UTC.
    """
    zero = dict.fromkeys(("read", "inserted", "updated", "deleted", "unchanged", "rejected"), 0)
    nothing = dict.fromkeys(("watermark", "files", "content_hash", "rows_live", "mode"), None)
    _write(
        con,
        {
            "batch_id": next_batch_id(con),
            "source": source,
            "source_table": WHOLE_SOURCE,
            "run_id": run_id,
            "started_at": as_of.replace(tzinfo=None),
            **zero,
            **nothing,
            "status": "held_back",
            "reason": reason,
        },
    )


def _told(file: FileTaken) -> dict[str, object]:
    """What the ledger says of a file; its time of change says nothing about a delivery."""
    return {name: value for name, value in asdict(file).items() if name != "modified_ns"}


def _write(con: DuckDBPyConnection, row: dict[str, object]) -> None:
    run_sql(con, _HERE / "batch_insert.sql", row)
