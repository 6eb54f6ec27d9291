"""Which source columns a table's mapping needs, and whether a delivery has them.

In: a table's configuration and the delivered column names. Out: the needed columns, or `SourceHeldBack`.
Invariant: a column that the configuration names is never silently null. Does not belong here: values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.sources import (
    AddressMapping,
    BillingMapping,
    ByValue,
    CreditMapping,
    NameMapping,
    PartyMapping,
    SourceConfig,
    TableConfig,
)
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.sources.delivery import did_you_mean

_PARTY_COLUMNS = (
    "birth_date",
    "industry",
    "status",
    "owner",
    "website",
    "legal_entity",
    "business_unit",
    "country",
)


def mapped_columns(table: TableConfig) -> dict[str, str]:
    """Every source column that the configuration names, with the place that names it (the first one)."""
    found: dict[str, str] = {}
    for column, where in _named(table):
        found.setdefault(column, where)
    return found


def require_columns(source: SourceConfig, table_name: str, delivered: Sequence[str]) -> None:
    """Check a delivery's columns against the configuration.

    Raises:
        SourceHeldBack: a key column or a mapped column is missing.
    """
    have = {column.lower() for column in delivered}
    missing = {c: where for c, where in mapped_columns(source.tables[table_name]).items() if c.lower() not in have}
    if not missing:
        return
    listed = ", ".join(f"{c!r} ({where}){did_you_mean(c, delivered)}" for c, where in list(missing.items())[:5])
    raise SourceHeldBack(
        source.name,
        f"{table_name}: the delivery lacks column {listed}; expected every column that the configuration "
        "names; deliver it again or correct the mapping",
    )


def _named(table: TableConfig) -> Iterator[tuple[str, str]]:
    yield from ((column, "key") for column in table.key)
    if table.updated_at:
        yield table.updated_at, "updated_at"
    if table.party:
        yield from _of_party(table.party)
    if table.event:
        for name, column in table.event.columns.items():
            if column.column:
                yield column.column, f"event.columns.{name}"


def _of_party(party: PartyMapping) -> Iterator[tuple[str, str]]:
    for name in ("type", "sole_trader", "scope", "roles", "gender"):
        by_value: ByValue | None = getattr(party, name)
        if by_value and by_value.column:
            yield by_value.column, f"party.{name}"
    yield from _texts(party, _PARTY_COLUMNS, "party")
    yield from _listed(party.names, _columns_of(NameMapping), "party.names")
    yield from _listed(party.identifiers, ("column", "scheme_column", "country_column"), "party.identifiers")
    yield from _listed(party.contact_points, ("column",), "party.contact_points")
    yield from _listed(party.addresses, _columns_of(AddressMapping), "party.addresses")
    yield from _listed(party.links, ("column",), "party.links")
    if party.billing:
        yield from _texts(party.billing, _columns_of(BillingMapping), "party.billing")
    if party.credit:
        yield from _texts(party.credit, _columns_of(CreditMapping), "party.credit")


def _columns_of(section: type[Section]) -> tuple[str, ...]:
    """The fields of a mapping that hold columns: all but its kind."""
    return tuple(name for name in section.model_fields if name != "kind")


def _listed(sections: Sequence[Section], names: Iterable[str], where: str) -> Iterator[tuple[str, str]]:
    wanted = tuple(names)
    for position, section in enumerate(sections):
        yield from _texts(section, wanted, f"{where}[{position}]")


def _texts(section: Section, names: Iterable[str], where: str) -> Iterator[tuple[str, str]]:
    for name in names:
        column: str | None = getattr(section, name)
        if column:
            yield column, f"{where}.{name}"
