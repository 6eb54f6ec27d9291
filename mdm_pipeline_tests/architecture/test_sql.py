"""Every `.sql` file binds on an empty hub, and reads and writes only what its room may."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub import sql as sql_module
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.contract import TABLES
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.stage_run import run_stage

PACKAGE = Path(__file__).parents[2] / "mdm_pipeline"
FILES = sorted(PACKAGE.rglob("*.sql"))
STAGES = ("landing", "staging", "quality", "matching", "master", "mart", "publish")
ROOMS = (*STAGES, "stewardship")
CONTRACT = {table.full_name: table for table in TABLES}
ORDER = ("landing", "staging", "quality", "matching", "master", "mart", "publish")


# run only where there are rows to train on, or rows that fail a rule; the end-to-end tests run them
NEED_ROWS = {"matching/frequency_count.sql", "quality/failing_add.sql", "quality/looked_at_create.sql"}

# history that operations may delete (never write): `operations.retention` says how long it is kept
HISTORY = {"landing.version", "quality.validation_run", "quality.expectation_result"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def tables_of(statement: exp.Expression) -> tuple[set[str], set[str]]:
    """Qualified tables that a statement writes, and those it reads."""
    target = None
    if isinstance(statement, exp.Insert | exp.Create | exp.Delete | exp.Update | exp.Merge | exp.Drop):
        target = statement.this.find(exp.Table) if not isinstance(statement.this, exp.Table) else statement.this
    written = {f"{target.db}.{target.name}"} if target is not None and target.db else set()
    read = {f"{t.db}.{t.name}" for t in statement.find_all(exp.Table) if t is not target and t.db}
    return written, read


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_writes_only_its_own_tables_and_reads_only_what_stands_before_it(path: Path) -> None:
    room = room_of(path)
    for statement in sqlglot.parse(path.read_text(encoding="utf-8"), dialect="duckdb"):
        if statement is None:
            continue
        written, read = tables_of(statement)
        for name in written:
            is_history = room == "operations" and isinstance(statement, exp.Delete) and name in HISTORY
            if name in CONTRACT and not is_history:
                writer = CONTRACT[name].writer
                allowed = (room,) if room in ROOMS else ("hub",)
                assert writer in (*allowed, "*"), f"{path.name} writes {name}, which belongs to {writer}"
        for name in read & CONTRACT.keys():
            schema = CONTRACT[name].schema
            if room in STAGES and schema in ORDER and room != "quality":
                # the crosswalk is read by quality (an update never removes a known customer): state of earlier runs
                assert ORDER.index(schema) <= ORDER.index(room), f"{path.name} in {room} reads {name} from behind it"


def test_every_sql_file_of_the_stages_binds_on_an_empty_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All stages run over nothing: an unknown column or table shows before any data does."""
    home = Home(tmp_path)
    home.create()
    run: set[Path] = set()
    read = sql_module.sql_text

    def noted(path: Path) -> str:
        run.add(Path(path))
        return read(path)

    monkeypatch.setattr(sql_module, "sql_text", noted)
    stages = company_stages(load_company("demo"), home)
    with open_hub(home.hub_file) as hub:
        for name, stage in stages.items():
            if not name.startswith("landing."):
                run_stage(hub, stage, run_id="empty", as_of=datetime(2026, 11, 23, tzinfo=UTC), is_full=True)
    expected = {p for p in FILES if room_of(p) in ROOMS and room_of(p) != "landing"}
    not_run = {str(p.relative_to(PACKAGE)) for p in expected - run}
    assert not_run <= NEED_ROWS
