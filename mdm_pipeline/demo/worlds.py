"""A dozen small worlds with truth, for tests and docs: the cases that decide what one customer is.

In: `tables/worlds.csv` (name, titles, story) and `tables/world_records.csv` (their records with truth).
Out: `WORLDS`, by name.
Invariant: records of one truth id are one customer by the project's definition, records of two are two.
What does not belong here: how a world becomes files (`world`).
"""

from __future__ import annotations

from mdm_pipeline.demo.tables import table
from mdm_pipeline.demo.world import PartyRecord, World, write_world

__all__ = ["WORLDS", "PartyRecord", "World", "world", "write_world"]


def _record(row: dict[str, str | None]) -> PartyRecord:
    works_for = tuple((row["works_for"] or "").split())
    cells = {name: value for name, value in row.items() if name not in ("world", "works_for")}
    return PartyRecord(works_for=works_for, **cells)  # type: ignore[arg-type]  # required cells are never empty


def _worlds() -> dict[str, World]:
    records = table("world_records").partition_by("world", as_dict=True, maintain_order=True)
    return {
        row["name"]: World(
            name=row["name"],
            title_en=row["title_en"],
            title_zh=row["title_zh"],
            story=row["story"],
            records=tuple(_record(each) for each in records[(row["name"],)].iter_rows(named=True)),
        )
        for row in table("worlds").iter_rows(named=True)
    }


WORLDS: dict[str, World] = _worlds()


def world(name: str) -> World:
    """The small world of that name.

    Raises:
        KeyError: there is none; the message names those that exist.
    """
    if name not in WORLDS:
        raise KeyError(f"no small world {name!r}; expected one of {', '.join(WORLDS)}")
    return WORLDS[name]
