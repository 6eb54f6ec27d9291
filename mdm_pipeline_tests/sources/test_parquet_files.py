"""Parquet files: every type as its exact text, streamed, and refused where damaged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.delivery import ROWS_PER_BATCH
from mdm_pipeline.sources.parquet_files import open_parquet
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, read_table, write


def test_old_time_stamps_keep_their_nanoseconds_and_years_beyond_them(tmp_path: Path) -> None:
    path = write(tmp_path, "c.parquet", b"")
    exact = pa.array([np.datetime64("2024-01-05T01:02:03.123456789", "ns"), None], pa.timestamp("ns"))
    pq.write_table(pa.table({"id": ["1", "2"], "at": exact}), path, use_deprecated_int96_timestamps=True)
    assert [r["at"] for r in delivered(files_source("*.parquet"), tmp_path)[1]] == [
        "2024-01-05 01:02:03.123456789",
        None,
    ]
    far = pa.array([datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 5)], pa.timestamp("us"))  # noqa: DTZ001
    pq.write_table(pa.table({"id": ["1", "2"], "at": far}), path, use_deprecated_int96_timestamps=True)
    assert [r["at"] for r in delivered(files_source("*.parquet"), tmp_path)[1]] == [
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59.000005",
    ]


def test_nested_values_are_json_with_their_numbers_in_full(tmp_path: Path) -> None:
    path = write(tmp_path, "c.parquet", b"")
    kind = pa.struct([("rate", pa.decimal128(20, 2)), ("on", pa.timestamp("us")), ("names", pa.list_(pa.string()))])
    rows = pa.array([{"rate": Decimal("1.50"), "on": datetime(2024, 1, 5), "names": ["甲", None]}], kind)  # noqa: DTZ001
    pq.write_table(pa.table({"id": ["1"], "x": rows}), path)
    assert delivered(files_source("*.parquet"), tmp_path)[1] == [
        {
            "id": "1",
            "x": '{"rate": 1.50, "on": "2024-01-05 00:00:00", "names": ["甲", null]}',
            "_location": "c.parquet:1",
        }
    ]


def test_text_that_is_no_utf8_is_replaced_and_reported(tmp_path: Path) -> None:
    path = write(tmp_path, "c.parquet", b"")
    names = pa.array([b"a", b"\xe7x", None]).cast(pa.string(), safe=False)
    pq.write_table(pa.table({"id": ["1", "2", "3"], "name": names}), path)
    delivery, rows = delivered(files_source("*.parquet"), tmp_path)
    assert [r["name"] for r in rows] == ["a", "\ufffdx", None]
    assert [(p.location, p.column, p.value, p.is_row_lost) for p in delivery.problems] == [
        ("c.parquet:2", "name", "e7 78", False)
    ]


def test_many_row_groups_are_streamed_in_bounded_memory(tmp_path: Path) -> None:
    path = write(tmp_path, "c.parquet", b"")
    with pq.ParquetWriter(path, pa.schema([("id", pa.int64()), ("note", pa.string())])) as writer:
        for group in range(20):
            first = group * 20_000
            note = pa.array([f"{number:0200d}" for number in range(first, first + 20_000)])
            writer.write_table(pa.table({"id": pa.array(range(first, first + 20_000)), "note": note}))
    before = pa.total_allocated_bytes()
    peak = rows = 0
    for batch in open_parquet("c.parquet", path).batches([]):
        assert batch.num_rows <= ROWS_PER_BATCH
        rows += batch.num_rows
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert rows == 400_000
    assert peak < 50_000_000  # the whole table has 80 MB


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, keep: float) -> None:
    path = write(tmp_path, "c.parquet", b"")
    pq.write_table(pa.table({"id": pa.array(range(50_000))}), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(SourceHeldBack, match=r"file c\.parquet: cannot be read"):
        read_table(files_source("*.parquet"), "customers", tmp_path)
