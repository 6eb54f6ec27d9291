"""What a table is, which of its columns identify a row, and what every column becomes.

In: tables with understood columns. Out: a `Proposal` each, or None where a table is nothing we know. Invariant: a
column is proposed for one place (an order's own number is its key as well); a proposal names columns that exist. Does
not belong here: writing YAML.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import polars as pl

from mdm_pipeline.onboarding.introspection import FoundTable
from mdm_pipeline.onboarding.meanings import Column
from mdm_pipeline.onboarding.word_tables import needed_meanings, noise_words
from mdm_pipeline.onboarding.wording import table_kinds, tokens_of

_KEY_WORDS = frozenset(
    [
        "id",
        "no",
        "nr",
        "nummer",
        "number",
        "code",
        "key",
        "num",
        "numero",
        "codigo",
        "guid",
        "uuid",
        "ref",
        "kunnr",
        "vbeln",
        "ident",
        "bh",
        "dm",
        "bianhao",
        "daima",
        "docentry",
    ]
)
_OWN_NUMBER = {
    "party": "party_no",
    "contact": "contact_no",
    "sales_order": "order_no",
    "invoice": "invoice_no",
    "payment": "payment_no",
    "product": "product_no",
    "employee": "employee_no",
    "opportunity": "opportunity_no",
    "lead": "lead_no",
    "contract": "contract_no",
    "activity": "activity_no",
    "service_case": "case_no",
    "installed_asset": "asset_no",
}
_NEVER_KEY = frozenset(
    [
        "organization_name",
        "full_name",
        "phone",
        "email",
        "address",
        "street",
        "city",
        "postcode",
        "updated_at",
        "created_at",
        "net_amount",
        "gross_amount",
        "tax_id",
        "person_id",
        "website",
        "house_number",
        "registered_address",
        "bank_account",
        "credit_limit",
        "birth_date",
        "order_date",
        "invoice_date",
        "payment_date",
        "remark",
        "title",
    ]
)
_OWN_DATE = {
    "sales_order": "order_date",
    "invoice": "invoice_date",
    "payment": "payment_date",
    "activity": "happened_at",
    "fx_rate": "rate_date",
}
_PLAIN_DATES = frozenset({"date", "datum", "fecha", "日期", "riqi"})
_LEAST = 0.5


@dataclass(frozen=True)
class Proposal:
    """What would be written for one table.

    Args:
        table: the table.
        kind: party, contact or an event's entity.
        confidence: how sure the kind is.
        columns: all of its columns, understood.
        key: columns that identify a row.
        key_why: how the key was found.
        is_key_proven: declared by the source, or unique in the sample.
        parties: column that holds a party's key to source.table.
    """

    table: FoundTable
    kind: str
    confidence: float
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    key_why: str
    is_key_proven: bool
    parties: dict[str, str] = field(default_factory=dict)

    def best(self, *meanings: str) -> Column | None:
        """The column that has the first of these meanings that any has; the surest of several."""
        for meaning in meanings:
            found = [column for column in self.columns if column.meaning == meaning]
            if found:
                return max(found, key=lambda column: column.confidence)
        return None

    def every(self, *meanings: str) -> list[Column]:
        """All columns that have one of these meanings, in their order."""
        return [column for column in self.columns if column.meaning in meanings]


def propose(
    source: str, tables: Iterable[tuple[FoundTable, tuple[Column, ...]]]
) -> tuple[list[Proposal], list[FoundTable]]:
    """Decide what each table is, and whose keys its columns hold.

    Args:
        source: name of the source.
        tables: tables with their columns.

    Returns:
        The proposals, parties first, and the tables that are left out.
    """
    made: list[Proposal] = []
    left: list[FoundTable] = []
    for table, columns in tables:
        kind, confidence = _kind_of(table, columns)
        if kind is None or not columns:
            left.append(table)
            continue
        columns = _settled(kind, columns)
        key, why, is_proven = _key_of(kind, table, columns)
        columns = _with_own_number(kind, key, columns)
        made.append(Proposal(table, kind, confidence, columns, key, why, is_proven))
    parties = [one for one in made if one.kind in ("party", "contact")]
    linked = [_with_parties(source, one, parties) for one in made]
    return sorted(linked, key=lambda one: ("party", "contact").index(one.kind) if one in parties else 2), left


def _kind_of(table: FoundTable, columns: Sequence[Column]) -> tuple[str | None, float]:
    by_name = table_kinds(table.origin)
    sure = {column.meaning for column in columns if column.meaning}
    perhaps = sure | {other for column in columns for other in column.others[:1]}
    best, score = None, 0.0
    for kind, groups in needed_meanings().items():
        named = by_name.get(kind, 0.0)
        met = sum(bool(group & (perhaps if named else sure)) for group in groups) / len(groups)
        # a telling name forgives a column that is missing, but not that hardly anything fits
        value = met * 0.6 + named * 0.5 if met == 1 or (named > 0.5 and met >= 0.5) else 0.0
        value -= 0.1 if kind in ("employee", "lead", "fx_rate", "contact") and not named else 0.0
        if value > score + 1e-9:
            best, score = kind, value
    return (best, min(score, 1.0)) if score >= _LEAST else (None, score)


def _settled(kind: str, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Meanings in the light of what the table is: `Name` of a product is a product's name."""
    turned = {
        "party": {"product_name": "organization_name", "contact_no": "party_no", "title": "organization_name"},
        "contact": {"contact_person": "full_name", "product_name": "full_name", "employee_no": "contact_no"},
        "product": {"full_name": "product_name", "organization_name": "product_name", "short_name": "product_name"},
        "employee": {"organization_name": "full_name", "contact_person": "full_name", "owner": "full_name"},
        "payment": {"organization_name": "payer_name", "full_name": "payer_name", "contact_person": "payer_name"},
    }.get(kind, {})
    events = {"party", "contact"}
    if kind not in events and kind != "lead":
        columns = _with_own_date(kind, columns)
    have = {column.meaning for column in columns}
    return tuple(
        _as(column, turned[column.meaning], "by the kind of table")
        if column.meaning in turned and turned[column.meaning] not in have
        else column
        for column in columns
    )


def _with_own_number(kind: str, key: tuple[str, ...], columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """What identifies an invoice is its number, whatever the column is called."""
    own = _OWN_NUMBER.get(kind)
    if own is None or len(key) != 1 or any(column.meaning == own for column in columns):
        return columns
    return tuple(_as(column, own, "it is the key") if column.name == key[0] else column for column in columns)


def _with_own_date(kind: str, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The event's own day, where no name tells it: the first column of dates that means nothing else."""
    own = _OWN_DATE.get(kind)
    if own is None or any(column.meaning == own for column in columns):
        return columns
    for place, column in enumerate(columns):
        is_plain = bool(_PLAIN_DATES & set(tokens_of(column.name))) and len(tokens_of(column.name)) < 3
        if column.content.share("date") > 0.9 and (is_plain or column.meaning is None):
            return (*columns[:place], _as(column, own, "the first dates of the event"), *columns[place + 1 :])
    return columns


def _as(column: Column, meaning: str, why: str) -> Column:
    return Column(
        column.name, column.content, meaning, max(column.confidence, 0.55), f"{column.why or 'values'}; {why}"
    )


def _key_of(kind: str, table: FoundTable, columns: Sequence[Column]) -> tuple[tuple[str, ...], str, bool]:
    names = {column.name.lower(): column.name for column in columns}
    if table.primary_key and all(part.lower() in names for part in table.primary_key):
        return tuple(names[part.lower()] for part in table.primary_key), "primary key of the database", True
    for declared in sorted(table.unique, key=len):
        if all(part.lower() in names for part in declared):
            return tuple(names[part.lower()] for part in declared), "unique index of the database", True
    unique = [
        column
        for column in columns
        if column.content.is_unique
        and column.meaning not in _NEVER_KEY
        and column.content.share("date") < 0.5
        and column.content.share("decimal") < 0.5
    ]
    if kind == "sales_order_line" and (pair := _line_key(table, columns)):
        return pair, "unique in the sample", True
    own = [column for column in unique if column.meaning == _OWN_NUMBER.get(kind)]
    keyed = own or [column for column in unique if _looks_like_key(column)]
    if keyed:
        return (keyed[0].name,), "unique and filled in the sample", True
    if unique and unique[0] is columns[0]:
        return (unique[0].name,), "the first column, unique and filled in the sample", True
    pair = next((pair for pair in _pairs(columns) if _is_unique(table.sample, pair)), None)
    if pair:
        return pair, "unique only together in the sample", True
    if unique:
        return (unique[0].name,), "unique in the sample, though not named like a key", True
    first = next((column for column in columns if column.meaning == _OWN_NUMBER.get(kind)), columns[0])
    return (first.name,), "EDIT: no column is unique and filled in the sample", False


def _line_key(table: FoundTable, columns: Sequence[Column]) -> tuple[str, ...] | None:
    parts = []
    for meaning in ("order_no", "line_no"):
        found = next((column.name for column in columns if column.meaning == meaning), None)
        if found is None:
            return None
        parts.append(found)
    return tuple(parts) if _is_unique(table.sample, tuple(parts)) else None


def _pairs(columns: Sequence[Column]) -> Iterable[tuple[str, ...]]:
    likely = [
        column.name
        for column in columns
        if column.content.filled == 1.0
        and (_looks_like_key(column) or column.meaning in ("line_no", "currency", "rate_date"))
    ]
    return combinations(likely[:8], 2)


def _looks_like_key(column: Column) -> bool:
    by_meaning = bool(column.meaning and (column.meaning.endswith("_no") or column.meaning == "identifier"))
    return (
        by_meaning
        or bool(_KEY_WORDS & set(tokens_of(column.name)))
        or column.name.endswith(("编号", "编码", "号", "代码", "码"))
    )


def _is_unique(sample: pl.DataFrame, columns: Sequence[str]) -> bool:
    return sample.height > 0 and sample.select(columns).is_duplicated().sum() == 0


def _with_parties(source: str, one: Proposal, parties: Sequence[Proposal]) -> Proposal:
    """Find whose keys the columns of a table hold: by foreign key, else by name and values."""
    found: dict[str, str] = {}
    by_origin = {party.table.origin.lower(): party for party in parties}
    for column in one.columns:
        wanted = {"party_no": ("party", "contact"), "contact_no": ("contact",), "parent_no": ("party",)}
        kinds = wanted.get(column.meaning or "", ())
        declared = one.table.references.get(column.name)
        if declared and declared[0].lower() in by_origin:
            party = by_origin[declared[0].lower()]
            if party.key == (declared[1],) or len(party.key) == 1:
                found[column.name] = f"{source}.{party.table.name}"
            continue
        same = _of_same_name(one, column, parties)
        if same is not None:
            found[column.name] = f"{source}.{same.table.name}"
            continue
        if not kinds and one.kind not in ("party", "contact") and _says_only_whose(column):
            kinds = ("party", "contact")
            if max((_overlap(one, column, party) for party in parties if len(party.key) == 1), default=0.0) < 0.8:
                continue  # it may be anything
        if not kinds or (one.kind in ("party", "contact") and one.key == (column.name,)):
            continue
        candidates = [party for party in parties if party.kind in kinds and len(party.key) == 1]
        ranked = sorted(candidates, key=lambda party: (kinds.index(party.kind), -_overlap(one, column, party)))
        ranked.sort(key=lambda party: _overlap(one, column, party) < 0.5)
        if ranked:
            found[column.name] = f"{source}.{ranked[0].table.name}"
    return Proposal(
        one.table, one.kind, one.confidence, _keys_named(one, found), one.key, one.key_why, one.is_key_proven, found
    )


def _of_same_name(one: Proposal, column: Column, parties: Sequence[Proposal]) -> Proposal | None:
    """The party whose key is called exactly so, and holds most of the values."""
    for party in parties:
        if party.table is not one.table and [part.lower() for part in party.key] == [column.name.lower()]:
            return party if _overlap(one, column, party) >= 0.5 and one.key != (column.name,) else None
    return None


def _says_only_whose(column: Column) -> bool:
    """A column called just `customer`, or one of no meaning, may hold the customer's key."""
    return column.meaning is None or set(tokens_of(column.name)) <= noise_words()


def _keys_named(one: Proposal, found: dict[str, str]) -> tuple[Column, ...]:
    """A column that holds the keys of a party means one, whatever its name says."""
    return tuple(
        _as(column, "party_no", "its values are keys of that table")
        if column.name in found and column.meaning not in ("party_no", "contact_no", "parent_no")
        else column
        for column in one.columns
    )


def _overlap(one: Proposal, column: Column, party: Proposal) -> float:
    mine = one.table.sample[column.name].drop_nulls().unique()
    return float(mine.is_in(party.table.sample[party.key[0]].unique().to_list()).mean() or 0.0) if len(mine) else 0.0  # type: ignore[arg-type]
