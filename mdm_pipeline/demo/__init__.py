"""The demo company: a seeded generator of three real systems and the truth behind them.

In: a size and a seed.
Out: a CRM database, ERP files, finance sheets, `truth.csv`; the next day; small worlds.
Invariant: the same seed gives the same content, and no word list here is one that the standardizers use.
What does not belong here: anything that reads or cleans these files.
"""

from __future__ import annotations

from mdm_pipeline.demo.error_rates import ErrorRates
from mdm_pipeline.demo.generator import DemoReport, generate
from mdm_pipeline.demo.next_day import DayRates, next_day
from mdm_pipeline.demo.world import PartyRecord, World, write_world
from mdm_pipeline.demo.worlds import WORLDS, world

__all__ = [
    "WORLDS",
    "DayRates",
    "DemoReport",
    "ErrorRates",
    "PartyRecord",
    "World",
    "generate",
    "next_day",
    "world",
    "write_world",
]
