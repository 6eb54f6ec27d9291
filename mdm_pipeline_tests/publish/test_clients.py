"""The published file opens in every DuckDB client that analysts have, also while a run is writing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mdm_pipeline import demo
from mdm_pipeline.hub.connection import Home
from mdm_pipeline_tests.end_to_end.conftest import run_on

CLIENTS = ("1.1.3", "1.4.4", "1.5.5", "2.0.0")
READER = """
import duckdb, sys
seen = set()
for _ in range(int(sys.argv[2])):
    con = duckdb.connect(sys.argv[1], read_only=True)
    customers, = con.execute("select count(*) from customers").fetchone()
    view, = con.execute("select count(*) from customer_360").fetchone()
    codes, = con.execute("select count(distinct master_id) from crosswalk").fetchone()
    tables = con.execute("select table_name from duckdb_tables()").fetchall()
    for (name,) in tables:
        con.execute(f'select * from "{name}" limit 1').fetchall()
    assert customers == view == codes > 0, (customers, view, codes)
    found = con.execute("select count(*) from find_customer('a')").fetchone()
    seen.add((customers, len(tables)))
    con.close()
print(duckdb.__version__, sorted(seen))
"""


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each client's wheel in a folder of its own."""
    root = tmp_path_factory.mktemp("clients")
    for version in CLIENTS:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", root / version, f"duckdb=={version}", "pytz"],
            check=True,
        )
    return {version: root / version for version in CLIENTS}


def read(client: Path, published: Path, times: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READER, str(published), str(times)],
        env={"PYTHONPATH": str(client), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("version", CLIENTS)
def test_every_client_reads_whole_tables_while_runs_are_writing(
    version: str, clients: dict[str, Path], tmp_path: Path
) -> None:
    data, home = tmp_path / "data", Home(tmp_path / "home")
    demo.generate(data, customers=150, seed=11)
    assert run_on(data, home).success
    stop = threading.Event()

    def keep_writing() -> None:
        day = 0
        while not stop.is_set():
            day += 1
            demo.next_day(data, data, seed=day)
            assert run_on(data, home, as_of=f"2026-12-{day:02}").success

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        said = read(clients[version], home.published_file, times=60)
    finally:
        stop.set()
        writer.join()
    assert said.startswith(version)
