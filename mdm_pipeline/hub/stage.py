"""The shape of a stage: a name, what it consumes, and a plain function.

In: nothing. Out: `Stage`. Invariant: a stage function does not open, commit, read the clock or the environment.
Does not belong here: running it (orchestration does).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.worklist import Report, Work

StageFunction = Callable[[DuckDBPyConnection, Any, Work, datetime], Report]


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline.

    Args:
        name: unique; `landing.crm`, `staging`, `matching` ...
        function: `stage(con, its_config_section, work, as_of) -> Report`, inside a transaction that is not its own.
        section: its own configuration section.
        fingerprint: hash of all that decides its result besides input rows; see `fingerprint_of`.
        upstreams: schemas whose `change` tables it consumes; none for a stage that reads from outside and has to look
            every time.
        depends_on_day: its result depends on the day of the run (what is overdue): on another day it does all keys.
        in_force: names what the hub keeps for it and it works by (its model): part of its fingerprint, so that another
            one means all keys.
        is_lost: tells that what it made is gone (a deleted file), so that it has to make it again.
    """

    name: str
    function: StageFunction
    section: Any
    fingerprint: str
    upstreams: tuple[str, ...] = ()
    depends_on_day: bool = False
    in_force: Callable[[DuckDBPyConnection], str] | None = None
    is_lost: Callable[[], bool] | None = None
