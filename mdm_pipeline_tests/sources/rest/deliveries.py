"""Sources of kind rest for the tests, and their deliveries read to the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.sources.delivery import Delivery, Place, Since
from mdm_pipeline.sources.read import open_source

NIGHT = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
EVENT = {"entity": "product", "columns": {"product_no": "id"}}
QUICK = {"attempts": 3, "first_wait": 0.01, "longest_wait": 2}


@dataclass(frozen=True)
class Read:
    """A delivery with everything in it read."""

    delivery: Delivery
    rows: list[dict[str, str | None]]
    deleted: list[dict[str, str | None]] | None
    present: list[dict[str, str | None]] | None

    def column(self, name: str) -> list[str | None]:
        return [row[name] for row in self.rows]


def rest_source(url: str, rest: dict[str, Any], connection: dict[str, Any] | None = None, **table: Any) -> SourceConfig:
    """A source `api` with one table `item`."""
    return SourceConfig.model_validate(
        {
            "name": "api",
            "time_zone": "Asia/Shanghai",
            "connection": {"kind": "rest", "base_url": url, "retries": QUICK, **(connection or {})},
            "tables": {"item": {"key": ["id"], "event": EVENT, "rest": rest, **table}},
        }
    )


def read(source: SourceConfig, watermark: str | None = None, table: str | None = None, *, full: bool = False) -> Read:
    """One table as a run would read it."""
    with open_source(source, Place(Path(), None, NIGHT)) as reader:
        delivery = reader.read(table or next(iter(source.tables)), Since(watermark=watermark, is_full=full))
        return whole(delivery)


def whole(delivery: Delivery) -> Read:
    """A delivery's parts in the order in which landing reads them."""

    def rows(batches: Any) -> list[dict[str, str | None]]:
        return [row for batch in batches for row in batch.to_pylist()]

    taken = rows(delivery.batches)
    deleted = None if delivery.deleted_keys is None else _bare(rows(delivery.deleted_keys))
    present = None if delivery.present_keys is None else _bare(rows(delivery.present_keys))
    return Read(delivery, taken, deleted, present)


def _bare(rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    return [{k: v for k, v in row.items() if k != "_location"} for row in rows]
