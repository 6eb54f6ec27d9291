"""The file of the truth is read whole or refused in one line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mdm_pipeline.evaluation import TruthUnreadable, read_truth

HEADER = "source,table,source_key,truth_id,party_type\n"


def test_csv_and_parquet_say_the_same(tmp_path: Path) -> None:
    csv = tmp_path / "truth.csv"
    csv.write_text(HEADER + "crm,account,007,T1,person\n", encoding="utf-8")
    frame = read_truth(csv)
    assert frame.rows(named=True) == [
        {"source": "crm", "table": "account", "source_key": "007", "truth_id": "T1", "party_type": "person"}
    ]
    parquet = tmp_path / "truth.parquet"
    frame.with_columns(more=pl.lit(1)).write_parquet(parquet)
    assert read_truth(parquet).equals(frame)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source,table,source_key,truth_id\n", "truth t.csv: column party_type missing"),
        (HEADER + "crm,account,1,,person\n", "truth t.csv, row 1: an empty cell"),
        (
            HEADER + "crm,account,1,T1,robot\n",
            "row 1, column party_type: 'robot'; expected person or organization",
        ),
        (
            HEADER + "crm,account,1,T1,person\ncrm,account,1,T2,person\n",
            "crm.account:1 occurs more than once",
        ),
        ("", "truth t.csv: cannot be read"),
    ],
)
def test_a_bad_file_is_refused_by_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TruthUnreadable) as refused:
        read_truth(path)
    assert message in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TruthUnreadable, match=r"truth nowhere.csv: no such file"):
        read_truth(tmp_path / "nowhere.csv")
