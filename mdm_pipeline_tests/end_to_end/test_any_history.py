"""Any history ends as a rebuild: whatever sources, stewards, administrators and kills do in whatever order.

Each mechanism that makes it so (fingerprint, offset, old keys) is taken away once, and the difference is found.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from mdm_pipeline.hub import writing
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Work, plan_work
from mdm_pipeline.orchestration import stage_run
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.stewardship.store import Decision, DecisionRefused
from mdm_pipeline_tests.end_to_end.history import STAGES, History, Kill, found, told
from mdm_pipeline_tests.end_to_end.small_company import KEYS, PARTY_TABLES, REFERENCES, Row, company
from mdm_pipeline_tests.rows import fetch

CELLS: dict[str, tuple[str | None, ...]] = {
    "name": ("Ngozi Okafor", "Okafor, N.", "Tilda Barnes", "Kenji Watanabe", "Tilda Okafor", "4711", "Hansen GmbH"),
    "phone": ("13512345670", "13912345671", "13812345672", "+4989555123401", "no number", None),
    "email": ("ngozi@okafor.org", "tilda@barnes.org", "kenji@wata.jp", "info@hansen-bau.de", "nobody", None),
    "birth": ("1980-05-03", "1975-02-11", "1990-09-09", "2999-01-01", "31/12", None),
    "tax_no": ("DE136695976", "DE129273398", "123", None),
    "role": ("buyer", "walk-in", "test"),
    "kind": ("P", "O", None),
    "owner": ("lin", "wu", None),
}
EVENT_CELLS: dict[str, tuple[str | None, ...]] = {
    "customer": ("K1", "K2", "K3", "K9", None),
    "payer": ("K1", "K2", "K3", "K9", None),
    "person": ("A1", "A2", "A3", "A9"),
    "company": ("A4", "A5", "A9"),
    "order_no": ("O1", "O2", "O7", None),
    "invoice_no": ("R1", "R2", "R7", None),
    "day": ("2026-03-01", "2026-05-01", "unknown", None),
    "currency": ("CNY", "EUR", "USD", None),
    "amount": ("100", "33.33", "a lot", None),
    "rate": ("7.8", "7.1", "?"),
}
EDITS = (
    {"threshold": 0.5},
    {"threshold": 0.9999},
    {"duplicate_free": ("erp",)},
    {"phone_rule": ("source_priority", "longest")},
    {"crm_priority": 5},
    {"name_rule": "warn"},
    {"date_is_required": True},
    {"maps_owner": False},
    {"walk_in": "match"},
    {"walk_in": "excluded"},
    {"group_currency": "EUR"},
    {"erp_deletes": "never"},
)
PARTIES = st.sampled_from(PARTY_TABLES)
ANY_TABLE = st.sampled_from(tuple(KEYS))
PICK = st.integers(0, 7)
CELL = st.sampled_from([(name, value) for name, values in CELLS.items() for value in values])
EVENT_CELL = st.sampled_from([(name, value) for name, values in EVENT_CELLS.items() for value in values])
REF = st.sampled_from([f"crm.party:A{n}" for n in range(1, 7)] + [f"erp.customer:K{n}" for n in range(1, 6)])
MOST_NIGHTS = 2


class AnyHistory(RuleBasedStateMachine):
    """Everything that may happen between and during nights."""

    founded: Path
    is_replayed = False
    most_nights = MOST_NIGHTS

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="history"))
        self.history = History(self.folder / "life", self.founded)
        self.gone: list[tuple[str, Row]] = []
        self.number = 100

    # what sources do

    def rows(self, table: str) -> list[Row]:
        return self.history.systems.tables[table]

    @rule(table=PARTIES, pick=PICK, cell=CELL, is_stamped=st.booleans())
    def a_party_changes(self, table: str, pick: int, cell: tuple[str, str | None], is_stamped: bool) -> None:
        if rows := self.rows(table):
            row = rows[pick % len(rows)]
            row[cell[0]] = cell[1]
            if is_stamped:
                row["changed_at"] = f"{self.history.now:%Y-%m-%d %H:%M}"

    @rule(table=st.sampled_from(sorted(set(KEYS) - set(PARTY_TABLES))), pick=PICK, cell=EVENT_CELL)
    def an_event_changes(self, table: str, pick: int, cell: tuple[str, str | None]) -> None:
        if (rows := self.rows(table)) and cell[0] in rows[pick % len(rows)]:
            rows[pick % len(rows)][cell[0]] = cell[1]

    @rule(table=PARTIES, cells=st.lists(CELL, min_size=1, max_size=4))
    def a_party_appears(self, table: str, cells: list[tuple[str, str | None]]) -> None:
        self.number += 1
        row: Row = {"id": f"N{self.number}", "kind": "P", "role": "buyer", "name": "Ngozi Okafor"}
        self.rows(table).append({**row, **dict(cells)})

    @rule(customer=st.sampled_from(EVENT_CELLS["customer"]), invoice=st.sampled_from(EVENT_CELLS["invoice_no"]))
    def an_order_and_a_payment_come_late(self, customer: str | None, invoice: str | None) -> None:
        self.number += 1
        event: Row = {"no": f"L{self.number}", "day": "2026-02-02", "currency": "EUR", "amount": "20"}
        self.rows("erp.orders").append({**event, "customer": customer})
        self.rows("bank.payment").append({**event, "payer": customer, "invoice_no": invoice})

    @rule(table=ANY_TABLE, pick=PICK)
    def a_row_is_no_longer_delivered(self, table: str, pick: int) -> None:
        if rows := self.rows(table):
            self.gone.append((table, rows.pop(pick % len(rows))))

    @precondition(lambda self: self.gone)
    @rule(pick=PICK)
    def a_row_reappears(self, pick: int) -> None:
        table, row = self.gone.pop(pick % len(self.gone))
        self.rows(table).append(row)

    @rule(table=ANY_TABLE, pick=PICK, cell=st.none() | CELL)
    def a_row_comes_twice(self, table: str, pick: int, cell: tuple[str, str | None] | None) -> None:
        if rows := self.rows(table):
            again = dict(rows[pick % len(rows)])
            if cell and cell[0] in again:
                again[cell[0]] = cell[1]
            rows.append(again)

    @rule(table=PARTIES, one=PICK, other=PICK)
    def a_system_merges_two_of_its_keys(self, table: str, one: int, other: int) -> None:
        rows = self.rows(table)
        if len(rows) < 2 or one % len(rows) == other % len(rows):
            return
        kept = rows[one % len(rows)]["id"]
        dropped = rows.pop(other % len(rows))["id"]
        for referring, column in REFERENCES[table]:
            for row in self.rows(referring):
                if row[column] == dropped:
                    row[column] = kept

    @rule(table=ANY_TABLE)
    def a_delivery_is_empty(self, table: str) -> None:
        self.gone += [(table, row) for row in self.rows(table)]
        self.rows(table).clear()

    @rule(table=ANY_TABLE)
    def a_table_gains_a_column(self, table: str) -> None:
        self.history.systems.extra.setdefault(table, []).append(f"note_{len(self.history.systems.extra)}")

    # what people do

    @rule(one=REF, other=REF, judgement=st.sampled_from(("match", "no_match")))
    def a_steward_judges(self, one: str, other: str, judgement: str) -> None:
        self.decide(Decision("judgement", one, "lin", other, judgement))  # type: ignore[arg-type]

    @rule(ref=REF, rule_name=st.sampled_from(("*", "name_has_letters")))
    def a_steward_releases(self, ref: str, rule_name: str) -> None:
        self.decide(Decision("release", ref, "lin", rule=rule_name))

    @rule(pick=PICK)
    def a_steward_takes_a_decision_back(self, pick: int) -> None:
        store = self.history.store()
        in_force = sorted(d.decision_id for d in store.in_force())
        store.close()
        if in_force:
            self.decide(Decision("undo", in_force[pick % len(in_force)], "lin"))

    def decide(self, decision: Decision) -> None:
        store = self.history.store()
        self.number += 1
        try:
            store.add(replace(decision, decision_id=f"D{self.number}", decided_at=self.history.later()))
        except DecisionRefused:
            pass
        finally:
            store.close()

    @rule(edit=st.sampled_from(EDITS), is_undone=st.booleans())
    def an_administrator_edits(self, edit: dict[str, object], is_undone: bool) -> None:
        now = self.history.settings
        was = {name: type(now)().__dict__[name] for name in edit}
        self.history.settings = replace(now, **(was if is_undone else edit))

    @rule()
    def the_next_day_begins(self) -> None:
        self.history.later(days=1)

    # what happens to runs

    @precondition(lambda self: len(self.history.nights) < self.most_nights)
    @rule(until=st.sampled_from(STAGES[1:-1]))
    def a_run_ends_early(self, until: str) -> None:
        self.history.night(until=until)

    @precondition(lambda self: len(self.history.nights) < self.most_nights)
    @rule(stage=st.sampled_from(STAGES[:-1]), statements=st.integers(0, 80))
    def a_run_is_killed(self, stage: str, statements: int) -> None:
        self.history.night(kill=Kill(stage, statements))

    @precondition(lambda self: len(self.history.nights) < self.most_nights)
    @rule()
    def a_run_is_killed_before_its_last_commit(self) -> None:
        self.history.night(until="mart", kill=Kill("mart"))

    @precondition(lambda self: self.is_replayed and len(self.history.nights) < self.most_nights)
    @rule()
    def a_run_goes_through(self) -> None:
        self.history.night()

    def teardown(self) -> None:
        if not hasattr(self, "history"):
            return
        try:
            self.history.night(until="publish" if self.is_replayed else "mart")
            differences = self.history.rebuilt()
            assert not differences, f"not what a rebuild gives:\n{told(differences)}"
            if self.is_replayed:
                differences = self.history.replayed()
                assert not differences, f"not what the same nights give in full:\n{told(differences)}"
        finally:
            self.history.close()
            shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company after its first night."""
    folder = tmp_path_factory.mktemp("founded")
    found(folder)
    return folder


def live(founded: Path, *, histories: int, nights: int, is_replayed: bool) -> None:
    class Machine(AnyHistory):
        pass

    Machine.founded, Machine.most_nights, Machine.is_replayed = founded, nights, is_replayed
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=8 * (nights + 1),
            deadline=None,
            database=None,
            derandomize=not is_replayed,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_history_ends_as_a_rebuild(founded: Path) -> None:
    live(founded, histories=20, nights=1, is_replayed=False)


@pytest.mark.long
def test_any_long_history_ends_as_a_rebuild_and_as_the_same_nights_in_full(founded: Path) -> None:
    live(founded, histories=200, nights=4, is_replayed=True)


class Ignorant:
    """A stage that does not notice edits: its fingerprint is that of the founding night."""

    def __init__(self, founded: Path) -> None:
        config = company(founded / "data")
        self.known = {name: s.fingerprint for name, s in company_stages(config, Home(founded / "home")).items()}

    def __call__(self, stage: Stage) -> Stage:
        return replace(stage, fingerprint=self.known[stage.name])


def only_the_last_batch(con: DuckDBPyConnection, **planned: Any) -> Work:
    """What a work list is without an offset: the keys of the latest commit upstream."""
    for upstream in planned["upstreams"]:
        con.execute(
            f"update hub.stage_state set consumed_seq = (select coalesce(max(seq), 1) - 1 from {upstream}.change) "
            "where stage = $stage and upstream = $upstream",
            {"stage": planned["stage"], "upstream": upstream},
        )
    return plan_work(con, **planned)


def only_new_keys(con: DuckDBPyConnection, table: Table, name: str) -> None:
    """What a change log is without old keys: it does not know the rows that went."""
    con.execute("create or replace temp table touched as select change_key from written")


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
    founded: Path, tmp_path: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_two_rows_in_two_nights_of_which_one_is_killed(history)
    assert told(history.rebuilt()) == ""
    forgetful = History(tmp_path / "forgetful", founded)
    with monkeypatch.context() as patch:
        patch.setattr(stage_run, "plan_work", only_the_last_batch)
        change_two_rows_in_two_nights_of_which_one_is_killed(forgetful)
    assert {d.table for d in forgetful.rebuilt()} >= {"staging.party_contact_point", "mart.customer_360"}
    forgetful.close()


def test_without_old_keys_a_customer_whose_record_is_gone_stays(
    founded: Path, tmp_path: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_a_customer(history)
    assert told(history.rebuilt()) == ""
    blind = History(tmp_path / "blind", founded)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_log_old_change_keys", only_new_keys)
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
