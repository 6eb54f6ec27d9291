"""A small company for the tests of the stages after matching, and a stage run as orchestration does it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.contract.matching import CLUSTER
from mdm_pipeline.hub.contract.staging import PARTY, PARTY_NAME
from mdm_pipeline.hub.stage import Stage
from mdm_pipeline.hub.worklist import Report, commit_work, log_commit, plan_work
from mdm_pipeline_tests.rows import rows

AS_OF = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)


def company(**mastering: Any) -> CompanyConfig:
    """CRM is trusted more than ERP, ERP more than finance."""

    def source(name: str, priority: int) -> dict[str, Any]:
        table = {
            "key": ["id"],
            "party": {"type": {"otherwise": "person"}, "names": [{"full": "name"}]},
        }
        return {
            "name": name,
            "priority": priority,
            "connection": {"kind": "files", "folder": name, "stable_for": 0},
            "tables": {"account": table},
        }

    return CompanyConfig.model_validate(
        {
            "name": "acme",
            "data_dir": ".",
            "folder": Path(),
            "group_currency": "CNY",
            "mastering": mastering,
            "sources": [source("crm", 10), source("erp", 20), source("fin", 30)],
        }
    )


def party(con: DuckDBPyConnection, record_id: int, source: str = "crm", **columns: Any) -> None:
    """One party record with its main name; key and reference follow from the id."""
    key = f"{record_id}"
    name = columns.get("display_name")
    rows(
        con,
        PARTY,
        {
            "record_id": record_id,
            "record_ref": f"{source}.account:{key}",
            "source": source,
            "source_table": "account",
            "source_key": key,
            "scope": "match",
            **columns,
        },
    )
    if name is not None:
        script = "latin" if name.isascii() else "han"
        rows(
            con,
            PARTY_NAME,
            {
                "record_id": record_id,
                "name_no": 1,
                "kind": "legal",
                "display_name": name,
                "name_script": script,
            },
        )


def cluster(con: DuckDBPyConnection, *groups: set[int], party_type: str = "person") -> None:
    """Replace the clustering."""
    con.execute("delete from matching.cluster")
    for group in groups:
        rows(
            con,
            CLUSTER,
            *({"record_id": r, "cluster_id": min(group), "party_type": party_type} for r in sorted(group)),
        )


def run(con: DuckDBPyConnection, stage: Stage, as_of: datetime = AS_OF, *, force_full: bool = False) -> Report | None:
    """One stage run in one transaction; None when there was nothing to do."""
    con.execute("begin")
    work = plan_work(
        con,
        stage=stage.name,
        upstreams=stage.upstreams,
        fingerprint=stage.fingerprint,
        run_id="run",
        force_full=force_full,
    )
    if work.is_empty:
        con.execute("rollback")
        return None
    report = stage.function(con, stage.section, work, as_of)
    commit_work(con, work)
    log_commit(con, work, report, run_id="run", as_of=as_of, duration_s=0.0)
    con.execute("commit")
    return report
