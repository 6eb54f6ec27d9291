"""Import rules, and what may not be loaded when nobody needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def loaded_by(program: str) -> set[str]:
    """Top-level modules loaded after a program ran in a process of its own."""
    code = f"{program}\nimport sys; print(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.splitlines()[-1].split())


def test_import_rules_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stage_that_imports_its_neighbour_is_caught(tmp_path: Path) -> None:
    """The guard fires: a copy of the package with a planted import breaks the layers contract."""
    package = tmp_path / "mdm_pipeline"
    for path in (ROOT / "mdm_pipeline").rglob("*.py"):
        target = package / path.relative_to(ROOT / "mdm_pipeline")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    planted = package / "landing" / "ledger.py"
    planted.write_text(planted.read_text(encoding="utf-8") + "\nimport mdm_pipeline.master.stage\n", encoding="utf-8")
    (tmp_path / "setup.cfg").write_bytes((ROOT / "setup.cfg").read_bytes())
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode != 0
    assert "mdm_pipeline.landing.ledger -> mdm_pipeline.master.stage" in done.stdout


@pytest.mark.parametrize("heavy", ["dagster", "great_expectations", "splink", "polars", "pandas"])
def test_the_help_of_the_command_line_loads_nothing_heavy(heavy: str) -> None:
    program = (
        "from typer.testing import CliRunner\nfrom mdm_pipeline.cli.main import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0"
    )
    assert heavy not in loaded_by(program)


def test_loading_the_definitions_does_not_load_great_expectations() -> None:
    program = "from mdm_pipeline.definitions import defs\ndefs()"
    assert "great_expectations" not in loaded_by(program)
