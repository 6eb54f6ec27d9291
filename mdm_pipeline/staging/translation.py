"""`ByValue` of the configuration applied to a column, and checked when the stage is made.

In: a mapping and landed rows. Out: canonical values. Invariant: values are compared cleaned and without case;
every value that a mapping can give is one that the contract allows. Does not belong here: guessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

import polars as pl

from mdm_pipeline.config.mappings import ByValue, EventMapping, Scope
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.staging.codes import LISTS
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.values import plain_text


class MappingInvalid(PermanentError):
    """A mapping gives a value that the canonical model does not know."""


def translate(value: ByValue, landed: LandedRows) -> pl.Series:
    """Canonical value per row: by the map, else `otherwise`; null where neither has one."""
    folded = plain_text(landed.column(value.column)).str.to_lowercase()
    known = {key.strip().lower(): target for key, target in value.map.items()}
    return folded.replace_strict(
        pl.Series(list(known), dtype=pl.String),
        pl.Series(list(known.values()), dtype=pl.String),
        default=value.otherwise,
        return_dtype=pl.String,
    ).fill_null(value.otherwise if value.otherwise is not None else pl.lit(None, dtype=pl.String))


def check_mappings(sources: Iterable[SourceConfig]) -> None:
    """Refuse mappings whose values the contract does not allow.

    Raises:
        MappingInvalid: names file, table, field, the value and what is allowed.
    """
    for source in sources:
        for table_name, table in source.tables.items():
            where = f"sources/{source.name}.yaml, tables.{table_name}"
            if table.party is not None:
                party = table.party
                _check(where, "party.type", party.type, ("person", "organization", "guess"))
                _check(where, "party.scope", party.scope, get_args(Scope))
                for name in party.names:
                    _check(where, "party.names.kind_by", name.kind_by, contract.PARTY_NAME.column("kind").values)
                _check(where, "party.gender", party.gender, ("f", "m", "x"))
                _check(where, "party.sole_trader", party.sole_trader, ("yes", "no"))
            if table.event is not None:
                _check_event(where, table.event)


def _check_event(where: str, event: EventMapping) -> None:
    contracted = next(t for t in contract.TABLES if t.name == event.entity)
    for name, mapping in event.columns.items():
        if name not in contracted.column_names:
            raise MappingInvalid(
                f"{where}.event.columns: {contracted.full_name} has no column {name!r}; it has "
                f"{', '.join(contracted.column_names[3:])}; correct the name"
            )
        if mapping.codes is not None and mapping.codes not in LISTS:
            raise MappingInvalid(
                f"{where}.event.columns.{name}.codes: no code list {mapping.codes!r}; expected one of "
                f"{', '.join(LISTS)}; correct the name"
            )
        allowed = contracted.column(name).values
        given = [*mapping.map.values(), *([mapping.constant] if mapping.constant is not None else [])]
        for value in given if allowed else []:
            if value not in allowed:
                raise MappingInvalid(
                    f"{where}.event.columns.{name}: {value!r} is none of {', '.join(allowed)}; correct the mapping"
                )


def _check(where: str, field: str, value: ByValue | None, allowed: tuple[str, ...]) -> None:
    for given in _targets(value):
        if given not in allowed:
            raise MappingInvalid(f"{where}.{field}: {given!r} is none of {', '.join(allowed)}; correct the mapping")


def _targets(value: ByValue | None) -> Iterator[str]:
    if value is not None:
        yield from value.map.values()
        if value.otherwise is not None:
            yield value.otherwise
