"""What the master stage has to know: its configuration section and the trust in each source.

In: `CompanyConfig`. Out: `MasterSection`, frozen, and the rules as frames to register. Invariant: a rule names an
attribute (or group) that the contract has. Does not belong here: applying the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mdm_pipeline.config.company import CompanyConfig, MasteringConfig, SurvivorshipRule
from mdm_pipeline.errors import PermanentError
from mdm_pipeline.hub.contract.master import GOLDEN

# Attributes that survive together, from one row; the name of the group is what the configuration names.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "address": ("address", "country", "province", "city", "district", "postcode"),
    "billing": ("invoice_title", "invoice_tax_id", "bank_name", "bank_account"),
}
# The parts of a person's name follow the name that is shown, unless they have rules of their own: else the family name
# of one record could meet the given name of another.
_NAME_PARTS = ("family_name", "given_name")
_MEMBERS = {member: group for group, members in GROUPS.items() for member in members}


class UnknownAttribute(PermanentError):
    """A survivorship rule names something that does not survive."""

    def __init__(self, name: str, expected: list[str]) -> None:
        self.name = name
        super().__init__(
            f"mastering.attributes.{name}: no such attribute of master.customer; expected one of "
            f"{', '.join(expected)}; correct the name or remove the rule"
        )


@dataclass(frozen=True)
class MasterSection:
    """Section of the master stage.

    Args:
        mastering: codes and survivorship.
        priorities: trust in each source, lower first.
    """

    mastering: MasteringConfig
    priorities: Mapping[str, int]


def section_of(config: CompanyConfig) -> MasterSection:
    """The master stage's section of a company's configuration.

    Raises:
        UnknownAttribute: a rule names an attribute that the contract lacks.
    """
    units = sorted({unit_of(column.name, config.mastering) for column in GOLDEN} | set(_NAME_PARTS))
    for name in config.mastering.attributes:
        if name not in units:
            raise UnknownAttribute(name, units)
    return MasterSection(config.mastering, {source.name: source.priority for source in config.sources})


def unit_of(attribute: str, mastering: MasteringConfig) -> str:
    """The unit that an attribute survives with: its group, or itself."""
    if attribute in _NAME_PARTS and attribute not in mastering.attributes:
        return "display_name"
    return _MEMBERS.get(attribute, attribute)


def attribute_frame(mastering: MasteringConfig) -> pl.DataFrame:
    """`attribute, unit` of every golden attribute."""
    names = [column.name for column in GOLDEN]
    return pl.DataFrame({"attribute": names, "unit": [unit_of(name, mastering) for name in names]})


def rule_frame(mastering: MasteringConfig) -> pl.DataFrame:
    """`unit, strategies, sources`: one row per unit, with the default where it has no rule of its own."""
    units = sorted(set(attribute_frame(mastering)["unit"]))
    rules: list[SurvivorshipRule] = [mastering.attributes.get(unit, mastering.default) for unit in units]
    return pl.DataFrame(
        {
            "unit": units,
            "strategies": [list(rule.strategies) for rule in rules],
            "sources": [list(rule.sources) for rule in rules],
        },
        schema={"unit": pl.String, "strategies": pl.List(pl.String), "sources": pl.List(pl.String)},
    )


def priority_frame(priorities: Mapping[str, int]) -> pl.DataFrame:
    """`source, priority` of every configured source."""
    return pl.DataFrame(
        {"source": list(priorities), "priority": list(priorities.values())},
        schema={"source": pl.String, "priority": pl.Int64},
    )
