"""What may happen to the small company by day, and to its runs by night.

In: a `History`. Out: every change by its name with a strategy of its arguments (`CHANGES`), every night likewise
(`NIGHTS`, the frequent ones several times). Does not belong here: in which order (`test_any_history`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.matching.stage import PARTY_TYPES
from mdm_pipeline.stewardship.store import Decision, DecisionRefused
from mdm_pipeline_tests.end_to_end.history import MOMENTS, STAGES, History, Kill, Retraining
from mdm_pipeline_tests.end_to_end.small_company import COLUMNS, KEYS, PARTY_TABLES, REFERENCES, Row

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
    {"erp_shrink": 1.0},
    {"erp_key": ("id", "kind")},
    {"crm_country": "DE"},
    {"bank_zone": "Asia/Shanghai"},
    {"model": "train"},
    {"title": "Small & Co"},
    {"id_prefix": "K"},
    {"switched_off": ("erp",)},
    {"switched_off": ("bank",)},
    {"switched_off": ("crm",)},
)
PARTIES = st.sampled_from(PARTY_TABLES)
ANY_TABLE = st.sampled_from(tuple(KEYS))
SYSTEM = st.sampled_from(("crm", "erp", "bank"))
PICK = st.integers(0, 7)
CELL = st.sampled_from([(name, value) for name, values in CELLS.items() for value in values])
EVENT_CELL = st.sampled_from([(name, value) for name, values in EVENT_CELLS.items() for value in values])
STAGE = st.sampled_from(STAGES)
AT_A_STATEMENT = st.builds(Kill, STAGE, st.integers(0, 80))
AT_THE_END = st.builds(Kill, STAGE)
FOR_GOOD = st.builds(Kill, STAGE, moment=st.sampled_from(MOMENTS[1:]), delay_us=st.integers(0, 3000))
CHANGES: dict[str, SearchStrategy[dict[str, Any]]] = {}
NIGHTS: dict[str, SearchStrategy[dict[str, Any]]] = {}
Method = Callable[..., None]


def change(**arguments: SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Something that happens by day."""

    def entered(method: Method) -> Method:
        CHANGES[method.__name__] = st.fixed_dictionaries(arguments)
        return method

    return entered


def night(**arguments: SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Something that happens to a run."""

    def entered(method: Method) -> Method:
        NIGHTS[method.__name__] = st.fixed_dictionaries(arguments)
        return method

    return entered


class Happenings:
    """All of it, happening to one history."""

    def __init__(self, history: History, until: str) -> None:
        self.history = history
        self.until = until
        self.gone: list[tuple[str, Row]] = []
        self.number = 100

    # what sources do

    def rows(self, table: str) -> list[Row]:
        return self.history.systems.tables[table]

    @change(table=PARTIES, pick=PICK, cell=CELL, is_stamped=st.booleans())
    def a_party_changes(self, table: str, pick: int, cell: tuple[str, str | None], is_stamped: bool) -> None:
        if rows := self.rows(table):
            row = rows[pick % len(rows)]
            row[cell[0]] = cell[1]
            if is_stamped:
                row["changed_at"] = f"{self.history.now:%Y-%m-%d %H:%M}"

    @change(table=st.sampled_from(sorted(set(KEYS) - set(PARTY_TABLES))), pick=PICK, cell=EVENT_CELL)
    def an_event_changes(self, table: str, pick: int, cell: tuple[str, str | None]) -> None:
        if (rows := self.rows(table)) and cell[0] in rows[pick % len(rows)]:
            rows[pick % len(rows)][cell[0]] = cell[1]

    @change(table=PARTIES, cells=st.lists(CELL, min_size=1, max_size=4))
    def a_party_appears(self, table: str, cells: list[tuple[str, str | None]]) -> None:
        self.number += 1
        row: Row = {"id": f"N{self.number}", "kind": "P", "role": "buyer", "name": "Ngozi Okafor"}
        self.rows(table).append({**row, **dict(cells)})

    @change(customer=st.sampled_from(EVENT_CELLS["customer"]), invoice=st.sampled_from(EVENT_CELLS["invoice_no"]))
    def an_order_and_a_payment_come_late(self, customer: str | None, invoice: str | None) -> None:
        self.number += 1
        event: Row = {"no": f"L{self.number}", "day": "2026-02-02", "currency": "EUR", "amount": "20"}
        self.rows("erp.orders").append({**event, "customer": customer})
        self.rows("bank.payment").append({**event, "payer": customer, "invoice_no": invoice})

    @change(table=ANY_TABLE, pick=PICK)
    def a_row_is_no_longer_delivered(self, table: str, pick: int) -> None:
        if rows := self.rows(table):
            self.gone.append((table, rows.pop(pick % len(rows))))

    @change(pick=PICK)
    def a_row_reappears(self, pick: int) -> None:
        if self.gone:
            table, row = self.gone.pop(pick % len(self.gone))
            self.rows(table).append(row)

    @change(table=ANY_TABLE, pick=PICK, cell=st.none() | CELL)
    def a_row_comes_twice(self, table: str, pick: int, cell: tuple[str, str | None] | None) -> None:
        if rows := self.rows(table):
            again = dict(rows[pick % len(rows)])
            if cell and cell[0] in again:
                again[cell[0]] = cell[1]
            rows.append(again)

    @change(table=PARTIES, one=PICK, other=PICK)
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

    @change(table=ANY_TABLE)
    def a_delivery_is_empty(self, table: str) -> None:
        self.gone += [(table, row) for row in self.rows(table)]
        self.rows(table).clear()

    @change(table=ANY_TABLE)
    def a_table_gains_a_column(self, table: str) -> None:
        gained = self.history.systems.extra.setdefault(table, [])
        gained.append(f"note_{len(gained)}")

    @change(table=ANY_TABLE, pick=PICK)
    def a_table_loses_a_column_and_has_it_back(self, table: str, pick: int) -> None:
        lost = self.history.systems.lost
        if lost.pop(table, None) is None:
            lost[table] = COLUMNS[table][pick % len(COLUMNS[table])]

    @change(system=SYSTEM)
    def a_system_does_not_answer_or_does_again(self, system: str) -> None:
        self.history.systems.away ^= {system}

    @change(table=PARTIES)
    def a_system_gives_all_its_parties_new_keys(self, table: str) -> None:
        self.number += 1
        new = {row["id"]: f"{row['id']}x{self.number}" for row in self.rows(table)}
        for referring, column in ((table, "id"), *REFERENCES[table]):
            for row in self.rows(referring):
                row[column] = new.get(row[column], row[column])

    # what people do

    def ref(self, table: str, pick: int) -> str:
        rows = self.rows(table)
        return f"{table}:{rows[pick % len(rows)]['id'] if rows else 'A1'}"

    @change(
        one=st.tuples(PARTIES, PICK), other=st.tuples(PARTIES, PICK), judgement=st.sampled_from(("match", "no_match"))
    )
    def a_steward_judges(self, one: tuple[str, int], other: tuple[str, int], judgement: str) -> None:
        self.decide(Decision("judgement", self.ref(*one), "lin", self.ref(*other), judgement))  # type: ignore[arg-type]

    @change(one=st.tuples(PARTIES, PICK), rule_name=st.sampled_from(("*", "name_has_letters")))
    def a_steward_releases(self, one: tuple[str, int], rule_name: str) -> None:
        self.decide(Decision("release", self.ref(*one), "lin", rule=rule_name))

    @change(table=PARTIES, is_judged=st.booleans(), cell=CELL)
    def a_party_waits_in_quarantine_and_is_released(
        self, table: str, is_judged: bool, cell: tuple[str, str | None]
    ) -> None:
        self.number += 1
        row: Row = {"id": f"W{self.number}", "kind": "P", "role": "buyer", cell[0]: cell[1], "name": "4711"}
        self.rows(table).append(row)
        self.history.night(until="mart")
        if is_judged:
            self.decide(Decision("judgement", f"{table}:W{self.number}", "lin", "crm.party:A1", "match"))
        self.decide(Decision("release", f"{table}:W{self.number}", "lin", rule="*"))

    @change(pick=PICK)
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

    @change(edit=st.sampled_from(EDITS), is_undone=st.sampled_from((False, False, False, True)))
    def an_administrator_edits(self, edit: dict[str, object], is_undone: bool) -> None:
        now = self.history.settings
        was = {name: type(now)().__dict__[name] for name in edit}
        self.history.settings = replace(now, **(was if is_undone else edit))

    @change(party_type=st.sampled_from(PARTY_TYPES), odds=st.sampled_from((1e-12, 1e-6, 30.0, 1.0)))
    def a_retrained_model_comes_into_force(self, party_type: PartyType, odds: float) -> None:
        self.history.settings = replace(self.history.settings, model="train")
        self.history.retrain(Retraining(party_type, odds))

    @change()
    def the_next_day_begins(self) -> None:
        self.history.later(days=1)

    # what happens to runs

    @night()
    def a_run_is_whole(self) -> None:
        self.history.night(until=self.until)

    @night(until=st.sampled_from(STAGES[1:-1]))
    def a_run_goes_as_far_as(self, until: str) -> None:
        self.history.night(until=until)

    @night()
    def a_run_does_everything(self) -> None:
        self.history.night(until=self.until, is_full=True)

    @night(kills=st.lists(AT_A_STATEMENT, min_size=1, max_size=3))
    def runs_are_killed(self, kills: list[Kill]) -> None:
        for kill in kills:  # so many in a row
            self.history.night(kill=kill)

    @night(kill=AT_THE_END)
    def a_run_is_killed_before_a_commit(self, kill: Kill) -> None:
        self.history.night(kill=kill)

    @night(kill=FOR_GOOD)
    def a_run_is_killed_in_a_commit(self, kill: Kill) -> None:
        self.history.night(kill=kill if self.history.forker else replace(kill, moment="statement"))
