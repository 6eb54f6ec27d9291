"""A run proves itself: what is rebuilt from raw landing equals the hub, and a row edited by hand is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mdm_pipeline.hub.connection import Home, open_hub
from mdm_pipeline.hub.worklist import Report
from mdm_pipeline.operations.self_proof import Proof, prove
from mdm_pipeline.operations.self_proof.choice import choose, forget
from mdm_pipeline.orchestration.alerts import night_message
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.orchestration.night import night_tags
from mdm_pipeline.orchestration.run_ledger import close_run, open_run
from mdm_pipeline.orchestration.stage_run import StageRunner
from mdm_pipeline_tests.end_to_end.small_company import company, founding
from mdm_pipeline_tests.rows import fetch

AS_OF = datetime(2026, 6, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StageRunner]:
    """The small company after its first night; take `edited` to change a row."""
    folder = tmp_path_factory.mktemp("small")
    home = Home(folder / "home")
    home.create()
    founding().write(folder / "data")
    with open_hub(home.hub_file, memory_limit="1GB") as hub:
        runner = StageRunner(hub, company_stages(company(folder / "data"), home), "first", AS_OF)
        open_run(hub, "first", AS_OF)
        for name in runner.stages:
            runner.run(name)
        yield runner


@contextmanager
def edited(night: StageRunner, statement: str) -> Iterator[StageRunner]:
    """Somebody edits the hub by hand; afterwards it is as before."""
    night.hub.con.execute("begin")
    try:
        night.hub.con.execute(statement)
        yield night
    finally:
        night.hub.con.execute("rollback")


def proof_of(night: StageRunner, components: int = 300) -> Proof:
    return prove(night.hub.con, night.stages, components=components, run_id="first", as_of=AS_OF)


def code_of(night: StageRunner, ref: str) -> str:
    row = night.hub.con.execute(
        "select master_id from master.xref where is_current and record_ref = $ref", {"ref": ref}
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_an_undisturbed_hub_is_proved_whole_and_in_part(night: StageRunner) -> None:
    customers = night.hub.con.execute("select count(*) from master.customer").fetchone()
    assert customers is not None
    whole = proof_of(night)
    assert (whole.components, whole.found, whole.is_alarming) == (customers[0], (), False)
    assert whole.line == f"{customers[0]} components rebuilt, 0 differences"
    part = proof_of(night, 3)
    assert (part.components, part.differences) == (3, 0)
    assert part.records < whole.records


def test_the_choice_is_the_same_for_the_same_run_and_another_for_another(night: StageRunner) -> None:
    def chosen(run_id: str) -> list[tuple[str]]:
        choose(night.hub.con, components=3, run_id=run_id)
        found = night.hub.con.execute("from proof_chosen order by all").fetchall()
        forget(night.hub.con)
        return found

    assert chosen("first") == chosen("first")
    assert len({tuple(chosen(f"other {n}")) for n in range(4)}) > 1


def test_the_customer_that_changed_most_is_always_rebuilt(night: StageRunner) -> None:
    con = night.hub.con
    quiet = code_of(night, "erp.customer:K4")
    with edited(
        night,
        "insert into hub.stage_commit by name select 900 as seq, '' as stage, 'busy' as run_id, "
        "timestamp '2026-06-02' as as_of, false as is_full",
    ):
        con.execute("insert into master.change values (900, 'customer', $code)", {"code": quiet})
        choose(con, components=1, run_id="busy")
        assert con.execute("from proof_chosen").fetchall() == [(quiet,)]
        forget(con)


def test_rows_edited_by_hand_are_found_and_named_by_table_key_and_column(night: StageRunner) -> None:
    with edited(night, "update staging.party set owner = 'nobody' where record_ref = 'crm.party:A3'"):
        con = night.hub.con
        (moved,) = con.execute("select max(record_id) from matching.cluster where cluster_id <> record_id").fetchone()
        con.execute("update matching.cluster set cluster_id = record_id where record_id = $r", {"r": moved})
        con.execute("update master.customer set phone = '+1' where display_name = 'Tilda Barnes'")
        con.execute("update mart.customer_360 set order_amount = 7 where display_name = 'Boreal Timber AB'")
        con.execute("update staging.invoice set gross_amount = 81 where invoice_no = 'R2'")
        named = dict(
            con.execute(
                "select 'party', min(record_id)::varchar from staging.party where record_ref = 'crm.party:A3' "
                "union all select 'invoice', min(record_id)::varchar from staging.invoice where invoice_no = 'R2' "
                "union all select display_name, master_id from master.customer"
            ).fetchall()
        )
        proof = proof_of(night)
    assert proof.is_alarming
    assert set(proof.found) == {
        f"staging.party: 1 otherwise: {named['party']} (owner)",
        f"staging.invoice: 1 otherwise: {named['invoice']} (gross_amount)",
        f"matching.cluster: 1 otherwise: {moved} (cluster_id)",
        f"master.customer: 1 otherwise: {named['Tilda Barnes']} (phone)",
        f"mart.customer_360: 1 otherwise: {named['Boreal Timber AB']} (order_amount)",
    }
    assert proof.differences == 5


def test_rows_moved_or_deleted_by_hand_are_found_and_named(night: StageRunner) -> None:
    lost = code_of(night, "erp.customer:K4")
    with edited(night, f"delete from master.customer where master_id = '{lost}'"):
        con = night.hub.con
        con.execute(
            "update master.xref set master_id = (select max(master_id) from master.xref) "
            "where record_ref = 'crm.party:A2'"
        )
        con.execute("delete from matching.pair")
        proof = proof_of(night)
    told = {line.split(": ")[0]: line for line in proof.found}
    assert told["master.customer"] == f"master.customer: 1 missing: missing: {lost}"
    assert "(master_id)" in told["master.xref"]
    assert "missing" in told["matching.pair"]
    assert proof_of(night).differences == 0  # the edits are undone, and the proof left nothing behind


def test_the_exact_words_name_table_key_and_columns(night: StageRunner) -> None:
    code = code_of(night, "crm.party:A2")
    with edited(night, f"update master.customer set phone = '+1', city = 'York' where master_id = '{code}'"):
        proof = proof_of(night)
    assert proof.found == (f"master.customer: 1 otherwise: {code} (phone; city)",)
    assert proof.report.endswith(f"1 difference: master.customer: 1 otherwise: {code} (phone; city)")


def test_the_run_tells_ledger_morning_line_and_people(night: StageRunner) -> None:
    night.self_proof_components = 300
    with edited(night, "update master.customer set phone = '+1' where display_name = 'Tilda Barnes'"):
        bad = night.prove()
        close_run(night.hub, "first", failed=[], held_back=[], proof=bad)
        (row,) = fetch(night.hub.con, "select components_rebuilt, differences, proof, outcome from hub.run")
    assert row == {
        "components_rebuilt": bad.components,
        "differences": 1,
        "proof": bad.report,
        "outcome": "done",
    }
    tags = night_tags(night.hub.con, "first", night.outcomes, bad)
    assert tags["mdm/night"].endswith(f"; self-proof: {bad.components} components rebuilt, 1 difference")
    message = night_message(company(Path()), dg.DagsterRun(job_name="nightly_sync", run_id="r1", tags=tags))
    assert message is not None
    assert message.subject.endswith(": nightly_sync done, but its self-proof failed")
    assert ("reason", bad.report) in message.fields
    good = night.prove()
    assert "mdm/self_proof" not in night_tags(night.hub.con, "first", night.outcomes, good)


def test_nothing_is_claimed_where_nothing_can_be_proved(night: StageRunner) -> None:
    off = StageRunner(night.hub, night.stages, "off", AS_OF)
    assert off.prove() == Proof(skipped="operations.self_proof_components is 0")
    part = StageRunner(night.hub, night.stages, "part", AS_OF, self_proof_components=3)
    told = "not proved, stages staging, matching, master, mart took no part in this run"
    assert (part.prove().line, part.prove().is_alarming) == (told, False)


def test_a_proof_that_breaks_alarms_and_does_not_break_the_run(night: StageRunner) -> None:
    broken = StageRunner(
        night.hub, dict(night.stages), "x", AS_OF, self_proof_components=3, outcomes=list(night.outcomes)
    )
    del broken.stages["mart"]
    proof = broken.prove()
    assert (proof.line, proof.is_alarming) == ("not proved: KeyError: 'mart'", True)


def test_a_run_that_finds_nothing_new_does_not_prove_the_same_again_on_the_same_day(night: StageRunner) -> None:
    close_run(night.hub, "first", failed=[], held_back=[], proof=Proof(components=300))
    unchanged = [replace(outcome, report=Report()) for outcome in night.outcomes]
    again = StageRunner(night.hub, night.stages, "again", AS_OF, self_proof_components=3, outcomes=unchanged)
    assert again.prove() == Proof(skipped="nothing changed since today's proof")
    tomorrow = replace(again, as_of=AS_OF + timedelta(days=1))
    assert tomorrow.prove().components == 3
    asked = replace(again, is_full=True)
    assert asked.prove().components == 3
