"""The decision store: append-only, latest judgement counts, contradictions are refused with their chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdm_pipeline.stewardship.store import Decision, DecisionRefused, DecisionStore

A, B, C = "crm.account:A", "erp.customers:B", "finance.billing_customers:C"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DecisionStore]:
    opened = DecisionStore(f"sqlite:///{tmp_path / 'decisions.sqlite'}")
    yield opened
    opened.close()


def judge(left: str, right: str, word: str) -> Decision:
    return Decision(kind="judgement", ref_l=left, ref_r=right, judgement=word, who="lin")  # type: ignore[arg-type]


def test_a_later_judgement_of_the_same_pair_replaces_the_earlier_in_either_order(store: DecisionStore) -> None:
    store.add(judge(A, B, "match"))
    store.add(judge(B, A, "no_match"))
    assert [d.judgement for d in store.in_force()] == ["no_match"]
    assert len(store.history()) == 2


def test_undo_is_one_more_row_and_takes_the_decision_out_of_force(store: DecisionStore) -> None:
    decided = store.add(judge(A, B, "match"))
    store.undo(decided.decision_id, who="wu", why="other person")
    assert store.in_force() == []
    assert [d.kind for d in store.history()] == ["judgement", "undo"]


def test_undoing_what_is_not_in_force_is_refused(store: DecisionStore) -> None:
    with pytest.raises(DecisionRefused, match="not in force"):
        store.undo("no-such-id", who="wu")


def test_a_no_match_inside_a_chain_of_matches_is_refused_and_names_the_chain(store: DecisionStore) -> None:
    store.add(judge(A, B, "match"))
    store.add(judge(B, C, "match"))
    with pytest.raises(DecisionRefused, match=f"{A} = {B} = {C}"):
        store.add(judge(A, C, "no_match"))


def test_a_match_that_would_tie_two_different_records_together_is_refused(store: DecisionStore) -> None:
    store.add(judge(A, C, "no_match"))
    store.add(judge(A, B, "match"))
    with pytest.raises(DecisionRefused, match="are different"):
        store.add(judge(B, C, "match"))
    assert len(store.in_force()) == 2


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (Decision(kind="judgement", ref_l=A, ref_r=A, judgement="match", who="lin"), "two different records"),
        (Decision(kind="judgement", ref_l="A1", ref_r=B, judgement="match", who="lin"), "expected source.table:key"),
        (Decision(kind="judgement", ref_l=A, who="lin"), "needs two records"),
        (Decision(kind="release", ref_l=A, rule="*", who=" "), "says not who"),
    ],
)
def test_an_incomplete_decision_is_refused(store: DecisionStore, decision: Decision, message: str) -> None:
    with pytest.raises(DecisionRefused, match=message):
        store.add(decision)


def test_releases_are_kept_per_record_and_rule(store: DecisionStore) -> None:
    store.add(Decision(kind="release", ref_l=A, rule="name_is_digits", who="lin", why="real name"))
    store.add(Decision(kind="release", ref_l=A, rule="*", who="lin"))
    assert {d.rule for d in store.in_force()} == {"name_is_digits", "*"}
