"""Who edits a room's SQL or rules must say whether stored rows are affected: STAGE_VERSION is pinned to their hash."""

from __future__ import annotations

import hashlib
import sys
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "mdm_pipeline"
PINNED = Path(__file__).parent / "stage_versions.txt"
ROOMS = ("landing", "staging", "quality", "matching", "master", "mart", "publish")


def present(room: str) -> str:
    files = sorted((PACKAGE / room).rglob("*.sql"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    return f"{room} {import_module(f'mdm_pipeline.{room}.stage').STAGE_VERSION} {digest}"


@pytest.mark.parametrize("room", ROOMS)
def test_the_stage_version_is_that_of_the_rooms_sql(room: str) -> None:
    pinned = dict(line.split(" ", 1) for line in PINNED.read_text(encoding="utf-8").splitlines())
    assert present(room) == f"{room} {pinned[room]}", (
        f"SQL of {room} changed. If rows that are stored would come out differently, raise STAGE_VERSION in "
        f"mdm_pipeline/{room}/stage.py; then run `python -m mdm_pipeline_tests.architecture.test_stage_versions`"
    )


if __name__ == "__main__":
    PINNED.write_text("".join(present(room) + "\n" for room in ROOMS), encoding="utf-8")
    sys.stdout.write(f"written: {PINNED.name}\n")
