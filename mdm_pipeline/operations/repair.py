"""The repairs behind `mdm doctor --repair`.

In: a home. Out: what was found and done. Invariant: everything happens while we hold the hub, so nothing of a living
run is touched; nothing that holds data is deleted, only renamed. Does not belong here: the recovery of a damaged hub
itself, which every opening does (`hub.recovery`).
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from mdm_pipeline.errors import MdmError
from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.connection import Home, Hub, HubLocked, open_hub, open_read_only
from mdm_pipeline.hub.recovery import damaged_files
from mdm_pipeline.hub.space import drop_ballast, free_bytes, needed_bytes
from mdm_pipeline.hub.spare import spare_of
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.operations.compaction import building_of

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Repair:
    """One thing that was not as it should be.

    Args:
        subject: what.
        is_done: put right; otherwise `detail` says what a person has to do.
        detail: what was done or is to do.
    """

    subject: str
    is_done: bool
    detail: str


def repair(home: Home, *, reserve_bytes: int, wait_s: float = 2.0) -> list[Repair]:
    """Put right what a killed run, a full disk or a damaged file has left.

    Args:
        home: what to repair.
        reserve_bytes: what must be free for a run besides hub and published file.
        wait_s: how long to wait for the hub.

    Returns:
        What was found; empty when all is well.
    """
    found = _space(home, reserve_bytes)
    if not home.hub_file.exists():
        return found
    spill = [path for path in _spill(home) if path.exists()]
    last_event = _last_event(home)
    try:
        with open_hub(home.hub_file, wait_s=wait_s) as hub:
            found += [Repair("spill files", True, f"{path.name} of a killed run removed") for path in spill]
            found += _recovered(hub, last_event)
            found += _dead_runs(hub)
            found += _leftovers(home)
            found += _published(home, hub)
    except HubLocked as locked:
        found.append(
            Repair(
                "hub", False, f"process {locked.holder} is writing: let the run end, or end that process; then again"
            )
        )
    except MdmError as error:  # too new, or damaged beyond the spare copy: its own words say what to do
        found.append(Repair("hub", False, str(error)))
    return found


def leftovers(home: Home) -> list[Path]:
    """Files that only a killed process leaves: half-built published file, half-made copies of the hub."""
    half_built = home.published_file.with_name(f".{home.published_file.stem}.building")
    candidates = [
        half_built,
        half_built.with_name(half_built.name + ".wal"),
        building_of(home),
        building_of(home).with_name(building_of(home).name + ".wal"),
        home.hub_file.with_name(f".{home.hub_file.name}.copying"),
        spare_of(home.hub_file).with_name(f".{home.hub_file.name}.copying"),
    ]
    return [path for path in candidates if path.exists()]


def _spill(home: Home) -> list[Path]:
    return [home.hub_file.with_name(home.hub_file.name + ".tmp")]


def _space(home: Home, reserve_bytes: int) -> list[Repair]:
    if not home.root.exists() or free_bytes(home.root) >= needed_bytes(home, reserve_bytes):
        return []
    freed = drop_ballast(home)
    found = [Repair("disk", True, f"ballast dropped, {_megabytes(freed)} freed")] if freed else []
    missing = needed_bytes(home, reserve_bytes) - free_bytes(home.root)
    if missing > 0:
        can_go = [f"{p} ({_megabytes(p.stat().st_size)})" for p in damaged_files(home.hub_file)]
        hint = f"; may be deleted: {', '.join(can_go)}" if can_go else ""
        found.append(
            Repair(
                "disk", False, f"a run wants {_megabytes(missing)} more: free it or move the home{hint}; mdm compact"
            )
        )
    return found


def _last_event(home: Home) -> int | None:
    """Number of the last audit event; none when the hub cannot be read as it is."""
    try:
        with closing(open_read_only(home.hub_file)) as con:
            row = run_sql(con, _HERE / "last_event.sql").fetchone()
            return int(row[0]) if row else 0
    except duckdb.Error:
        return None


def _recovered(hub: Hub, last_event: int | None) -> list[Repair]:
    """What opening the hub had to do; where it could not be read before, the last thing noted is that."""
    if last_event is None:
        row = run_sql(hub.con, _HERE / "last_event.sql").fetchone()
        last_event = (int(row[0]) if row else 0) - 1
    events = run_sql(hub.con, _HERE / "events_since.sql", {"event_no": last_event}).fetchall()
    return [Repair("hub", True, f"{what}: {detail}") for what, detail in events]


def _dead_runs(hub: Hub) -> list[Repair]:
    dead = run_sql(hub.con, _HERE / "dead_runs.sql").fetchall()
    run_sql(hub.con, _HERE / "close_dead_runs.sql")
    return [Repair("run", True, f"{run_id} of {as_of:%Y-%m-%d} was killed; marked as failed") for run_id, as_of in dead]


def _leftovers(home: Home) -> list[Repair]:
    found = []
    for path in leftovers(home):
        path.unlink()
        found.append(Repair("half-made file", True, f"{path.relative_to(home.root)} of a killed process removed"))
    return found


def _published(home: Home, hub: Hub) -> list[Repair]:
    if not home.published_file.exists():
        return []
    try:
        with closing(open_read_only(home.published_file)) as con:
            con.execute("select generation from generation").fetchone()
    except duckdb.Error as error:
        now = datetime.now(UTC)
        aside = home.published_file.with_name(f"{home.published_file.name}.damaged-{now:%Y%m%dT%H%M%S}")
        home.published_file.rename(aside)
        reason = str(error).splitlines()[0]
        record_event(hub.con, who="doctor", what="published file set aside", detail=f"{aside.name}: {reason}", at=now)
        return [Repair("published file", True, f"unreadable, renamed to {aside.name}; the next run publishes: mdm run")]
    return []


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
