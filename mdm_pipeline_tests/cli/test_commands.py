"""Commands as a user types them: exit codes and first lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.errors import MdmError

runner = CliRunner()


def test_the_store_keeps_lists_and_undoes_decisions(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path)]
    stored = runner.invoke(app, ["decide", "match", "crm.account:A1", "erp.customers:7", "--who", "lin", *home])
    assert stored.exit_code == 0
    decision_id = stored.stdout.split()[1].rstrip(";")
    listed = runner.invoke(app, ["decide", "list", *home])
    assert f"{decision_id}  " in listed.stdout
    assert "match  crm.account:A1  erp.customers:7" in listed.stdout
    assert runner.invoke(app, ["decide", "undo", decision_id, *home]).exit_code == 0
    assert "no decisions in force" in runner.invoke(app, ["decide", "list", *home]).stdout


def test_a_decision_about_no_record_is_refused(tmp_path: Path) -> None:
    result = runner.invoke(app, ["decide", "match", "A1", "B1", "--home", str(tmp_path)])
    assert isinstance(result.exception, MdmError)
    assert "expected source.table:key" in str(result.exception)


@pytest.mark.parametrize("command", [["sql", "select 1"], ["status"], ["evaluate", "--truth", "t.csv"]])
def test_before_the_first_run_a_command_says_what_to_type(command: list[str], tmp_path: Path) -> None:
    result = runner.invoke(app, [*command, "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "mdm run" in result.output


def test_bad_use_exits_with_two(tmp_path: Path) -> None:
    assert runner.invoke(app, ["run", "--nonsense"]).exit_code == 2
    assert runner.invoke(app, ["sample", "--out", str(tmp_path)]).exit_code == 2
    assert runner.invoke(app, ["diff", str(tmp_path / "a"), str(tmp_path / "b")]).exit_code == 2
