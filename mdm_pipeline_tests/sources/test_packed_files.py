"""Packed files: the same rows however they are packed, and no half of one."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline_tests.sources.deliveries import delivered, files_source, read_table, write

LINES = "id,name\n" + "".join(f"{number},{number * 7919 % 104729}\n" for number in range(20_000))


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


def zipped(content: bytes, *names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("export/c.csv",):
            archive.writestr(name, content)
    return sink.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "c.csv.gz": gzip.compress,
    "c.csv.zst": zstd,
    "c.csv.bz2": bz2.compress,
    "c.csv.xz": lzma.compress,
    "c.zip": zipped,
}


@pytest.mark.parametrize("name", PACKINGS)
def test_the_rows_inside_are_read(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, PACKINGS[name](LINES.encode()))
    delivery, rows = delivered(files_source("*"), tmp_path)
    assert len(rows) == 20_000
    assert rows[1] == {"id": "1", "name": "7919", "_location": f"{name}:3"}
    assert delivery.problems == []


@pytest.mark.parametrize("name", ["c.csv.gz", "c.csv.zst"])
def test_several_packed_parts_one_after_the_other_are_one_file(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, PACKINGS[name](b"id,name\n1,a\n") + PACKINGS[name](b"2,b\n"))
    assert [r["id"] for r in delivered(files_source("*"), tmp_path)[1]] == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "damage"),
    # a zstd frame has a checksum only where its writer asked for one, so a changed byte may go unseen
    [(name, "cut") for name in PACKINGS] + [(name, "changed") for name in PACKINGS if name != "c.csv.zst"],
)
def test_a_damaged_packed_file_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    content = PACKINGS[name](LINES.encode())
    middle = len(content) // 2
    damaged = content[:middle] if damage == "cut" else content[:middle] + b"\x00\xff\x00\xff" + content[middle + 4 :]
    write(tmp_path, name, damaged)
    with pytest.raises(SourceHeldBack, match=rf"file {name}: cannot be read"):
        read_table(files_source("*", format={"encoding": "utf-8", "delimiter": ","}), "customers", tmp_path)


def test_a_zip_must_hold_one_file(tmp_path: Path) -> None:
    write(tmp_path, "c.zip", zipped(b"id\n1\n", "a.csv", "b.csv", "__MACOSX/._a.csv"))
    with pytest.raises(SourceHeldBack, match=r"must hold exactly one file, this one holds 2 \(a\.csv, b\.csv\)"):
        read_table(files_source("*.zip"), "customers", tmp_path)


def test_parquet_and_json_may_be_packed_too(tmp_path: Path) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"]}), sink)
    write(tmp_path, "a.parquet.gz", gzip.compress(sink.getvalue()))
    write(tmp_path, "b.jsonl.zst", zstd(b'{"id": "2"}\n'))
    assert [r["id"] for r in delivered(files_source("*"), tmp_path)[1]] == ["1", "2"]
