"""Source configurations for the tests of connectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.sources.read import Delivery, read_table

EVENT = {"entity": "product", "columns": {"product_code": "id"}}


def files_source(pattern: str, **table: Any) -> SourceConfig:
    """A source `erp` with one table `customers` of files."""
    table = {"key": ["id"], "files": [pattern], "event": EVENT, **table}
    return SourceConfig.model_validate(
        {"name": "erp", "connection": {"kind": "files", "folder": "in"}, "tables": {"customers": table}}
    )


def sql_source(url: str, **table: Any) -> SourceConfig:
    """A source `crm` with one table `account` in a database."""
    table = {"key": ["id"], "event": EVENT, **table}
    return SourceConfig.model_validate(
        {"name": "crm", "connection": {"kind": "sql", "url": url}, "tables": {"account": table}}
    )


def delivered(source: SourceConfig, data_path: Path) -> tuple[Delivery, list[dict[str, str | None]]]:
    """The delivery of the source's only table, and all its rows."""
    delivery = read_table(source, next(iter(source.tables)), data_path)
    rows = [row for batch in delivery.batches for row in batch.to_pylist()]
    return delivery, rows


def write(data_path: Path, name: str, content: bytes | str) -> Path:
    """A file in the source's folder."""
    path = data_path / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
