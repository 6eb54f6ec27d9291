from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mdm_pipeline.demo.sinks import CsvSink, SheetSink


def test_a_small_sheet_is_excel_with_text_kept_as_text(tmp_path: Path) -> None:
    sink = SheetSink(tmp_path, "sheet", limit=4)
    sink.write(pl.DataFrame({"账号": ["0012345678901234567", None], "amount": ["1", "2"]}))
    sink.close()
    read = pl.read_excel(tmp_path / "sheet.xlsx", read_options={"dtypes": "string"})
    assert read.rows() == [("0012345678901234567", "1"), (None, "2")]


@pytest.mark.parametrize("parts", [[5], [3, 2], [2, 2, 1]])
def test_a_large_sheet_is_csv_with_byte_order_mark_and_all_rows_once(tmp_path: Path, parts: list[int]) -> None:
    (tmp_path / "sheet.xlsx").write_bytes(b"of an earlier, smaller run")
    sink = SheetSink(tmp_path, "sheet", limit=4)
    rows = iter(range(sum(parts)))
    for count in parts:
        sink.write(pl.DataFrame({"n": [next(rows) for _ in range(count)]}))
    sink.close()
    assert (tmp_path / "sheet.csv").read_bytes() == "\ufeffn\n0\n1\n2\n3\n4\n".encode()
    assert not (tmp_path / "sheet.xlsx").exists()


def test_chinese_text_is_written_in_the_encoding_of_the_system(tmp_path: Path) -> None:
    sink = CsvSink(tmp_path / "file.csv", encoding="gb18030")
    sink.write(pl.DataFrame({"name1": ["张伟", "Müller"]}))
    sink.close()
    assert (tmp_path / "file.csv").read_bytes().decode("gb18030") == "name1\n张伟\nMüller\n"
