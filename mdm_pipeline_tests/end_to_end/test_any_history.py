"""Any history ends as a rebuild: whatever sources, stewards, administrators and kills do in whatever order.

Each mechanism that makes it so is taken away once, and the histories find the difference.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from mdm_pipeline.hub import writing
from mdm_pipeline.orchestration import stage_run
from mdm_pipeline.stewardship.store import Decision
from mdm_pipeline_tests.end_to_end.faults import Fault, Ignorant, only_new_keys, only_the_last_batch, patching, planted
from mdm_pipeline_tests.end_to_end.forking import Forker
from mdm_pipeline_tests.end_to_end.happenings import CHANGES, NIGHTS, Happenings
from mdm_pipeline_tests.end_to_end.history import History, Kill, Retraining, found, new_folder, told
from mdm_pipeline_tests.rows import fetch

CHANGES_A_DAY = (2, 8)
KINDS_A_HISTORY = (4, 9)
FREQUENT = ("a_party_changes", "an_administrator_edits", "a_row_is_no_longer_delivered", "a_steward_judges")


class AnyHistory(RuleBasedStateMachine):
    """Days on which several things happen, each with a night of some kind; at the end a whole run, and a rebuild.

    Each history knows a few kinds of changes only, so that the same ones meet more often.
    """

    founded: Path
    forker: Forker | None = None
    fault = Fault()
    may_be_replayed = False
    is_counting = False  # a history that differs is counted, not an error
    lived = 0
    differing = 0
    is_different = False

    @initialize(
        kinds=st.lists(
            st.sampled_from([*CHANGES, *FREQUENT * 3]),
            min_size=KINDS_A_HISTORY[0],
            max_size=KINDS_A_HISTORY[1],
            unique=True,
        ),
        is_replayed=st.sampled_from((False, False, True)),
        is_published=st.booleans(),
    )
    def begin(self, kinds: list[str], is_replayed: bool, is_published: bool) -> None:
        self.folder = new_folder()
        self.history = History(
            self.folder / "life",
            self.founded,
            editing=self.fault.editing,
            fault=self.fault.patched,
            forker=self.forker,
        )
        self.kinds = kinds
        self.is_replayed = is_replayed and self.may_be_replayed
        self.happenings = Happenings(self.history, "publish" if is_published else "mart")

    @rule(data=st.data())
    def a_day_and_its_night(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(*CHANGES_A_DAY))):
            kind = data.draw(st.sampled_from(self.kinds))
            getattr(self.happenings, kind)(**data.draw(CHANGES[kind]))
        kind = data.draw(st.sampled_from(["a_run_is_whole", *NIGHTS]))
        getattr(self.happenings, kind)(**data.draw(NIGHTS[kind]))

    def compare(self) -> None:
        self.happenings.a_run_is_whole()
        differences = self.history.rebuilt()
        if self.is_counting:
            type(self).differing += bool(differences)
            return
        assert not differences, f"not what a rebuild gives:\n{told(differences)}"
        if self.is_replayed:
            differences = self.history.replayed()
            assert not differences, f"not what the same nights give in full:\n{told(differences)}"

    def teardown(self) -> None:
        if not hasattr(self, "history"):
            return
        type(self).lived += 1
        try:
            self.compare()
        finally:
            self.history.close()
            shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company after its first night."""
    folder = tmp_path_factory.mktemp("founded")
    found(folder)
    return folder


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    forker = Forker({})
    yield forker
    forker.close()


def live(
    founded: Path,
    *,
    histories: int,
    nights: int,
    forker: Forker | None = None,
    fault: Fault | None = None,
    is_fixed: bool = True,
) -> type[AnyHistory]:
    class Machine(AnyHistory):
        pass

    Machine.founded, Machine.forker, Machine.may_be_replayed = founded, forker, nights > 1
    if fault:
        Machine.fault, Machine.is_counting = fault, True
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=nights,
            deadline=None,
            database=None,
            derandomize=is_fixed,
            phases=[Phase.generate] if fault else [Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Machine


def test_any_history_ends_as_a_rebuild(founded: Path) -> None:
    live(founded, histories=20, nights=1)


@pytest.mark.long
def test_any_long_history_ends_as_a_rebuild_and_as_the_same_nights_in_full(founded: Path, forker: Forker) -> None:
    started = time.monotonic()
    lived = live(founded, histories=200, nights=3, forker=forker, is_fixed=False).lived
    print(f"\nHISTORIES {lived} lived, no difference, {(time.monotonic() - started) / 60:.1f} minutes")


@pytest.mark.long
def test_the_histories_find_every_planted_fault(founded: Path) -> None:
    found_in = {}
    for name, fault in planted(founded).items():
        lived = live(founded, histories=20, nights=2, fault=fault)
        found_in[name] = lived.differing
        print(f"\nFAULT {name}: {lived.differing} of {lived.lived}")
    assert [name for name, number in found_in.items() if number == 0] == []


def edit_a_survivorship_rule(history: History) -> None:
    history.systems.tables["erp.customer"][0]["phone"] = "13711112222"
    history.night(until="mart")
    history.settings = replace(history.settings, phone_rule=("source_priority", "longest"), crm_priority=5)
    history.night(until="mart")


def change_two_rows_in_two_nights_of_which_one_is_killed(history: History) -> None:
    history.systems.tables["crm.party"][0]["phone"] = "13711112222"
    history.night(kill=Kill("staging"))
    history.systems.tables["crm.party"][1]["phone"] = "13733334444"
    history.night(until="mart")


def lose_a_customer(history: History) -> None:
    del history.systems.tables["crm.party"][2]
    history.night(until="mart")


def test_without_fingerprints_an_edited_rule_is_not_applied(founded: Path, tmp_path: Path, history: History) -> None:
    ignorant = History(tmp_path / "ignorant", founded, editing=Ignorant(founded))
    for each in (history, ignorant):
        edit_a_survivorship_rule(each)
    assert told(history.rebuilt()) == ""
    assert {d.table for d in ignorant.rebuilt()} >= {"master.customer", "master.attribute_source"}
    ignorant.close()


def test_without_offsets_what_a_killed_night_had_landed_is_lost(
    founded: Path, tmp_path: Path, history: History
) -> None:
    change_two_rows_in_two_nights_of_which_one_is_killed(history)
    assert told(history.rebuilt()) == ""
    forgetful = History(tmp_path / "forgetful", founded, fault=patching(stage_run, "plan_work", only_the_last_batch))
    change_two_rows_in_two_nights_of_which_one_is_killed(forgetful)
    assert {d.table for d in forgetful.rebuilt()} >= {"staging.party_contact_point", "mart.customer_360"}
    forgetful.close()


def test_without_old_keys_a_customer_whose_record_is_gone_stays(
    founded: Path, tmp_path: Path, history: History
) -> None:
    lose_a_customer(history)
    assert told(history.rebuilt()) == ""
    blind = History(tmp_path / "blind", founded, fault=patching(writing, "_log_old_change_keys", only_new_keys))
    lose_a_customer(blind)
    assert {d.table for d in blind.rebuilt()} >= {"matching.cluster", "master.customer"}
    blind.close()


def test_the_same_nights_in_full_give_the_same_state_and_the_same_published_file(history: History) -> None:
    """One night of every kind; a decision that was taken back later counts in the nights before."""
    store = history.store()
    store.add(Decision("judgement", "crm.party:A1", "lin", "erp.customer:K1", "no_match", decided_at=history.later(),
                       decision_id="D1"))  # fmt: skip
    customers = history.systems.tables["erp.customer"]
    customers[1]["email"] = "tilda@new.org"
    customers.append({"id": "K8", "kind": "P", "role": "buyer", "name": "4711"})
    history.night(until="mart")
    history.systems.tables["erp.orders"].append({"no": "O9", "customer": "K8", "amount": "5", "currency": "EUR"})
    store.add(Decision("release", "erp.customer:K8", "lin", rule="*", decided_at=history.later(), decision_id="D2"))
    history.night(kill=Kill("master"))
    store.undo("D1", who="lin")
    store.close()
    history.now = datetime.now(UTC)
    history.settings = replace(history.settings, walk_in="match", threshold=0.5)
    del customers[0]
    history.night()
    assert told(history.replayed()) == ""
    assert told(history.rebuilt()) == ""


def test_a_column_that_is_new_stays_reported_until_the_next_delivery_whoever_reads_it_again(history: History) -> None:
    history.systems.extra["erp.orders"] = ["note_0"]
    history.night()
    history.night()
    assert told(history.replayed()) == ""


def test_a_threshold_that_only_links_more_within_a_customer_reaches_the_published_pairs(history: History) -> None:
    history.systems.tables["crm.party"][0]["phone"] = None  # the ERP's second record ties its first to the CRM's
    history.systems.tables["erp.customer"][4]["phone"] = "13512345670"
    history.settings = replace(history.settings, threshold=1 - 1e-8)
    history.night()
    clusters = fetch(history.hub.con, "select * from matching.cluster order by all")
    history.settings = replace(history.settings, threshold=0.99)
    history.night()
    assert fetch(history.hub.con, "select * from matching.cluster order by all") == clusters
    assert told(history.rebuilt()) == ""


def test_a_customer_that_is_excluded_later_does_not_wait_in_quarantine(history: History) -> None:
    person = history.systems.tables["crm.party"][2]
    person["name"] = "4711"
    history.night(until="mart")
    person["role"] = "test"
    history.night(until="mart")
    history.night(until="mart")
    assert told(history.rebuilt()) == ""


def test_what_only_the_published_file_shows_is_published(history: History) -> None:
    history.systems.tables["crm.party"][2]["name"] = "4711"
    history.night()
    for edit in ({"name_rule": "warn"}, {"name_rule": "quarantine", "maps_owner": False}):
        history.settings = replace(history.settings, **edit)
        history.night()
        assert told(history.rebuilt()) == ""


@pytest.fixture
def history(founded: Path, tmp_path: Path) -> Iterator[History]:
    lived = History(tmp_path / "life", founded)
    yield lived
    lived.close()


def test_a_retrained_model_is_used_by_the_next_run_although_nothing_else_changed(history: History) -> None:
    history.settings = replace(history.settings, model="train")
    history.night(until="mart")
    joined = fetch(history.hub.con, "select count(distinct cluster_id) as n from matching.cluster")
    history.retrain(Retraining("person", 1e-12))
    history.night(until="mart")
    assert fetch(history.hub.con, "select count(distinct cluster_id) as n from matching.cluster") != joined
    assert told(history.rebuilt()) == ""
