"""Planted faults: what the pipeline would be without one of its mechanisms. The histories have to find each.

In: a founded company, for faults that need to know what its founding night knew. Out: `Fault`, in force while a night
goes on, never in a rebuild or replay. Does not belong here: what a history is (`history`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub import sql, writing
from mdm_pipeline.hub.connection import Home
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Work, commit_work, plan_work
from mdm_pipeline.landing import stage as landing_stage
from mdm_pipeline.orchestration import stage_run
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.staging import stage as staging_stage
from mdm_pipeline_tests.end_to_end.history import Editing
from mdm_pipeline_tests.end_to_end.small_company import company


@dataclass(frozen=True)
class Fault:
    """One mechanism taken away.

    Args:
        editing: what becomes of the stages.
        patched: entered while a night goes on.
    """

    editing: Editing = lambda stage: stage
    patched: Callable[[], AbstractContextManager[object]] = nullcontext


class Ignorant:
    """A stage that does not notice edits: its fingerprint is that of the founding night."""

    def __init__(self, founded: Path) -> None:
        config = company(founded / "data")
        self.known = {name: s.fingerprint for name, s in company_stages(config, Home(founded / "home")).items()}

    def __call__(self, stage: Stage) -> Stage:
        return replace(stage, fingerprint=self.known[stage.name])


def only_the_last_batch(con: DuckDBPyConnection, **planned: Any) -> Work:
    """What a work list is without an offset: the keys of the latest commit upstream."""
    for upstream in planned["upstreams"]:
        log = "quality.issue_change" if upstream == "issue" else f"{upstream}.change"
        con.execute(
            f"update hub.stage_state set consumed_seq = (select coalesce(max(seq), 1) - 1 from {log}) "
            "where stage = $stage and upstream = $upstream",
            {"stage": planned["stage"], "upstream": upstream},
        )
    return plan_work(con, **planned)


def only_new_keys(con: DuckDBPyConnection, table: Table, name: str) -> None:
    """What a change log is without old keys: it does not know the rows that went."""
    con.execute("create or replace temp table touched as select change_key from written")


def noted_before_it_is_done(con: DuckDBPyConnection, **planned: Any) -> Work:
    """An offset that is committed before the work."""
    work = plan_work(con, **planned)
    if work.upstreams and not work.is_empty:
        commit_work(con, work)
        con.execute("commit")
        con.execute("begin")
    return work


def nothing_goes(con: DuckDBPyConnection, table: Table, wanted: str, **more: Any) -> writing.Counts:
    """Staged rows that are no longer wanted stay."""
    con.execute("create or replace temp table nobody (key bigint)")
    return writing.write_changes(con, table, wanted, **{**more, "scope": "nobody"})


def blind_to(stage_name: str, upstream: str) -> Editing:
    """A stage that does not hear of one of its upstreams."""

    def edited(stage: Stage) -> Stage:
        if stage.name != stage_name:
            return stage
        return replace(stage, upstreams=tuple(u for u in stage.upstreams if u != upstream))

    return edited


def patching(target: object, name: str, value: object) -> Callable[[], AbstractContextManager[object]]:
    """An attribute of a module is another one."""

    @contextmanager
    def patched() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(target, name, value)
            yield

    return patched


def saying(file: str, was: str, now: str) -> Callable[[], AbstractContextManager[object]]:
    """A `.sql` file says something else."""

    def text(path: Path) -> str:
        right = sql.sql_text.__wrapped__(path)
        if not str(path).endswith(file):
            return right
        assert right.count(was) == 1, f"{file}: {was!r} is there {right.count(was)} times"
        return right.replace(was, now)

    return patching(sql, "sql_text", text)


def planted(founded: Path) -> Mapping[str, Fault]:
    """Every fault by its name."""
    logs_no_absent = "select record_id from landing_taken where action <> 'same'"
    return {
        "no fingerprint: edited rules are not noticed": Fault(Ignorant(founded)),
        "no offset: only the latest commit upstream is done": Fault(
            patched=patching(stage_run, "plan_work", only_the_last_batch)
        ),
        "no old keys in the change logs": Fault(patched=patching(writing, "_log_old_change_keys", only_new_keys)),
        "offset committed before the work": Fault(patched=patching(stage_run, "plan_work", noted_before_it_is_done)),
        "landing does not log what was deleted": Fault(
            patched=patching(landing_stage, "_CHANGED_KEYS", logs_no_absent)
        ),
        "staging leaves rows that are gone": Fault(patched=patching(staging_stage, "write_changes", nothing_goes)),
        "matching does not hear of quarantine": Fault(blind_to("matching", "quality")),
        "matching does not hear of decisions": Fault(blind_to("matching", "steward")),
        "matching does not notice a new model": Fault(lambda stage: replace(stage, in_force=None)),
        "quality does not hear of releases": Fault(blind_to("quality", "steward")),
        "master does not close the crosswalk": Fault(
            patched=saying(
                "crosswalk.sql", "xref.is_current and wanted.record_id is not null as is_current", "xref.is_current"
            )
        ),
        "master does not hear of changed values": Fault(blind_to("master", "staging")),
        "mart does not hear of events": Fault(blind_to("mart", "staging")),
        "mart does not notice the next day": Fault(lambda stage: replace(stage, depends_on_day=False)),
        "publish does not hear of the mart": Fault(blind_to("publish", "mart")),
        "publish does not hear of quality": Fault(blind_to("publish", "quality")),
    }
