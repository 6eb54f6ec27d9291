"""Codes of a run that is lost (its hub was, a spare copy or a backup came back) are never given to others."""

from __future__ import annotations

from pathlib import Path

from mdm_pipeline.hub.connection import Home, Hub, open_hub
from mdm_pipeline.hub.issued_codes import keep_lost_numbers_taken, last_number, note_of
from mdm_pipeline.hub.spare import bring_back, keep_spare
from mdm_pipeline.master import stage as master
from mdm_pipeline.orchestration.stage_run import run_stage
from mdm_pipeline.publish.stage import make_stage as publish_stage
from mdm_pipeline_tests.master.company import AS_OF, cluster, company, party
from mdm_pipeline_tests.publish.world import open_home
from mdm_pipeline_tests.rows import fetch


def night(hub: Hub, home: Home, *records: int) -> dict[int, str]:
    """These records arrive as customers of their own; the whole night of mastering; the code of each record."""
    for record in records:
        party(hub.con, record, display_name=f"Name {record}")
    known = [record for (record,) in hub.con.execute("select record_id from staging.party").fetchall()]
    cluster(hub.con, *({record} for record in known))
    keep_lost_numbers_taken(hub.con, hub.path, home.published_file, AS_OF)
    for stage in (master.make_stage(company()), publish_stage(company(), home)):
        run_stage(hub, stage, run_id="night", as_of=AS_OF, is_full=True)
    return dict(hub.con.execute("select record_id, master_id from master.xref where is_current").fetchall())


def lose_the_last_night(root: Path) -> tuple[Home, dict[int, str]]:
    """Record 1 becomes a customer, the spare copy is made; 2 and 3 become customers; the hub is lost."""
    home, hub = open_home(root)
    night(hub, home, 1)
    keep_spare(hub.con, hub.path)
    lost = night(hub, home, 2, 3)
    hub.close()
    home.hub_file.unlink()
    bring_back(home.hub_file)
    return home, lost


def test_after_the_spare_copy_came_back_new_customers_get_codes_that_nobody_has_seen(tmp_path: Path) -> None:
    home, lost = lose_the_last_night(tmp_path)
    with open_hub(home.hub_file) as hub:
        now = night(hub, home, 4, 5, 6)
        events = fetch(hub.con, "select what, detail from audit.event")
    assert now[1] == lost[1]
    assert not {now[4], now[5], now[6]} & set(lost.values())
    assert events == [
        {
            "what": "customer codes of a lost run kept taken",
            "detail": "numbers 2 to 3 were issued by a lost state of the hub, says codes_issued.txt; never reused",
        }
    ]


def test_without_the_note_the_published_file_tells_which_codes_are_out(tmp_path: Path) -> None:
    home, lost = lose_the_last_night(tmp_path)
    note_of(home.hub_file).unlink()
    with open_hub(home.hub_file) as hub:
        now = night(hub, home, 4, 5)
    assert not {now[4], now[5]} & set(lost.values())


def test_the_guard_matters_without_note_and_file_the_codes_would_be_given_again(tmp_path: Path) -> None:
    home, lost = lose_the_last_night(tmp_path)
    note_of(home.hub_file).unlink()
    home.published_file.unlink()
    with open_hub(home.hub_file) as hub:
        now = night(hub, home, 4)
    assert now[4] in set(lost.values())


def test_an_undisturbed_hub_finds_nothing_and_keeps_counting(tmp_path: Path) -> None:
    home, hub = open_home(tmp_path)
    night(hub, home, 1)
    assert keep_lost_numbers_taken(hub.con, hub.path, home.published_file, AS_OF) == 0
    night(hub, home, 2)
    assert (last_number(hub.con), note_of(hub.path).read_text()) == (2, "2\n")
    assert fetch(hub.con, "select count(*) as n from hub.code_floor") == [{"n": 0}]
    hub.close()


def test_an_unreadable_published_file_stops_nobody(tmp_path: Path) -> None:
    home, hub = open_home(tmp_path)
    home.published_file.write_bytes(b"no database")
    assert keep_lost_numbers_taken(hub.con, hub.path, home.published_file, AS_OF) == 0
    hub.close()
