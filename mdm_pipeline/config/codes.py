"""Code lists of a company: what its sources' codes mean in canonical codes (`codes.yaml`).

In: nothing. Out: `CodesConfig`. What holds for one source only stands in that source's file, under `codes`.
Invariant: a code of the canonical lists that ship with the program needs no entry; names of them are known as well.
Does not belong here: the shipped lists (`staging/code_lists`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from mdm_pipeline.config.base import Section

ListName = Literal[
    "industry", "region", "legal_form", "payment_term", "currency", "stage", "unit", "country", "channel"
]
CodeMap = dict[ListName, dict[str, str]]


class UnitConversion(Section):
    """What one unit of quantity is in another."""

    base: str = Field(description="Canonical code of the base unit.")
    factor: Decimal = Field(gt=0, description="How many of the base unit one of this unit is.")


class CodesConfig(Section):
    """Code lists that hold for all sources."""

    version: Literal[1] = Field(default=1, description="Version of this section's form.")
    lists: CodeMap = Field(
        default_factory=dict, description="Per list: a source's code or word to the canonical code; for all sources."
    )
    canonical: dict[ListName, dict[str, str]] = Field(
        default_factory=dict, description="Per list: canonical codes of this company's own, with their name."
    )
    units: dict[str, UnitConversion] = Field(
        default_factory=dict, description="Units that count in another one (a box of 12), by their canonical code."
    )
