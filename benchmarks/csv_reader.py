"""CSV files of our reader against DuckDB's `read_csv`: rows a second, in CPU and in wall time.

    python -m benchmarks.csv_reader --rows 1000000

Writes a file of ten columns (Chinese and Latin names, quoted cells) in UTF-8 and in GB18030 and one in which a row of
every ten thousand cannot be parsed. Ours finds the encoding, checks every row and gives each its line; DuckDB reads the
UTF-8 file with all columns as text into Arrow. Best of three. Prints the times, then one line of JSON: csv_ratio (our
CPU time over DuckDB's), csv_wall_ratio, gb18030_ratio and odd_rows_ratio (ours for those files over ours for UTF-8).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from mdm_pipeline.config.connections import FileFormat
from mdm_pipeline.sources.csv_files import open_csv
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH, ReadProblem

HEADER = "id,name,phone,email,city,street,amount,created,status,note\n"
NAMES = ("上海远景贸易有限公司", "北京华信科技有限公司", "Acme Industries Ltd", "张伟", "李娜", "O'Neill & Sons")
ROUNDS = 3


def write_file(path: Path, rows: int, encoding: str, odd_every: int = 0) -> None:
    """Write the file; with `odd_every` the quotes of one row in so many are broken."""
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(HEADER)
        for i in range(rows):
            name = f'"{NAMES[i % 6]}{i % 9973}"'
            if odd_every and i % odd_every == odd_every - 1:
                name += "x"
            file.write(
                f"{i:08d},{name},138{i % 100_000_000:08d},user{i}@example.com,城市{i % 300},Street {i % 700},"
                f'{i * 37 % 100_000 / 100:.2f},2024-01-{i % 28 + 1:02d} 10:11:12,active,"{"备注" if i % 3 else ""}"\n'
            )


def ours(path: Path) -> int:
    """Rows read or rejected by our reader."""
    problems: list[ReadProblem] = []
    file = open_csv(path.name, lambda: path.open("rb"), FileFormat())
    return int(sum(batch.num_rows for batch in file.batches(problems))) + sum(p.is_row_lost for p in problems)


def duckdbs(path: Path) -> int:
    """Rows read by DuckDB into Arrow batches."""
    with duckdb.connect() as con:
        con.execute("select * from read_csv(?, all_varchar = true)", [str(path)])
        return int(sum(batch.num_rows for batch in con.to_arrow_reader(ROWS_PER_BATCH)))


def best(name: str, read: Callable[[Path], int], path: Path, rows: int) -> tuple[float, float]:
    """CPU and wall seconds of the quickest round."""
    measured = []
    for _ in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        found = read(path)
        measured.append((time.process_time() - cpu, time.perf_counter() - wall))
        if found != rows:
            raise SystemExit(f"{name}: {found} rows where {rows} were written")
    cpu_s, wall_s = min(m[0] for m in measured), min(m[1] for m in measured)
    print(f"{name:<24} {cpu_s:6.2f} s CPU {wall_s:6.2f} s wall {rows / wall_s:12,.0f} rows/s", flush=True)
    return cpu_s, wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description="Our CSV reader against DuckDB's.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        write_file(path, rows, "utf-8")
        duck = best("DuckDB, UTF-8", duckdbs, path, rows)
        mine = best("ours, UTF-8", ours, path, rows)
        write_file(path, rows, "utf-8", odd_every=10_000)
        odd = best("ours, odd rows", ours, path, rows)
        write_file(path, rows, "gb18030")
        foreign = best("ours, GB18030", ours, path, rows)
    figures = {
        "rows": rows,
        "csv_ratio": round(mine[0] / duck[0], 2),
        "csv_wall_ratio": round(mine[1] / duck[1], 2),
        "gb18030_ratio": round(foreign[0] / mine[0], 2),
        "odd_rows_ratio": round(odd[0] / mine[0], 2),
        "rows_per_second": round(rows / mine[1]),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
