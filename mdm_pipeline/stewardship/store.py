"""The decision store: an append-only table behind SQLAlchemy.

In: decisions. Out: those in force. Invariant: rows are only ever added; `undo` is a row that names another.
Does not belong here: the hub.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Column, DateTime, Engine, MetaData, String, Table, Text, create_engine, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from mdm_pipeline.errors import PermanentError, TransientError

JudgementWord = Literal["match", "no_match", "unsure", "related"]
DecisionKind = Literal["judgement", "release", "undo"]
_METADATA = MetaData()
_DECISION = Table(
    "decision",
    _METADATA,
    Column("decision_id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("judgement", String(20)),
    Column("ref_l", String(400), nullable=False),
    Column("ref_r", String(400)),
    Column("rule", String(200)),
    Column("who", String(200), nullable=False),
    Column("why", Text),
    Column("origin", String(20), nullable=False),
    Column("decided_at", DateTime, nullable=False),
)


class DecisionRefused(PermanentError):
    """The decision cannot be stored as it is."""


@dataclass(frozen=True)
class Decision:
    """One decision as stored.

    Args:
        kind: `judgement` about two records, `release` of a quarantined record, `undo` of an earlier decision.
        ref_l: record as source.table:key; for `undo` the id of the decision taken back.
        ref_r: the second record of a judgement.
        judgement: match | no_match | unsure | related, for judgements.
        rule: the released rule, `*` for all, for releases.
        who: who decided.
        why: the reason given.
        origin: person | import | settlement.
        decided_at: aware UTC.
    """

    kind: DecisionKind
    ref_l: str
    who: str
    ref_r: str | None = None
    judgement: JudgementWord | None = None
    rule: str | None = None
    why: str | None = None
    origin: str = "person"
    decided_at: datetime | None = None
    decision_id: str = ""


class DecisionStore:
    """Opens (and creates) the store at a SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine: Engine = create_engine(url)
        try:
            _METADATA.create_all(self._engine)
        except OperationalError as error:
            raise TransientError(
                f"decision store {parsed.render_as_string(hide_password=True)}: cannot be reached "
                f"({str(error.orig).splitlines()[0]}); start its server or correct `decision_store`"
            ) from error

    def close(self) -> None:
        """Let the connections go."""
        self._engine.dispose()

    def add(self, decision: Decision) -> Decision:
        """Append one decision.

        Returns:
            The decision with its id and time.

        Raises:
            DecisionRefused: it is incomplete, or contradicts itself or decisions in force.
        """
        self._examine(decision)
        stored = Decision(
            **{
                **decision.__dict__,
                "decision_id": decision.decision_id or str(uuid.uuid4()),
                "decided_at": decision.decided_at or datetime.now(UTC),
            }
        )
        assert stored.decided_at is not None  # noqa: S101  for the type checker: set two lines above
        row = {**stored.__dict__, "decided_at": stored.decided_at.astimezone(UTC).replace(tzinfo=None)}
        with self._engine.begin() as connection:
            connection.execute(insert(_DECISION).values(**row))
        return stored

    def undo(self, decision_id: str, *, who: str, why: str | None = None) -> Decision:
        """Take an earlier decision back, by one more row.

        Raises:
            DecisionRefused: no decision of that id is in force.
        """
        if decision_id not in {d.decision_id for d in self.in_force()}:
            raise DecisionRefused(f"decision {decision_id}: not in force; `mdm decide list` shows those that are")
        return self.add(Decision(kind="undo", ref_l=decision_id, who=who, why=why))

    def history(self) -> list[Decision]:
        """Every row ever stored, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_DECISION).order_by(_DECISION.c.decided_at, _DECISION.c.decision_id))
            return [Decision(**{**row._mapping, "decided_at": row.decided_at.replace(tzinfo=UTC)}) for row in rows]

    def in_force(self, at: datetime | None = None) -> list[Decision]:
        """Decisions that count: not undone, and the latest one of each pair or release.

        Args:
            at: aware UTC; those that counted then, whatever was decided or taken back since. None: today.
        """
        return latest([d for d in self.history() if at is None or d.decided_at is None or d.decided_at <= at])

    def _examine(self, decision: Decision) -> None:
        if decision.kind == "undo":
            return
        for ref in (decision.ref_l, decision.ref_r):
            if ref is not None and (":" not in ref or "." not in ref.split(":", 1)[0]):
                raise DecisionRefused(f"record {ref!r}: expected source.table:key, for instance crm.account:A0001")
        if not decision.who.strip():
            raise DecisionRefused("decision: says not who decides; give a name")
        if decision.kind == "judgement":
            if decision.ref_r is None or decision.judgement is None:
                raise DecisionRefused("judgement: needs two records and one of match, no_match, unsure, related")
            if decision.ref_l == decision.ref_r:
                raise DecisionRefused(f"judgement: {decision.ref_l} twice; expected two different records")
            if decision.judgement == "no_match":
                chain = chain_of_matches(self.in_force(), decision.ref_l, decision.ref_r)
                if len(chain) > 2:  # two: the same pair, which the new judgement replaces
                    raise DecisionRefused(
                        f"no_match {decision.ref_l} / {decision.ref_r}: contradicts the matches in force "
                        f"{' = '.join(chain)}; undo one of them first"
                    )
            if decision.judgement == "match":
                self._examine_match(decision)

    def _examine_match(self, decision: Decision) -> None:
        """A match must not tie together two records that somebody said are different."""
        pair = {decision.ref_l, decision.ref_r}
        rest = [d for d in self.in_force() if {d.ref_l, d.ref_r} != pair]
        for other in rest:
            if other.judgement != "no_match" or other.ref_r is None:
                continue
            chain = chain_of_matches([*rest, decision], other.ref_l, other.ref_r)
            if chain:
                raise DecisionRefused(
                    f"match {decision.ref_l} / {decision.ref_r}: would make {' = '.join(chain)}, but {other.who} "
                    f"decided that {other.ref_l} and {other.ref_r} are different ({other.decision_id}); undo that first"
                )


def latest(history: Sequence[Decision]) -> list[Decision]:
    """Of a history in order: what is in force after it."""
    undone = {d.ref_l for d in history if d.kind == "undo"}
    by_subject: dict[tuple[str, ...], Decision] = {}
    for decision in history:
        if decision.kind == "undo" or decision.decision_id in undone:
            continue
        by_subject[_subject(decision)] = decision
    return list(by_subject.values())


def chain_of_matches(decisions: Sequence[Decision], start: str, goal: str) -> list[str]:
    """Shortest chain of `match` judgements that joins two records; empty when there is none."""
    neighbours: dict[str, list[str]] = {}
    for d in decisions:
        if d.judgement == "match" and d.ref_r is not None:
            neighbours.setdefault(d.ref_l, []).append(d.ref_r)
            neighbours.setdefault(d.ref_r, []).append(d.ref_l)
    paths = {start: [start]}
    queue = [start]
    for here in queue:
        if here == goal:
            return paths[here]
        for there in sorted(neighbours.get(here, [])):
            if there not in paths:
                paths[there] = [*paths[here], there]
                queue.append(there)
    return []


def _subject(decision: Decision) -> tuple[str, ...]:
    if decision.kind == "judgement":
        return ("judgement", *sorted((decision.ref_l, decision.ref_r or "")))
    return (decision.kind, decision.ref_l, decision.rule or "*")
