"""Joins records into parties: best pair first, two groups only if all that is known between them speaks for it.

In: scored pairs, judgements, strong identifiers. Out: a cluster per record. Invariant: the result depends on the set of
rows only, not on their order; a judgement is never overruled; a component depends on its own records alone.
The method is average-link agglomeration with constraints (cannot-link and must-link), edges in order of
weight: connected
components would let one wrong pair join two customers. Does not belong here: scores, thresholds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# A pair inside a merge that never met on a key: mildly against.
UNSEEN = -2.0
# One very strong pair must not outweigh many that speak against.
CAP = 14.0


@dataclass(frozen=True)
class Contradiction:
    """A judgement that could not be followed because another one says the opposite."""

    record_id_l: int
    record_id_r: int
    judgement: str


@dataclass
class _Group:
    """Records joined so far, and the sum and number of scored pairs to each neighboring group."""

    records: list[int]
    sums: dict[int, float] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    strong: dict[str, set[str]] = field(default_factory=dict)
    apart: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Clustering:
    """Cluster (its smallest record) by record, and judgements that could not be followed."""

    cluster_of: Mapping[int, int]
    contradictions: Sequence[Contradiction]
    refused_merges: int


def cluster(
    records: Iterable[int],
    pairs: Iterable[tuple[int, int, float]],
    *,
    threshold: float,
    strong: Mapping[int, Mapping[str, frozenset[str]]] | None = None,
    together: Iterable[tuple[int, int]] = (),
    apart: Iterable[tuple[int, int]] = (),
) -> Clustering:
    """Join records.

    Args:
        records: every record in scope.
        pairs: record, record, match weight; each pair once, in any order.
        threshold: weight from which a pair may join two groups.
        strong: per record and scheme, the values of identifiers of which a party has one only.
        together: judged to be the same.
        apart: judged to be different; wins over `together`.
    """
    engine = _Engine(sorted(records), strong or {})
    scored = sorted((-weight, min(one, other), max(one, other)) for one, other, weight in pairs)
    forbidden = _in_order(apart)
    contradictions = engine.obey(_in_order(together), forbidden)
    for negative, left, right in scored:
        engine.note(left, right, -negative)
    refused = 0
    for negative, left, right in scored:
        if -negative < threshold:
            break
        refused += not engine.try_merge(left, right)
    return Clustering(engine.result(), contradictions, refused)


def _in_order(judged: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted({(min(pair), max(pair)) for pair in judged})


class _Engine:
    """Union-find whose roots carry what is known about their group."""

    def __init__(self, records: list[int], strong: Mapping[int, Mapping[str, frozenset[str]]]) -> None:
        self.parent = {record: record for record in records}
        self.groups = {
            record: _Group([record], strong={s: set(v) for s, v in strong.get(record, {}).items()})
            for record in records
        }

    def root(self, record: int) -> int:
        """Representative of the record's group."""
        while self.parent[record] != record:
            self.parent[record] = self.parent[self.parent[record]]
            record = self.parent[record]
        return record

    def obey(self, together: list[tuple[int, int]], apart: list[tuple[int, int]]) -> list[Contradiction]:
        """Carry out the judgements; `apart` first, so that it wins."""
        known = self.parent
        for left, right in apart:
            if left in known and right in known:
                self.groups[left].apart.add(right)
                self.groups[right].apart.add(left)
        contradictions = []
        for left, right in together:
            if left not in known or right not in known:
                continue
            a, b = self.root(left), self.root(right)
            if a == b:
                continue
            if b in self.groups[a].apart:
                contradictions.append(Contradiction(left, right, "match"))
            else:
                self._merge(a, b)
        return contradictions

    def note(self, left: int, right: int, weight: float) -> None:
        """Enter a scored pair."""
        if left not in self.parent or right not in self.parent:
            return
        a, b = self.root(left), self.root(right)
        if a == b:
            return
        score = max(-CAP, min(CAP, weight))
        for one, other in ((a, b), (b, a)):
            group = self.groups[one]
            group.sums[other] = group.sums.get(other, 0.0) + score
            group.numbers[other] = group.numbers.get(other, 0) + 1

    def try_merge(self, left: int, right: int) -> bool:
        """Join the groups of two records unless something speaks against it."""
        if left not in self.parent or right not in self.parent:
            return False
        a, b = self.root(left), self.root(right)
        if a == b:
            return True
        one, other = self.groups[a], self.groups[b]
        if b in one.apart or _conflict(one.strong, other.strong):
            return False
        unseen = len(one.records) * len(other.records) - one.numbers.get(b, 0)
        if one.sums.get(b, 0.0) + UNSEEN * unseen < 0:
            return False
        self._merge(a, b)
        return True

    def _merge(self, a: int, b: int) -> None:
        # The smaller side moves into the larger one; ties go to the smaller id, so that order does not matter.
        size_a, size_b = len(self.groups[a].records), len(self.groups[b].records)
        if (size_b, -b) > (size_a, -a):
            a, b = b, a
        into, gone = self.groups[a], self.groups.pop(b)
        self.parent[b] = a
        into.records.extend(gone.records)
        for scheme, values in gone.strong.items():
            into.strong.setdefault(scheme, set()).update(values)
        into.sums.pop(b, None)
        into.numbers.pop(b, None)
        for neighbor in gone.sums:
            if neighbor == a:
                continue
            there = self.groups[neighbor]
            total = there.sums.get(a, 0.0) + there.sums.pop(b)
            number = there.numbers.get(a, 0) + there.numbers.pop(b)
            there.sums[a] = into.sums[neighbor] = total
            there.numbers[a] = into.numbers[neighbor] = number
        for neighbor in gone.apart:
            there = self.groups[neighbor]
            there.apart.discard(b)
            there.apart.add(a)
            into.apart.add(neighbor)

    def result(self) -> dict[int, int]:
        """The smallest record of its group, for every record."""
        smallest = {root: min(group.records) for root, group in self.groups.items()}
        return {record: smallest[self.root(record)] for record in self.parent}


def _conflict(one: Mapping[str, set[str]], other: Mapping[str, set[str]]) -> bool:
    """Both have identifiers of a scheme, and none in common."""
    return any(scheme in other and values.isdisjoint(other[scheme]) for scheme, values in one.items())
