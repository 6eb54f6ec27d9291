"""What a person tells landing between two runs, by the command line."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.hub.connection import Home, HubLocked, open_hub
from mdm_pipeline.landing.commands import SourceNotLanded, accept, drop
from mdm_pipeline.landing.guards import NothingToAllow
from mdm_pipeline_tests.landing.nights import crm, delivery, live, night
from mdm_pipeline_tests.rows import fetch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Ten accounts landed."""
    home = Home(tmp_path)
    home.create()
    with open_hub(home.hub_file) as hub:
        night(hub.con, crm(), delivery(*({"id": str(number), "name": "n"} for number in range(10))))
    return home


def test_a_go_ahead_is_for_the_next_delivery(home: Home) -> None:
    said = CliRunner().invoke(app, ["source", "accept", "crm.account", "--home", str(home.root), "--by", "Li Wei"])
    assert (said.exit_code, said.output) == (0, "crm.account: its next delivery is taken as it is; run `mdm run`\n")
    with open_hub(home.hub_file) as hub:
        assert night(hub.con, crm(), delivery({"id": "1", "name": "n"}), day=2)[0].deleted == 9
    assert CliRunner().invoke(app, ["source", "accept", "crm", "--home", str(home.root)]).exit_code == 2
    with pytest.raises(NothingToAllow, match=r"crm\.acount: nothing is landed under this name"):
        accept(home, "crm", "acount", who="Li Wei", as_of=NOW, wait_s=1)


def test_a_dropped_source_has_no_rows_in_force_and_the_next_run_hears_of_it(home: Home) -> None:
    said = CliRunner().invoke(app, ["source", "drop", "crm", "--home", str(home.root), "--by", "Li Wei"])
    assert (said.exit_code, said.output) == (0, "crm: rows no longer in force: account 10; run `mdm run`\n")
    with open_hub(home.hub_file) as hub:
        assert live(hub.con) == []
        assert fetch(hub.con, "select seq, count(*) as n from landing.change group by seq order by seq") == [
            {"seq": 1, "n": 10},
            {"seq": 2, "n": 10},
        ]
        assert fetch(hub.con, "select rows_deleted, rows_live, reason from landing.batch where batch_id = 2") == [
            {"rows_deleted": 10, "rows_live": 0, "reason": "dropped by Li Wei"}
        ]
        assert fetch(hub.con, "select who, what, detail from audit.event") == [
            {"who": "Li Wei", "what": "source dropped", "detail": "crm: 10 rows"}
        ]
    with pytest.raises(SourceNotLanded, match="crm: no rows in force; .* that have some: none"):
        drop(home, "crm", who="Li Wei", as_of=NOW, wait_s=1)


def test_while_a_run_holds_the_hub_a_second_writer_is_refused_in_one_line(home: Home, tmp_path: Path) -> None:
    code = (
        "import sys; from mdm_pipeline.hub.connection import open_hub; from pathlib import Path\n"
        "with open_hub(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(home.hub_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(HubLocked, match=rf"^hub mdm\.duckdb: held by process {holder.pid}, waited 0 s; [^\n]*$"):
        drop(home, "crm", who="Li Wei", as_of=NOW, wait_s=0)
    holder.communicate("")
