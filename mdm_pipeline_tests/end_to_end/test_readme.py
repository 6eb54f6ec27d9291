"""What the README tells a user to type works as printed, on a small company instead of the shipped one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mdm_pipeline_tests.end_to_end.conftest import Company

ROOT = Path(__file__).parents[2]
MDM = str(Path(sys.executable).parent / "mdm")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("mdm ")]
TARGETS = sorted({target for block in BLOCKS for target in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)})


def test_the_readme_has_commands_to_type() -> None:
    assert len(COMMANDS) >= 6
    assert {"setup", "run", "test", "ui"} <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_commands_of_the_readme_work_in_their_order(company: Company, tmp_path: Path) -> None:
    environment = {**os.environ, "MDM_HOME": str(company.home.root), "MDM_DEMO_DATA": str(company.data)}
    for command in COMMANDS:
        words = shlex.split(command.replace("homes/", f"{tmp_path}/homes/"))
        done = subprocess.run([MDM, *words[1:]], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip()


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists(), path
