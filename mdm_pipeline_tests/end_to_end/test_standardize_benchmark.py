"""The benchmark of standardizing gives its figures, on a company small enough for a test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_last_line_is_json_with_ratios_and_rates(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "benchmarks.standardize", "--records", "2000", "--restage"]
    done = subprocess.run([*program, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ratio_to_plain_splink"] > 0
    assert told["delta_ratio"] > 0
    assert set(told["rows_per_second"]) >= {"person_names", "organization_names", "phones", "emails", "addresses"}
    # 20 of them, more or less: every hundredth record of each table.
    assert (told["staged_rows"], 15 <= told["delta_rows"] <= 25) == (2000, True)
    assert told["remembered_mb"] > 0
