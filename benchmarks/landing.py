"""Landing a PostgreSQL table: against DuckDB's bare scan, by cursor, by full compare, and through the Python driver.

    python -m benchmarks.landing --records 1000000 --seed 1

Starts a PostgreSQL of its own (a server's programs have to be installed), fills one table of 12 columns and lands it
with the function behind `mdm run`, each time into a new hub. Prints what it does, then one line of JSON:
scan_ratio (wall: our landing, commit and checkpoint included, over a bare `create table as` of the same
`postgres_query`, both into a new file; median of --rounds), delta_ratio (a night with 1 % changed rows by cursor over
the full landing), full_compare_ratio (the same by reading and comparing everything), generic_peak_mb (peak memory of a
process that lands the table through SQLAlchemy with DuckDB held to --memory-limit) and, with --five-times,
generic_peak_mb_5x for five times the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import psycopg2
from sqlalchemy.engine import make_url

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.connection import Hub, open_hub
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.landing.stage import LandingSection, land
from mdm_pipeline.orchestration.stage_run import Outcome, run_stage
from mdm_pipeline.sources.database_scan import ScanSession
from mdm_pipeline.sources.delivery import Place, Since
from mdm_pipeline.sources.read import open_source

if TYPE_CHECKING:
    from mdm_pipeline_tests.orchestration.services import Postgres

FIRST_NIGHT = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
CHANGED_SHARE = 0.01
# of the last round; steadier than wall time on a busy machine, but without what the server does
CPU_SECONDS: dict[str, float] = {}
TABLE = """
create table account as
select
    i::bigint as account_id,
    '上海第' || i || '贸易有限公司' as name,
    'T' || md5((i * $seed)::text) as short_name,
    '9131' || lpad(i::text, 14, '0') as tax_id,
    '1' || lpad((i::bigint * 7919 % 10000000000)::text, 10, '3') as phone,
    'user' || i || '@example' || (i % 1000) || '.com' as email,
    (i % 999) || ' 号 南京西路 ' || md5((i * 3)::text) as address,
    (array['上海', '北京', '广州', '深圳'])[1 + i % 4] as city,
    (array['A', 'B', 'C'])[1 + i % 3] as industry,
    (i * 1.37)::numeric(18, 2) as credit_limit,
    timestamp '2020-01-01' + i * interval '1 minute' as created_at,
    timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second' as updated_at
from generate_series(1, $records) as i
"""


def main() -> None:
    """Start the server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-limit", default="200MB", help="DuckDB's limit in the process of the generic path")
    parser.add_argument("--five-times", action="store_true", help="also the generic path with five times the rows")
    parser.add_argument("--only", choices=("scan", "generic"), help="one half of it")
    parser.add_argument("--land-generic", nargs=2, metavar=("URL", "HUB"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.land_generic:
        land_generic(*arguments.land_generic, memory_limit=arguments.memory_limit)
        return
    # not above: it brings Dagster and more into a process whose memory is measured
    from mdm_pipeline_tests.orchestration.services import Postgres, server_binaries

    binaries = server_binaries()
    if binaries is None:
        sys.exit("no PostgreSQL server programs on this machine; install postgresql")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        server = Postgres(binaries, Path(folder) / "server")
        server.start()
        try:
            fill(server, arguments.records, arguments.seed)
            if arguments.only != "generic":
                figures |= measure_scan(server, Path(folder), arguments.rounds)
            if arguments.only != "scan":
                figures["generic_peak_mb"] = generic_peak_mb(server, Path(folder), arguments.memory_limit)
            if arguments.five_times:
                fill(server, arguments.records * 5, arguments.seed)
                figures["generic_peak_mb_5x"] = generic_peak_mb(server, Path(folder), arguments.memory_limit)
        finally:
            server.stop()
    load = round(os.getloadavg()[1], 2)
    print(json.dumps(figures | {"records": arguments.records, "seed": arguments.seed, "load_average": load}))


def url_of(server: Postgres) -> str:
    """The server's SQLAlchemy URL."""
    return f"postgresql+psycopg2://mdm:{quote(server.password, safe='')}@127.0.0.1:{server.port}/postgres"


def source_of(url: str, *, has_cursor: bool, is_fast: bool = True) -> SourceConfig:
    """A source `crm` with the one table."""
    table: dict[str, Any] = {
        "key": ["account_id"],
        "event": {"entity": "product", "columns": {"product_code": "account_id"}},
    }
    if has_cursor:
        table |= {"cursor": {"column": "updated_at", "lag": "PT15M"}, "deletes": "never"}
    connection = {"kind": "sql", "url": url, "fast_path": is_fast}
    return SourceConfig.model_validate({"name": "crm", "connection": connection, "tables": {"account": table}})


def fill(server: Postgres, records: int, seed: int) -> None:
    """The table anew, with an index on its cursor."""
    run(server, "drop table if exists account")
    run(server, TABLE.replace("$seed", str(seed)).replace("$records", str(records)))
    run(server, "create index on account (updated_at)")
    run(server, "analyze account")


def run(server: Postgres, statement: str) -> None:
    """One statement as the source's own application."""
    with closing(
        psycopg2.connect(host="127.0.0.1", port=server.port, user="mdm", password=server.password, dbname="postgres")
    ) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


def change(server: Postgres, night: int) -> None:
    """What a day brings: 1 % of the rows changed after everything else."""
    run(
        server,
        f"update account set phone = '13' || (account_id % 900000000 + {night}), "
        "updated_at = (select max(updated_at) from account) + interval '1 hour' "
        f"where account_id % {round(1 / CHANGED_SHARE)} = {night}",
    )


def measure_scan(server: Postgres, folder: Path, rounds: int) -> dict[str, Any]:
    """Bare scan and landing in turns, each landing followed by its two kinds of second night."""
    seconds: dict[str, list[float]] = {"bare": [], "full": [], "delta": [], "compare": []}
    for number in range(1, rounds + 1):
        seconds["bare"].append(bare_scan(server, folder / f"bare{number}.duckdb"))
        by_cursor = night_pair(server, folder / f"cursor{number}.duckdb", has_cursor=True, number=2 * number)
        by_compare = night_pair(server, folder / f"compare{number}.duckdb", has_cursor=False, number=2 * number + 1)
        seconds["full"].append(by_compare[0])
        seconds["delta"].append(by_cursor[1])
        seconds["compare"].append(by_compare[1])
        print({name: round(values[-1], 2) for name, values in seconds.items()}, "cursor, full:", round(by_cursor[0], 2))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "scan_ratio": round(median["full"] / median["bare"], 3),
        "delta_ratio": round(median["delta"] / median["full"], 4),
        "full_compare_ratio": round(median["compare"] / median["full"], 3),
    } | {
        **{f"{name}_s": round(value, 2) for name, value in median.items()},
        **{f"{name}_cpu_s": round(value, 2) for name, value in CPU_SECONDS.items()},
    }


def bare_scan(server: Postgres, path: Path) -> float:
    """`create table as` of the statement that landing sends, with nothing else around it."""
    source = source_of(url_of(server), has_cursor=False)
    with open_source(source, Place(path.parent, None, FIRST_NIGHT)) as reader:
        scan = reader.read("account", Since()).scan
        select = scan.select  # type: ignore[union-attr]
    with closing(duckdb.connect(str(path), config={"checkpoint_threshold": "8GB"})) as con:
        con.execute("set preserve_insertion_order = false")
        session = ScanSession("crm", make_url(url_of(server)), None, ())
        session.connection(con)
        started, cpu = time.monotonic(), time.process_time()
        con.execute(f"create table account as {session.statement(select)}")
        con.execute("checkpoint")
        seconds = time.monotonic() - started
        CPU_SECONDS["bare"] = time.process_time() - cpu
        session.close()
    path.unlink()
    return seconds


def night_pair(server: Postgres, path: Path, *, has_cursor: bool, number: int) -> tuple[float, float]:
    """Seconds of the first landing of everything, and of the night after, in which 1 % changed."""
    source = source_of(url_of(server), has_cursor=has_cursor)
    with open_hub(path) as hub:
        cpu = time.process_time()
        full, _ = landed(hub, source, 0)
        CPU_SECONDS["full"] = time.process_time() - cpu
        change(server, number)
        cpu = time.process_time()
        second, outcome = landed(hub, source, 1)
        CPU_SECONDS["delta" if has_cursor else "compare"] = time.process_time() - cpu
    (counts,) = outcome.report.tables.values()
    total = server.query("select count(*), count(*) filter (where account_id %% 100 = %s) from account", number)[0]
    assert counts.updated == total[1], (counts, total)
    path.unlink()
    return full, second


def landed(hub: Hub, source: SourceConfig, night: int) -> tuple[float, Outcome]:
    """One run of the source's landing stage, commit and checkpoint included."""
    stage = Stage("landing.crm", land, LandingSection(source, hub.path.parent), fingerprint="1")
    started = time.monotonic()
    outcome = run_stage(hub, stage, run_id=f"night-{night}", as_of=FIRST_NIGHT + timedelta(days=night))
    seconds = time.monotonic() - started
    assert not outcome.held_back, outcome.held_back
    return seconds, outcome


def generic_peak_mb(server: Postgres, folder: Path, memory_limit: str) -> float:
    """Peak memory of a process of its own that lands the table through the Python driver."""
    hub = folder / "generic.duckdb"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.landing", "--memory-limit", memory_limit]
        + ["--land-generic", url_of(server), str(hub)],
        check=True,
        capture_output=True,
        text=True,
    )
    hub.unlink()
    told = json.loads(done.stdout.splitlines()[-1])
    print("generic:", told)
    return float(told["peak_mb"])


def land_generic(url: str, path: str, *, memory_limit: str) -> None:
    """In the process of its own."""
    started = time.monotonic()
    with open_hub(Path(path), memory_limit=memory_limit) as hub:
        _, outcome = landed(hub, source_of(url, has_cursor=False, is_fast=False), 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({"peak_mb": round(peak), "rows": outcome.report.read, "seconds": seconds}))


if __name__ == "__main__":
    main()
