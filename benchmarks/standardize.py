"""Staging all fields of N party records beside the plain Splink script matching the same N, in one run.

    python -m benchmarks.standardize --records 1000000 --seed 1
    python -m benchmarks.standardize --records 100000 --restage      # and all keys again, answers remembered or not
    python -m benchmarks.standardize --only stage --folder DIR --profile   # the functions that took the time

A demo company is generated and its party tables landed; that is not measured. Then, each in a process of its own:
staging of everything (commit and checkpoint included), staging of the night after, in which 1 % of the records
changed, the baseline, and each standardizer alone on up to 200,000 distinct values of the company. Prints what it
finds as it goes, then one line of JSON: ratio_to_plain_splink (CPU seconds; `_wall` beside it), delta_ratio (CPU),
rows_per_second (distinct values per CPU second, dict by standardizer), peak_mb, and the seconds behind them.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.baseline_splink import KEY, read_raw
from benchmarks.end_to_end import run_json
from mdm_pipeline import demo
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.evaluation import read_truth
from mdm_pipeline.hub.connection import Hub, open_hub
from mdm_pipeline.hub.contract.landing import landed_column, landed_name
from mdm_pipeline.hub.ddl import quoted
from mdm_pipeline.hub.writing import log_changes
from mdm_pipeline.landing.stage import make_stages as landing_stages
from mdm_pipeline.orchestration.stage_run import Outcome, run_stage
from mdm_pipeline.staging.stage import make_stage as staging_stage
from mdm_pipeline.standardize.addresses import standardize_addresses
from mdm_pipeline.standardize.dates import standardize_dates
from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline.standardize.identifiers import standardize_identifiers
from mdm_pipeline.standardize.organization_names import standardize_organization_names
from mdm_pipeline.standardize.party_types import guess_party_type
from mdm_pipeline.standardize.person_names import standardize_person_names
from mdm_pipeline.standardize.phones import standardize_phones

FIRST_NIGHT = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
CHANGED_SHARE = 100  # every hundredth record
DISTINCT_VALUES = 200_000


@dataclass(frozen=True)
class Rated:
    """What a standardizer is measured on: columns of the raw records, whose name comes first, and which records."""

    inputs: Sequence[pl.Expr | str]
    standardize: Callable[[pl.DataFrame], object]
    of: pl.Expr = pl.lit(True)  # noqa: RUF009  an expression is never changed


@dataclass(frozen=True)
class Clock:
    """Wall and CPU seconds of this process since it was made."""

    wall: float
    cpu: float

    @classmethod
    def started(cls) -> Clock:
        """A clock that begins now."""
        return cls(time.monotonic(), time.process_time())

    def read(self, name: str) -> dict[str, float]:
        """`<name>_seconds` and `<name>_cpu_seconds`."""
        return {
            f"{name}_seconds": round(time.monotonic() - self.wall, 3),
            f"{name}_cpu_seconds": round(time.process_time() - self.cpu, 3),
        }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000, help="party records over the three systems")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="work here and keep the landed hub; by default a temporary folder")
    parser.add_argument("--restage", action="store_true", help="also measure all keys again, with and without memory")
    parser.add_argument("--profile", action="store_true", help="print where staging spends its time")
    parser.add_argument("--only", choices=list(PARTS), help="this part alone, in this process")
    arguments = parser.parse_args()
    if arguments.only:
        os.environ["MDM_DEMO_DATA"] = str(arguments.folder / "data")
        figures = PARTS[arguments.only](arguments.folder, arguments)
        print(json.dumps(figures))
        return
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(measure(arguments.folder or Path(temporary), arguments)))


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run every part and relate them."""
    figures: dict[str, Any] = {}
    for part in PARTS if arguments.restage else [name for name in PARTS if name != "restage"]:
        program = [sys.executable, "-m", "benchmarks.standardize", "--only", part, "--folder", str(folder)]
        program += ["--records", str(arguments.records), "--seed", str(arguments.seed)]
        told, _, _ = run_json(program, {"MDM_DEMO_DATA": str(folder / "data")})
        print(part, told, flush=True)
        figures |= told
    program = [sys.executable, "-m", "benchmarks.baseline_splink", "--data", str(folder / "data")]
    baseline, _, _ = run_json([*program, "--seed", str(arguments.seed)], {})
    figures |= {name: baseline[name] for name in ("baseline_seconds", "baseline_cpu_seconds")}
    return {
        "ratio_to_plain_splink": round(figures["staging_cpu_seconds"] / figures["baseline_cpu_seconds"], 3),
        "ratio_to_plain_splink_wall": round(figures["staging_seconds"] / figures["baseline_seconds"], 3),
        "delta_ratio": round(figures["delta_cpu_seconds"] / figures["staging_cpu_seconds"], 4),
        "delta_ratio_wall": round(figures["delta_seconds"] / figures["staging_seconds"], 4),
        **figures,
        "records": arguments.records,
        "seed": arguments.seed,
        "load_average": round(os.getloadavg()[1], 2),
    }


def land_company(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """The company's files and a hub in which its party tables are landed; nothing where they are there already."""
    hub_file = folder / "mdm.duckdb"
    if hub_file.exists():
        return {}
    demo.generate(folder / "data", records=arguments.records, seed=arguments.seed)
    with open_hub(hub_file) as hub:
        for stage in landing_stages(party_tables()):
            _run(hub, stage)
    return {}


def stage_company(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Staging of everything, then of the night after."""
    config = party_tables()
    profile = cProfile.Profile()
    with open_hub(folder / "mdm.duckdb") as hub:
        clock = Clock.started()
        if arguments.profile:
            profile.enable()
        full = _run(hub, staging_stage(config), is_full=True)
        profile.disable()
        figures: dict[str, Any] = clock.read("staging")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        changed = change_records(hub, config)
        clock = Clock.started()
        delta = _run(hub, staging_stage(config))
        figures |= clock.read("delta")
    if arguments.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
    assert (full.is_full, delta.is_full, delta.report.read) == (True, False, changed), (full, delta, changed)
    return figures | {"staged_rows": full.report.read, "delta_rows": changed, "peak_mb": peak}


def restage_company(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """All keys again, as after an edit of the rules: without memory, with an empty one, and with a filled one."""
    config, cache = party_tables(), folder / "cache"
    figures: dict[str, Any] = {}
    with open_hub(folder / "mdm.duckdb") as hub:
        for name, place in (("restage", None), ("restage_remembering", cache), ("restage_remembered", cache)):
            clock = Clock.started()
            _run(hub, staging_stage(config, place), is_full=True)
            figures |= clock.read(name)
    kept = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    return figures | {"remembered_mb": round(kept / 2**20, 1)}


def party_tables() -> CompanyConfig:
    """The demo company without its business events."""
    config = load_company("demo")
    sources = [
        source.model_copy(update={"tables": {n: t for n, t in source.tables.items() if t.party is not None}})
        for source in config.sources
    ]
    return config.model_copy(update={"sources": [source for source in sources if source.tables]})


def change_records(hub: Hub, config: CompanyConfig) -> int:
    """What landing would leave of a day in which every hundredth record got another phone and another name."""
    con, changed = hub.con, 0
    con.execute("begin")
    seq = con.execute("select max(seq) + 1 from hub.stage_commit").fetchone()[0]  # type: ignore[index]
    for source in config.sources:
        for name, table in source.tables.items():
            assert table.party is not None
            mapping = table.party.names[0]
            texts = [c for c in (mapping.full, mapping.organization) if c]
            texts += [point.column for point in table.party.contact_points if point.kind == "phone"]
            landed = f"landing.{quoted(landed_name(source.name, name))}"
            sets = ", ".join(f"{quoted(landed_column(c))} = {quoted(landed_column(c))} || '8'" for c in texts)
            some = f"_deleted_at is null and record_id % {CHANGED_SHARE} = 7"
            rows = con.execute(f"update {landed} set {sets} where {some}").fetchone()  # noqa: S608  contract names
            changed += int(rows[0]) if rows else 0
            keys = f"select record_id from {landed} where {some}"  # noqa: S608
            log_changes(con, "landing", f"{source.name}.{name}", keys, seq)
    con.execute(
        "insert into hub.stage_commit values ($seq, 'landing', 'changed', $at, false, 0, 0, 0, 0, 0)",
        {"seq": seq, "at": FIRST_NIGHT.replace(tzinfo=None)},
    )
    con.execute("commit")
    return changed


def rate_standardizers(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Distinct values per CPU second of each standardizer alone; its tables are read before."""
    truth = read_truth(folder / "data" / "truth.csv")
    raw = read_raw(folder / "data").join(
        truth.select("source", pl.col("table").alias("source_table"), "source_key", "party_type"), on=KEY
    )
    return {"rows_per_second": {name: _rate(rated, raw) for name, rated in RATED.items()}}


def _rate(rated: Rated, raw: pl.DataFrame) -> int:
    values = raw.filter(rated.of).select(rated.inputs).filter(pl.nth(0).is_not_null()).unique(maintain_order=True)
    values = values.head(DISTINCT_VALUES)
    rated.standardize(values.head(1_000))
    clock = time.process_time()
    rated.standardize(values)
    return round(values.height / max(time.process_time() - clock, 1e-6))


def _run(hub: Hub, stage: Any, *, is_full: bool = False) -> Outcome:
    outcome = run_stage(hub, stage, run_id="benchmark", as_of=FIRST_NIGHT, is_full=is_full)
    assert not outcome.held_back, outcome.held_back
    return outcome


_NONE = pl.lit(None, dtype=pl.String)
_CHINA = pl.when(pl.col("address").str.contains(r"\p{Han}")).then(pl.lit("CN"))
_PERSON = pl.col("party_type") == "person"
RATED = {
    "person_names": Rated(
        [pl.col("name").alias("full_name"), _NONE.alias("family_name"), _NONE.alias("given_name")],
        standardize_person_names,
        _PERSON,
    ),
    "organization_names": Rated(["name"], lambda f: standardize_organization_names(f["name"]), ~_PERSON),
    "party_types": Rated(["name"], lambda f: guess_party_type(f["name"])),
    "phones": Rated([pl.col("phone").alias("raw"), _CHINA.alias("country")], standardize_phones),
    "emails": Rated(["email"], lambda f: standardize_emails(f["email"])),
    "identifiers": Rated(
        [
            pl.col("tax_id").alias("raw"),
            pl.lit("auto").alias("scheme_hint"),
            _CHINA.alias("country"),
            pl.col("party_type"),
        ],
        standardize_identifiers,
    ),
    "addresses": Rated(
        [
            pl.col("address").alias("raw"),
            _CHINA.alias("country"),
            _NONE.alias("province"),
            pl.col("city"),
            _NONE.alias("district"),
            _NONE.alias("postcode"),
        ],
        standardize_addresses,
    ),
    "dates": Rated(["birth_on"], lambda f: standardize_dates(f["birth_on"])),
}
PARTS: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "land": land_company,
    "stage": stage_company,
    "restage": restage_company,
    "rate": rate_standardizers,
}


if __name__ == "__main__":
    main()
