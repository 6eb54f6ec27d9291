"""kill -9 of the command line: the next run completes by itself and ends where an undisturbed run ends."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.diff import diff
from mdm_pipeline_tests.end_to_end.conftest import SecondDay, run_on
from mdm_pipeline_tests.end_to_end.forking import Forker
from mdm_pipeline_tests.end_to_end.test_demo_company import ask

STAGES = (
    "landing.crm",
    "landing.erp",
    "landing.finance",
    "steward",
    "staging",
    "quality",
    "matching",
    "master",
    "mart",
    "publish",
)
KILLS_PER_STAGE = 10
READER = """
import os, pathlib, sys, time
import duckdb
seen, parent = set(), os.getppid()
print("reading", flush=True)
while os.getppid() == parent and not pathlib.Path(sys.argv[2]).exists():
    con = duckdb.connect(sys.argv[1], read_only=True)
    row = con.execute("select (select generation from generation), (select count(*) from customers), "
                      "(select count(*) from customer_360), (select count(*) from crosswalk)").fetchone()
    con.close()
    seen.add(row)
    time.sleep(0.02)
print(sorted(seen))
"""


def assert_as_undisturbed(second_day: SecondDay, home: Home) -> None:
    assert diff(second_day.twin.hub_file, home.hub_file) == []
    assert diff(second_day.twin.published_file, home.published_file) == []
    left = [
        p.name for p in home.root.rglob("*") if p.suffix in {".tmp", ".building", ".copying", ".compacting", ".wal"}
    ]
    assert left == []
    assert ask(home.hub_file, "select count(*) as n from hub.run where outcome = 'running'") == [{"n": 0}]


def is_running(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def wait_for_line(out: Path, start: str, is_alive: Callable[[], bool], limit_s: float = 600.0) -> None:
    """Until the run has said that a stage has ended."""
    until = time.monotonic() + limit_s
    while not any(line.startswith(start) for line in out.read_text(encoding="utf-8").splitlines()):
        assert is_alive(), out.read_text(encoding="utf-8")
        assert time.monotonic() < until, out.read_text(encoding="utf-8")
        time.sleep(0.005)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Callable[[Home], Callable[[], list[tuple[int, ...]]]]]:
    """Starts a reader of a home's published file; what it returns ends it and gives every state it saw."""
    processes: list[subprocess.Popen[str]] = []

    def start(home: Home) -> Callable[[], list[tuple[int, ...]]]:
        stop = tmp_path / f"stop{len(processes)}"
        process = subprocess.Popen(
            [sys.executable, "-c", READER, str(home.published_file), str(stop)], stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"

        def end() -> list[tuple[int, ...]]:
            stop.touch()
            said, _ = process.communicate(timeout=30)
            assert process.returncode == 0, "a reader failed"
            return list(eval(said))

        return end

    yield start
    for process in processes:
        process.kill()


def published(home: Home) -> tuple[int, ...]:
    row = ask(
        home.published_file,
        "select (select generation from generation) g, (select count(*) from customers) c, "
        "(select count(*) from customer_360) t, (select count(*) from crosswalk) x",
    )[0]
    return tuple(int(str(value)) for value in row.values())


def test_a_run_killed_in_landing_and_in_publishing_completes_the_next_time(
    second_day: SecondDay, tmp_path: Path, reader: Callable[[Home], Callable[[], list[tuple[int, ...]]]]
) -> None:
    home = second_day.home(tmp_path / "home")
    before = published(home)
    end_reader = reader(home)
    moments = random.Random(4)
    for stage_before, stage in (("landing.crm", "landing.erp"), ("mart", "publish")):
        out = tmp_path / "out"
        with out.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "mdm_pipeline", *second_day.args(home)],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **second_day.environment},
            )
        wait_for_line(out, stage_before, partial(is_running, process))
        time.sleep(moments.uniform(0, second_day.seconds[stage]))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert run_on(second_day.data, home, as_of="2026-11-24").success
    assert_as_undisturbed(second_day, home)
    assert set(end_reader()) <= {before, published(home)}


def test_a_run_on_a_destroyed_hub_starts_from_the_spare_copy(second_day: SecondDay, tmp_path: Path) -> None:
    home = second_day.home(tmp_path / "home")
    home.hub_file.write_bytes(b"overwritten by a careless copy" * 1000)
    assert run_on(second_day.data, home, as_of="2026-11-24").success
    assert_as_undisturbed(second_day, home)
    assert ask(home.hub_file, "select what from audit.event where who = 'hub'") == [{"what": "spare copy brought back"}]


@pytest.fixture(scope="module")
def forker(second_day: SecondDay) -> Iterator[Forker]:
    forker = Forker(second_day.environment)
    yield forker
    forker.close()


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_ten_kills_in_every_stage(
    second_day: SecondDay,
    forker: Forker,
    stage: str,
    tmp_path: Path,
    reader: Callable[[Home], Callable[[], list[tuple[int, ...]]]],
) -> None:
    """Moments spread over the stage, every second one in its commit or checkpoint; one run then completes each home."""
    eve = second_day.home(tmp_path / "eve")
    out = tmp_path / "out"
    place = STAGES.index(stage)
    if place > 4:  # the slow stages before it are done once, not ten times
        pid = forker.start(second_day.args(eve), out.absolute())
        wait_until_exists(out)
        wait_for_line(out, STAGES[place - 1], lambda: True)
        forker.kill(pid)
    moments = random.Random(place)
    kills = past_the_end = homes = healed = 0
    slowest = 0.0
    while kills < KILLS_PER_STAGE:
        home = Home(shutil.copytree(eve.root, tmp_path / f"home{homes}"))
        homes += 1
        before = published(home)
        end_reader = reader(home)
        for _ in range(min(moments.choice((1, 2, 3, 4)), KILLS_PER_STAGE - kills)):  # so many in a row
            out = tmp_path / f"out{kills}"
            pid = forker.start(second_day.args(home), out)
            wait_until_exists(out)
            if place:
                wait_for_line(out, STAGES[place - 1], lambda: True)
            else:
                time.sleep(0.8)  # before it there is only Dagster's own start
            if kills % 2:
                wait_for_commit(home, out, stage)
                time.sleep(moments.uniform(0, 0.05))
            else:
                share = (kills + moments.random()) / KILLS_PER_STAGE
                time.sleep(share * second_day.seconds[stage])
            assert forker.kill(pid) == -signal.SIGKILL
            kills += 1
            if any(line.startswith(stage) for line in out.read_text(encoding="utf-8").splitlines()):
                past_the_end += 1
                break
        started = time.monotonic()
        assert forker.wait(forker.start(second_day.args(home), out)) == 0, out.read_text(encoding="utf-8")
        slowest = max(slowest, time.monotonic() - started)
        assert_as_undisturbed(second_day, home)
        assert set(end_reader()) <= {before, published(home)}
        healed += int(str(ask(home.hub_file, "select count(*) as n from audit.event where who = 'hub'")[0]["n"]))
        shutil.rmtree(home.root)
    print(
        f"\nKILLS {stage}: {kills} kills, {past_the_end} of them past its end, {homes} homes completed, "
        f"{healed} logs set aside, slowest completion {slowest:.1f} s, load {os.getloadavg()[0]:.1f}"
    )
    assert slowest < 60 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # a few seconds on an idle machine


def wait_for_commit(home: Home, out: Path, stage: str, limit_s: float = 600.0) -> None:
    """Until the stage writes the log, which it does only in its commit (or has ended without writing)."""
    log = home.hub_file.with_name(home.hub_file.name + ".wal")
    until = time.monotonic() + limit_s
    size = before = _size(log)
    while size < before + 2000 and time.monotonic() < until:
        if any(line.startswith(stage) for line in out.read_text(encoding="utf-8").splitlines()):
            return
        time.sleep(0.001)
        size = _size(log)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def wait_until_exists(path: Path) -> None:
    while not path.exists():
        time.sleep(0.005)
