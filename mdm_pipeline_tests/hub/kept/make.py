"""Writes `schema_<version>.duckdb.xz`: a small hub of the present schema, kept for the releases to come.

Run once per schema version, before the next migration is written, and commit the file:
python -m mdm_pipeline_tests.hub.kept.make
"""

from __future__ import annotations

import lzma
import sys
import tempfile
from pathlib import Path

from mdm_pipeline import demo
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.migrations import MIGRATIONS
from mdm_pipeline.operations.compaction import compact
from mdm_pipeline_tests.end_to_end.conftest import run_on

HERE = Path(__file__).parent


def main() -> None:
    target = HERE / f"schema_{len(MIGRATIONS)}.duckdb.xz"
    if target.exists():
        sys.exit(f"{target.name} exists: a kept hub is never rewritten")
    with tempfile.TemporaryDirectory() as name:
        data, home = Path(name) / "data", Home(Path(name) / "home")
        demo.generate(data, customers=10, seed=11)
        if not run_on(data, home).success:
            sys.exit("the run failed")
        with open_hub(home.hub_file) as hub:
            hub.con.execute("delete from matching.model")  # the shipped model, large and known
        compact(home)
        target.write_bytes(lzma.compress(home.hub_file.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
