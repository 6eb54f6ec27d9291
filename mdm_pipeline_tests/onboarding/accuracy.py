"""How many columns of the foreign systems are proposed right: the measure, and a table of it for people.

In: a system. Out: `Measured`. Run as a module it prints all systems.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url

from mdm_pipeline.onboarding.add import proposals_of
from mdm_pipeline.onboarding.introspection import introspect_database, introspect_folder
from mdm_pipeline.onboarding.meanings import guess_country
from mdm_pipeline.onboarding.source_text import Heading, source_text
from mdm_pipeline.onboarding.table_proposal import Proposal
from mdm_pipeline_tests.onboarding import foreign, unseen
from mdm_pipeline_tests.onboarding.foreign import System


@dataclass
class Measured:
    """Mappable columns, those of them proposed right, columns without a place that got one, and what went wrong."""

    mappable: int = 0
    right: int = 0
    invented: int = 0
    kinds_right: int = 0
    kinds: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of mappable columns that are proposed right."""
        return self.right / self.mappable


def measure(system: System, folder: Path) -> Measured:
    """Write a system, look at it, compare."""
    place = system.create(folder / system.name)
    if system.is_database:
        found = introspect_database(system.name, make_url(f"sqlite:///{place}"), folder, rows=1000)
    else:
        found = introspect_folder(system.name, str(place), folder, rows=1000)
    country = guess_country([table.sample for table in found.tables], "GB")
    proposals, _ = proposals_of(system.name, found, country)
    source_text(Heading(system.name, {"kind": "files", "folder": "x"}, country, "UTC", True), proposals, [])
    # writing the file decides the last fields (updated_at, deleted_flag)
    measured = Measured()
    by_columns = {tuple(one.table.sample.columns): (one, mapped.used) for one, mapped in proposals}
    for table in system.tables:
        measured.kinds += 1
        one, used = by_columns.get(tuple(table.columns), (None, {}))
        measured.kinds_right += one is not None and one.kind == table.kind
        for column, (wanted, _) in table.columns.items():
            got = _place(one, used, column)
            if not wanted:
                measured.invented += bool(got)
            else:
                measured.mappable += 1
                is_right = bool(set(wanted.split("|")) & got)
                measured.right += is_right
                if not is_right:
                    measured.misses.append(f"{table.name}.{column}: {wanted}, not {'/'.join(sorted(got)) or 'mapped'}")
    return measured


def _place(one: Proposal | None, used: dict[str, str], column: str) -> set[str]:
    if one is None:
        return set()
    return {*([used[column]] if column in used else []), *(["key"] if column in one.key else [])}


def main() -> None:
    """Print a line for each system."""
    for title, systems in (("learned from", foreign.SYSTEMS), ("no word was added for", unseen.SYSTEMS)):
        total = Measured()
        sys.stdout.write(f"{title}:\n")
        for system in systems:
            with tempfile.TemporaryDirectory() as folder:
                found = measure(system, Path(folder))
            kinds = f"kinds {found.kinds_right}/{found.kinds}"
            sys.stdout.write(
                f"  {system.name:10} {found.share:6.1%}  {found.right}/{found.mappable}  {kinds}"
                f"  invented {found.invented}\n"
            )
            sys.stdout.writelines(f"      {miss}\n" for miss in found.misses)
            total.right += found.right
            total.mappable += found.mappable
        sys.stdout.write(f"  all        {total.share:6.1%}  {total.right}/{total.mappable}\n")


if __name__ == "__main__":
    main()
