"""Hub, decisions and configuration come back as they were; a damaged archive is refused."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home, HubLocked, open_hub
from mdm_pipeline.hub.diff import diff
from mdm_pipeline.hub.spare import keep_spare
from mdm_pipeline.operations.backup import ArchiveUnusable, HomeInUse, NothingToBackUp, back_up, read_manifest, restore
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.stage_run import run_stage
from mdm_pipeline.stewardship.store import Decision, DecisionStore

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
AS_OF = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def config() -> CompanyConfig:
    return load_company("demo")


@pytest.fixture(scope="module")
def home(config: CompanyConfig, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose landing and staging have run, with one decision and a spare copy of the state before staging."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.create()
    store = DecisionStore(home.decision_store_url)
    store.add(Decision("judgement", "crm.account:A1", "lin", "erp.customers:K1", "match", why="same tax number"))
    store.close()
    stages = company_stages(config, home)
    with open_hub(home.hub_file) as hub:
        for name in ("steward", "landing.erp"):
            run_stage(hub, stages[name], run_id="first", as_of=AS_OF)
        keep_spare(hub.con, home.hub_file)
        run_stage(hub, stages["staging"], run_id="first", as_of=AS_OF)
    return home


@contextmanager
def held(home: Home) -> Iterator[None]:
    """As by a run in another process."""
    program = f"import duckdb; c = duckdb.connect({str(home.hub_file)!r}); print('held', flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.communicate("\n")


@pytest.mark.parametrize("name", ["monday.tar.gz", "monday.tar"])
def test_a_restored_home_is_the_one_that_was_backed_up(
    name: str, home: Home, config: CompanyConfig, tmp_path: Path
) -> None:
    archive = tmp_path / name
    taken = back_up(home, config, archive, at=NOW)
    assert (taken.company, taken.generation, taken.origin, taken.decisions_from) == ("demo", 2, "hub", "home")
    assert read_manifest(archive) == taken
    other = Home(tmp_path / "other")
    assert restore(archive, other) == taken
    assert diff(home.hub_file, other.hub_file) == []
    decisions = [DecisionStore(h.decision_store_url).history() for h in (home, other)]
    assert decisions[0] == decisions[1]
    assert len(decisions[0]) == 1
    restored = load_company(other.root / "configuration")
    assert restored.model_dump(exclude={"folder"}) == config.model_dump(exclude={"folder"})
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["other", name])


def test_while_a_run_holds_the_hub_the_state_of_the_last_good_run_is_taken(
    home: Home, config: CompanyConfig, tmp_path: Path
) -> None:
    archive = tmp_path / "running.tar.gz"
    with held(home):
        taken = back_up(home, config, archive, at=NOW)
    assert (taken.generation, taken.origin) == (1, "spare")
    other = Home(tmp_path / "other")
    restore(archive, other)
    changed = {d.table for d in diff(other.hub_file, home.hub_file)}
    assert changed
    assert all(table.startswith(("staging.", "quality.")) for table in changed)


def test_without_a_spare_copy_it_waits_for_the_run_and_then_names_it(config: CompanyConfig, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    open_hub(home.hub_file).close()
    with held(home), pytest.raises(HubLocked, match="held by process"):
        back_up(home, config, tmp_path / "x.tar", at=NOW, wait_s=0.3)
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


def test_a_home_in_use_is_never_overwritten(home: Home, config: CompanyConfig, tmp_path: Path) -> None:
    archive = tmp_path / "x.tar"
    back_up(home, config, archive, at=NOW)
    with pytest.raises(HomeInUse, match="has a hub already"):
        restore(archive, home)


def test_a_damaged_archive_is_refused_and_leaves_nothing_behind(
    home: Home, config: CompanyConfig, tmp_path: Path
) -> None:
    archive = tmp_path / "x.tar"
    back_up(home, config, archive, at=NOW)
    content = bytearray(archive.read_bytes())
    with tarfile.open(archive) as tar:
        start = tar.getmember("mdm.duckdb").offset_data
    content[start + 300_000] ^= 0xFF
    archive.write_bytes(content)
    other = Home(tmp_path / "other")
    with pytest.raises(ArchiveUnusable, match=r"mdm\.duckdb is damaged"):
        restore(archive, other)
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(ArchiveUnusable, match="expected what mdm backup wrote"):
        restore(archive, other)
    archive.write_bytes(b"a letter")
    with pytest.raises(ArchiveUnusable, match="expected what mdm backup wrote"):
        restore(archive, other)
    assert list(other.root.iterdir()) == []


def test_a_home_without_hub_has_nothing_to_back_up(config: CompanyConfig, tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUp, match="mdm run"):
        back_up(Home(tmp_path), config, tmp_path / "x.tar", at=NOW)


def test_decisions_on_a_server_come_into_the_archive(home: Home, config: CompanyConfig, tmp_path: Path) -> None:
    """The same way for every SQLAlchemy URL: the table is read, not the file copied."""
    from mdm_pipeline.operations.backup import _copy_from_server

    _copy_from_server(home.decision_store_url, tmp_path / "copy.sqlite")
    copy = DecisionStore(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    assert copy.history() == DecisionStore(home.decision_store_url).history()
