"""Hubs of earlier schema versions, kept as files: each opens, becomes a present one, and keeps its customers."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from mdm_pipeline.hub.connection import open_hub
from mdm_pipeline.hub.ddl import drift
from mdm_pipeline.hub.migrations import MIGRATIONS
from mdm_pipeline_tests.rows import fetch

KEPT = sorted((Path(__file__).parent / "kept").glob("*.xz"))


@pytest.mark.parametrize("packed", KEPT, ids=lambda p: p.name.split(".")[0])
def test_a_kept_hub_is_upgraded_to_the_present_contract(packed: Path, tmp_path: Path) -> None:
    path = tmp_path / "mdm.duckdb"
    path.write_bytes(lzma.decompress(packed.read_bytes()))
    assert packed.stat().st_size < 200_000
    with open_hub(path) as hub, open_hub(tmp_path / "fresh.duckdb") as fresh:
        assert drift(hub.con, fresh.con) == []
        assert fetch(hub.con, "select list(schema_version order by 1) as v from hub.version") == [
            {"v": list(range(1, len(MIGRATIONS) + 1))}
        ]
        (counts,) = fetch(
            hub.con,
            "select (select count(*) from master.customer) as customers, "
            "(select count(*) from master.xref where is_current) as records",
        )
    assert counts["customers"] >= 10
    assert counts["records"] >= counts["customers"]


def test_every_schema_version_has_a_kept_hub() -> None:
    """Before a migration is added, `python -m mdm_pipeline_tests.hub.kept.make` keeps a hub of the present version."""
    kept = {int(p.name.split(".")[0].removeprefix("schema_")) for p in KEPT}
    assert kept >= set(range(1, max(len(MIGRATIONS), 2)))
