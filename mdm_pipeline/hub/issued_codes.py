"""Numbers of customer codes that were ever issued, remembered beside the hub.

A hub brought back to an earlier state must not give a lost run's codes to other customers. In: the hub, the note beside
it, the published file. Out: `hub/codes_issued.txt`, `hub.code_floor`. Invariant: a number that a committed run issued
is in the note before anybody outside can have seen its code. Does not belong here: who gets which code (`master`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.audit import record_event
from mdm_pipeline.hub.ddl import literal
from mdm_pipeline.hub.spare import put_in_place
from mdm_pipeline.hub.sql import run_sql

_HERE = Path(__file__).parent


def note_of(hub_file: Path) -> Path:
    """Where the highest number ever issued is noted: one line, a number."""
    return hub_file.with_name("codes_issued.txt")


def last_number(con: DuckDBPyConnection) -> int:
    """The highest number that is taken; the next new code has the one after it."""
    row = run_sql(con, _HERE / "last_number.sql").fetchone()
    return int(row[0]) if row else 0


def note_issued(con: DuckDBPyConnection, hub_file: Path) -> None:
    """Write down the highest number, on disk and in one step; to be called once the codes are committed."""
    number = last_number(con)
    if number > (_noted(hub_file) or 0):
        note = note_of(hub_file)
        writing = note.with_name(f".{note.name}.writing")
        writing.write_text(f"{number}\n", encoding="ascii")
        put_in_place(writing, note)


def keep_lost_numbers_taken(con: DuckDBPyConnection, hub_file: Path, published_file: Path, at: datetime) -> int:
    """At the start of a run: numbers issued by a state of the hub that is lost stay taken.

    Args:
        con: the hub, outside a transaction.
        hub_file: its file; the note lies beside it. Where there is none, the published file tells which codes are out.
        published_file: what analysts have.
        at: the run's time.

    Returns:
        How many numbers of lost codes were found; each is skipped for ever.
    """
    noted = _noted(hub_file)
    witness, reason = (noted, note_of(hub_file).name) if noted is not None else _published(con, published_file, at)
    known = last_number(con)
    if witness > known:
        detail = f"numbers {known + 1} to {witness} were issued by a lost state of the hub, says {reason}; never reused"
        con.execute("begin")
        con.execute(
            "insert into hub.code_floor values ($number, $reason, $at)",
            {"number": witness, "reason": detail, "at": at.replace(tzinfo=None)},
        )
        record_event(con, who="hub", what="customer codes of a lost run kept taken", detail=detail, at=at)
        con.execute("commit")
    note_issued(con, hub_file)
    return max(witness - known, 0)


def _noted(hub_file: Path) -> int | None:
    note = note_of(hub_file)
    text = note.read_text(encoding="ascii", errors="replace").strip() if note.is_file() else ""
    return int(text) if text.isdecimal() else None


def _published(hub: DuckDBPyConnection, published_file: Path, at: datetime) -> tuple[int, str]:
    """Highest number among the codes that the published file knows; 0 where there is no such file."""
    if not published_file.is_file():
        return 0, "nobody"
    con = duckdb.connect(":memory:")  # noqa: TID251  the published file, not the hub
    try:
        con.execute(f"attach {literal(str(published_file))} as published (read_only)")
        row = run_sql(con, _HERE / "last_published_number.sql").fetchone()
    except duckdb.Error as error:  # this run replaces it; what it could not be asked stands in the audit log
        detail = f"{published_file.name} cannot be read: {str(error).splitlines()[0]}"
        record_event(hub, who="hub", what="customer codes of a lost run not looked for", detail=detail, at=at)
        return 0, published_file.name
    finally:
        con.close()
    return (int(row[0]) if row else 0), published_file.name
