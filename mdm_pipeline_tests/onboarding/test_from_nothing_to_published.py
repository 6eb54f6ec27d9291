"""A new engineer's ten minutes: two foreign systems are added, checked and run; nobody writes a line of YAML."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.hub.connection import Home, open_read_only
from mdm_pipeline.orchestration.launcher import launch
from mdm_pipeline_tests.onboarding.companies import new_company
from mdm_pipeline_tests.onboarding.foreign import CHINESE, GERMAN, ROWS, de_company, zh_company


@pytest.mark.long
def test_two_foreign_systems_are_in_the_published_file_after_three_commands_each(tmp_path: Path) -> None:
    started = time.monotonic()
    config, home = new_company(tmp_path), tmp_path / "home"
    place = ["--config", str(config), "--home", str(home)]
    runner = CliRunner()
    CHINESE.create(tmp_path / "data" / "huadong")
    GERMAN.create(tmp_path / "data" / "werkstatt")
    ways = {"huadong": ["--url", "sqlite:///huadong/huadong.db"], "werkstatt": ["--folder", "werkstatt"]}
    for name, way in ways.items():
        added = runner.invoke(app, ["source", "add", name, *way, "--config", str(config)])
        assert added.exit_code == 0, added.output
        checked = runner.invoke(app, ["source", "check", name, *place])
        assert checked.exit_code == 0, checked.output
        assert launch(home, str(config), as_of="2026-11-24").success
    con = open_read_only(Home(home).published_file)
    names = {name for (name,) in con.execute("select display_name from customers").fetchall()}
    orders = con.execute("select count(*), count(master_id) from customer_order").fetchone()
    invoices = con.execute("select count(*), count(master_id) from customer_invoice").fetchone()
    con.close()
    assert {zh_company(number) for number in range(1, ROWS + 1)} <= names
    assert {de_company(number) for number in range(1, ROWS + 1)} <= names
    assert (orders, invoices) == ((ROWS, ROWS), (ROWS, ROWS))
    assert time.monotonic() - started < 600

    # the same customers once more, from a system that is not live yet: the check knows them again
    GERMAN.create(tmp_path / "data" / "filiale")
    assert (
        runner.invoke(app, ["source", "add", "filiale", "--folder", "filiale", "--config", str(config)]).exit_code == 0
    )
    again = runner.invoke(app, ["source", "check", "filiale", "--json", *place])
    (overlap,) = json.loads(again.stdout)["forecast"]["overlap"]
    assert (overlap["known"], overlap["new"], overlap["unclear"]) == (ROWS, 0, 0)
