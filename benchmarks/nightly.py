"""A year of nights: a demo company lives on for K nights, each run through the whole chain, all in one process.

    python -m benchmarks.nightly --records 20000 --nights 365 --seed 1

The company changes by about 1 % a night (new, changed, deleted, merged) and keeps its size; another process makes its
files, so that memory and handles measured here are the pipeline's own. Every 30th night does the monthly upkeep too.
At the end all derived tables are dropped in a copy, made anew, and compared as `mdm diff` does. Prints nights as they
go, then one line of JSON: last_night_ratio_to_first (wall, median of the last 10 % of nights over the median of the
first 10 %, the founding night left out), hub_growth (the largest hub of the last 30 nights over its compacted size),
memory_growth and handle_growth (after the last night over after the 5th), equals_full_rebuild, and what is behind them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from mdm_pipeline import demo
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.contract import TABLES, Kind
from mdm_pipeline.hub.ddl import quoted_name
from mdm_pipeline.hub.diff import TableDiff, diff
from mdm_pipeline.operations.compaction import compact
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.launcher import RunResult, launch
from mdm_pipeline.orchestration.resource import LAST_STAGE
from mdm_pipeline.orchestration.stage_run import run_stage
from mdm_pipeline.orchestration.upkeep import keep_up_here

FIRST_DAY = date(2026, 11, 23)
SETTLED_AFTER = 5  # imports and first allocations are over
UPKEEP_EVERY = 30
# as many come as go, so that a night that takes longer is not just a bigger company
RATES = demo.DayRates(new_parties=0.002, late_orders=0.001)


@dataclass(frozen=True)
class Night:
    """What one run cost, and what it left behind."""

    wall_s: float
    cpu_s: float
    stages_s: float
    hub_mb: float
    rss_mb: float
    handles: int
    dagster_mb: float
    written: int


def main() -> None:
    """Generate, live through the nights, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000, help="party records over the three systems")
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, help="after so long take no further night; the JSON says how many were"
    )
    parser.add_argument("--folder", type=Path, help="work here and keep everything; by default a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        measure(folder, arguments.records, arguments.nights, arguments.seed, arguments.minutes)


def measure(folder: Path, records: int, nights: int, seed: int, minutes: float | None) -> None:
    """Run the benchmark in a folder."""
    until = time.monotonic() + 60 * minutes if minutes else float("inf")
    data, home = folder / "data", Home(folder / "home")
    os.environ["MDM_DEMO_DATA"] = str(data)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as company:
        company.submit(demo.generate, data, records=records, seed=seed).result()
        founding = live(home, 0)
        tell(0, founding)
        lived = []
        for number in range(1, nights + 1):
            company.submit(demo.next_day, data, data, seed=seed, rates=RATES).result()
            lived.append(live(home, number))
            if number % UPKEEP_EVERY == 0:
                upkeep(home, number)
            if number <= SETTLED_AFTER or number % 10 == 0 or number == nights:
                tell(number, lived[-1])
            if time.monotonic() > until:
                break
    nights = len(lived)
    full = full_run_seconds(folder, nights)
    differences = differences_from_rebuild(home, Home(folder / "rebuilt"), day_of(nights))
    for table in differences:
        print(f"differs: {table.table}: +{table.added} -{table.removed} ~{table.changed} {table.examples[:2]}")
    grown = hub_growth(home, Home(folder / "compacted"), max(night.hub_mb for night in lived[-UPKEEP_EVERY:]))
    print(
        json.dumps(
            figures(lived, founding, full)
            | grown
            | {
                "equals_full_rebuild": not differences,
                "records": records,
                "nights": nights,
                "seed": seed,
                "load_average": round(os.getloadavg()[2], 2),
            }
        )
    )


def live(home: Home, number: int) -> Night:
    """One night through the function behind `mdm run`.

    Raises:
        SystemExit: the run did not come to its end; a benchmark of failed runs means nothing.
    """
    wall, cpu = time.monotonic(), cpu_seconds()
    done = launch(home.root, "demo", as_of=day_of(number).isoformat())
    wall, cpu = time.monotonic() - wall, cpu_seconds() - cpu
    if not done.success or done.held_back:
        sys.exit(f"night {number}: {'; '.join([*done.errors, *done.held_back])}")
    return Night(
        wall,
        cpu,
        done.stage_seconds,
        home.hub_file.stat().st_size / 2**20,
        resident_mb(),
        len(list(Path("/proc/self/fd").iterdir())),
        size_mb(home.dagster),
        written_by(done),
    )


def day_of(number: int) -> datetime:
    """The time of a night's run."""
    day = FIRST_DAY + timedelta(days=number)
    return datetime(day.year, day.month, day.day, 2, 15, tzinfo=UTC)


def upkeep(home: Home, number: int) -> None:
    """What the monthly job does."""
    started = time.monotonic()
    told = keep_up_here(home, load_company("demo"), as_of=day_of(number), wait_s=0)
    print(f"upkeep after night {number}: {told}, {time.monotonic() - started:.1f} s", flush=True)


def tell(number: int, night: Night) -> None:
    """One line of progress."""
    print(
        f"night {number:>4}: {night.wall_s:6.1f} s wall {night.cpu_s:6.1f} s cpu {night.stages_s:6.1f} s in stages, "
        f"{night.written:>7,} rows changed, hub {night.hub_mb:7.1f} MB, dagster {night.dagster_mb:6.1f} MB, "
        f"rss {night.rss_mb:5.0f} MB, {night.handles} handles",
        flush=True,
    )


def full_run_seconds(folder: Path, nights: int) -> float:
    """Wall seconds of a run of everything: the baseline of a night, in this warm process on the same data."""
    other = Home(folder / "founded_anew")
    started = time.monotonic()
    done = launch(other.root, "demo", as_of=day_of(nights).isoformat())
    if not done.success:
        sys.exit(f"full run: {'; '.join(done.errors)}")
    return time.monotonic() - started


def differences_from_rebuild(home: Home, other: Home, as_of: datetime) -> list[TableDiff]:
    """How hub and published file differ from those made anew from landing and state, same model and decisions."""
    other.create()
    shutil.copy(home.hub_file, other.hub_file)
    if home.decisions_file.exists():
        shutil.copy(home.decisions_file, other.decisions_file)
    with open_hub(other.hub_file) as hub:
        for table in TABLES:
            if table.kind is Kind.DERIVED and table.schema != "steward":
                hub.con.execute(f"delete from {quoted_name(table)}")
        hub.con.execute("delete from hub.stage_state")
        for stage in company_stages(load_company("demo"), other).values():
            if stage.upstreams:
                run_stage(hub, stage, run_id="rebuilt", as_of=as_of, is_full=True)
    return diff(other.hub_file, home.hub_file) + diff(other.published_file, home.published_file)


def hub_growth(home: Home, other: Home, largest_mb: float) -> dict[str, float]:
    """The hub's largest size between two upkeeps over that of a compacted copy."""
    other.create()
    shutil.copy(home.hub_file, other.hub_file)
    compacted_mb = compact(other).after / 2**20
    return {"hub_growth": round(largest_mb / compacted_mb, 2), "compacted_mb": round(compacted_mb, 1)}


def figures(lived: Sequence[Night], founding: Night, full_s: float) -> dict[str, float]:
    """Ratios over the nights, and the figures behind them."""
    tenth = max(len(lived) // 10, 1)
    settled, last = lived[min(SETTLED_AFTER, len(lived)) - 1], lived[-1]

    def medians(values: Sequence[float]) -> tuple[float, float]:
        return statistics.median(values[:tenth]), statistics.median(values[-tenth:])

    first_wall, last_wall = medians([night.wall_s for night in lived])
    first_cpu, last_cpu = medians([night.cpu_s for night in lived])
    return {
        "last_night_ratio_to_first": round(last_wall / first_wall, 2),
        "last_night_cpu_ratio_to_first": round(last_cpu / first_cpu, 2),
        "first_nights_s": round(first_wall, 2),
        "last_nights_s": round(last_wall, 2),
        "first_nights_cpu_s": round(first_cpu, 2),
        "last_nights_cpu_s": round(last_cpu, 2),
        "full_run_s": round(full_s, 2),
        "memory_growth": round(last.rss_mb / settled.rss_mb, 3),
        "rss_mb": round(last.rss_mb),
        "handle_growth": round(last.handles / settled.handles, 2),
        "hub_mb": round(last.hub_mb, 1),
        "hub_mb_first": round(founding.hub_mb, 1),
        "dagster_mb": round(last.dagster_mb, 1),
    }


def written_by(done: RunResult) -> int:
    """Rows that the run changed in the hub, over all stages."""
    return sum(outcome.report.written for outcome in done.outcomes if outcome.stage != LAST_STAGE)


def cpu_seconds() -> float:
    """Of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def resident_mb() -> float:
    """Memory of this process that is in RAM now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def size_mb(folder: Path) -> float:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


if __name__ == "__main__":
    main()
