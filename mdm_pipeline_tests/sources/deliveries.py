"""Source configurations for the tests of connectors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.sources.delivery import Delivery, Place, Since
from mdm_pipeline.sources.read import open_source

EVENT = {"entity": "product", "columns": {"product_code": "id"}}


def files_source(pattern: str, connection: dict[str, Any] | None = None, **table: Any) -> SourceConfig:
    """A source `erp` with one table `customers` of files; nothing is waited for, unless `connection` says so."""
    table = {"key": ["id"], "files": [pattern], "event": EVENT, **table}
    reached = {"kind": "files", "folder": "in", "stable_for": 0, **(connection or {})}
    return SourceConfig.model_validate({"name": "erp", "connection": reached, "tables": {"customers": table}})


def sql_source(url: str, **table: Any) -> SourceConfig:
    """A source `crm` with one table `account` in a database."""
    table = {"key": ["id"], "event": EVENT, **table}
    return SourceConfig.model_validate(
        {"name": "crm", "connection": {"kind": "sql", "url": url}, "tables": {"account": table}}
    )


def peek(source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None = None) -> str | None:
    """What the source's reader says without reading."""
    with open_source(source, Place(data_path, inbox, datetime(2026, 6, 1, tzinfo=UTC))) as reader:
        return reader.peek(table_name)


def read_table(
    source: SourceConfig, table_name: str, data_path: Path, inbox: Path | None = None, since: Since | None = None
) -> Delivery:
    """One table, read to its end while the source was open."""
    with open_source(source, Place(data_path, inbox, datetime(2026, 6, 1, tzinfo=UTC))) as reader:
        delivery = reader.read(table_name, since or Since())
        return replace(delivery, batches=iter(list(delivery.batches)))


def delivered(
    source: SourceConfig, data_path: Path, since: Since | None = None
) -> tuple[Delivery, list[dict[str, str | None]]]:
    """The delivery of the source's only table, and all its rows."""
    delivery = read_table(source, next(iter(source.tables)), data_path, since=since)
    rows = [row for batch in delivery.batches for row in batch.to_pylist()]
    return delivery, rows


def write(data_path: Path, name: str, content: bytes | str) -> Path:
    """A file in the source's folder."""
    path = data_path / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
