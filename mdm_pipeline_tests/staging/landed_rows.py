"""Landing rows for staging tests, without any source: `land`, `delete`, `stage`, `everything`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import yaml
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import COMPANIES
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.hub.contract.landing import landed_column, landed_name, source_table
from mdm_pipeline.hub.ddl import create_table, quoted, stored_columns
from mdm_pipeline.hub.worklist import Report, commit_work, log_commit, plan_work
from mdm_pipeline.hub.writing import log_changes
from mdm_pipeline.staging.landed import mapped_columns
from mdm_pipeline.staging.stage import make_stage

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def shipped(company: str) -> CompanyConfig:
    """A shipped company, straight from its YAML files."""
    folder = COMPANIES / company
    data = yaml.safe_load((folder / "company.yaml").read_text("utf-8"))
    sections = {
        name: yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in ("matching", "mastering")
    }
    sources = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((folder / "sources").glob("*.yaml"))]
    return CompanyConfig(**data, **sections, sources=sources, folder=folder)


def company(tables: str, **source: Any) -> CompanyConfig:
    """A company with one source `s` whose tables are given as YAML."""
    described = {
        "name": "s",
        "connection": {"kind": "files", "folder": "."},
        "tables": yaml.safe_load(tables),
    }
    return CompanyConfig(name="test", data_dir=".", folder=".", sources=[described | source])


def land(
    con: DuckDBPyConnection, config: CompanyConfig, entity: str, given: Mapping[int, Mapping[str, str | None]]
) -> None:
    """Land rows by record id; a row that is there already is replaced. The row's key is `k<id>`."""
    source, table = entity.split(".")
    columns = mapped_columns(config.source(source).tables[table])
    landed = source_table(source, table, columns)
    if not stored_columns(con, landed):
        create_table(con, landed)
    name = f"landing.{quoted(landed_name(source, table))}"
    for record_id, row in given.items():
        con.execute(f"delete from {name} where record_id = $id", {"id": record_id})
        con.execute("delete from landing.record where record_id = $id", {"id": record_id})
        con.execute(
            "insert into landing.record by name select $id as record_id, $source as source, $table as source_table, "
            "$key as source_key, $ref as record_ref",
            {
                "id": record_id,
                "source": source,
                "table": table,
                "key": f"k{record_id}",
                "ref": f"{entity}:k{record_id}",
            },
        )
        full = {"record_id": record_id, "_row_hash": 0} | {landed_column(c): row.get(c) for c in columns}
        names = ", ".join(quoted(c) for c in full)
        marks = ", ".join(f"${i}" for i in range(1, len(full) + 1))
        con.execute(f"insert into {name} ({names}) values ({marks})", list(full.values()))
    _log(con, entity, given)


def delete(con: DuckDBPyConnection, entity: str, record_id: int) -> None:
    """Mark a landed row as no longer delivered."""
    source, table = entity.split(".")
    con.execute(
        f"update landing.{quoted(landed_name(source, table))} set _deleted_at = $at where record_id = $id",
        {"at": AS_OF.replace(tzinfo=None), "id": record_id},
    )
    _log(con, entity, [record_id])


def stage(con: DuckDBPyConnection, config: CompanyConfig) -> Report:
    """Run the staging stage on what changed since it last ran."""
    made = make_stage(config)
    work = plan_work(con, stage=made.name, upstreams=made.upstreams, fingerprint=made.fingerprint)
    report = made.function(con, made.section, work, AS_OF)
    commit_work(con, work)
    log_commit(con, work, report, run_id="test", as_of=AS_OF, duration_s=0)
    return report


def everything(con: DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Contents of all staging tables and of the open issues."""
    found = {t.name: con.execute(f"select * from {t.full_name} order by all").fetchall() for t in contract.TABLES}
    found["issue"] = con.execute(
        "select issue_key, severity, value, message from quality.issue where is_open order by all"
    ).fetchall()
    return found


def given(values: Iterable[str | None]) -> pl.Series:
    """A text series."""
    return pl.Series("value", list(values), dtype=pl.String)


def _log(con: DuckDBPyConnection, entity: str, keys: Iterable[int]) -> None:
    seq = con.execute("select coalesce(max(seq), 0) + 1 from hub.stage_commit").fetchone()[0]
    con.execute(
        "insert into hub.stage_commit values ($seq, 'landing', 'test', $at, false, 0, 0, 0, 0, 0)",
        {"seq": seq, "at": AS_OF.replace(tzinfo=None)},
    )
    con.execute("create or replace temp table test_keys (key bigint)")
    for key in keys:
        con.execute("insert into test_keys values ($key)", {"key": key})
    log_changes(con, "landing", entity, "select key from test_keys", seq)
