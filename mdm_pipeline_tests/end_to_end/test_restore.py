"""`mdm backup`, `mdm restore`, `mdm compact` on a home that has run: `mdm diff` says equal, the next run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.diff import diff
from mdm_pipeline_tests.end_to_end.conftest import SecondDay, run_on


def said(*args: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in args])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_restored_home_is_equal_and_runs_on(
    second_day: SecondDay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDM_DEMO_DATA", str(second_day.data))
    home, other = second_day.home(tmp_path / "home"), Home(tmp_path / "other")
    assert "demo, generation" in said("backup", tmp_path / "monday.tar.gz", "--home", home.root)
    assert "next: mdm run" in said("restore", tmp_path / "monday.tar.gz", "--home", other.root)
    assert said("diff", home.root, other.root) == "equal\n"
    assert said("diff", home.hub_file, other.hub_file) == "equal\n"
    assert "MB before" in said("compact", "--home", other.root)
    assert said("diff", home.hub_file, other.hub_file) == "equal\n"
    assert "nothing to repair" in said("doctor", "--repair", "--home", other.root)
    assert run_on(second_day.data, other, as_of="2026-11-24").success
    assert diff(second_day.twin.hub_file, other.hub_file) == []
    assert diff(second_day.twin.published_file, other.published_file) == []
