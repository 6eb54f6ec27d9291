"""Which checks there are, and how one is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import Table, landing, mart, master, matching, staging
from mdm_pipeline.hub.ddl import quoted, quoted_name, stored_columns
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.orchestration.assets.keys import key_of

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Check:
    """One invariant.

    Args:
        stage: the stage after which it must hold.
        table: the asset that carries it.
        name: name of the check and of its SQL file; `key_is_unique` is generated from the contract instead.
        doc: what must hold.
        is_blocking: stop what stands behind when it does not.
    """

    stage: str
    table: Table
    name: str
    doc: str
    is_blocking: bool = True


LEDGER_BALANCES = Check(
    "landing",
    landing.BATCH,
    "ledger_balances",
    "Of every delivery: rows read = inserted + updated + unchanged + rejected, and rows in force = those before + "
    "inserted - deleted = those that stand in the table.",
)
CHECKS = (
    Check(
        "staging",
        staging.PARTY,
        "landed_rows_are_staged",
        "Every landed row is staged or has an issue that says why not.",
    ),
    Check("staging", staging.PARTY, "key_is_unique", "One party per record."),
    Check(
        "matching",
        matching.CLUSTER,
        "records_are_in_one_cluster",
        "Every staged record in scope and not in quarantine is in exactly one cluster.",
    ),
    Check(
        "master",
        master.XREF,
        "records_have_one_customer",
        "Every clustered record is in exactly one current crosswalk row, and every customer has one.",
    ),
    Check("master", master.CUSTOMER, "key_is_unique", "One golden record per customer code."),
    Check(
        "master",
        master.ATTRIBUTE_SOURCE,
        "values_have_a_source",
        "Every surviving value has exactly one winning attribute source.",
    ),
    Check(
        "mart",
        mart.CUSTOMER_360,
        "money_is_conserved",
        "Orders, invoices, payments and opportunities of the mart are those of staging, to the cent.",
    ),
    Check("mart", mart.CUSTOMER_360, "key_is_unique", "One row per customer."),
)


def evaluate(con: DuckDBPyConnection, check: Check, asset: dg.AssetKey | None = None) -> dg.AssetCheckResult:
    """Run one check.

    Args:
        con: the hub.
        check: what to check.
        asset: the asset that carries the result; by default that of the check's table.
    """
    failures, example = _count(con, check)
    return dg.AssetCheckResult(
        asset_key=asset or key_of(check.table),
        check_name=check.name,
        passed=failures == 0,
        metadata={"failures": failures, "example": example or ""},
    )


def _count(con: DuckDBPyConnection, check: Check) -> tuple[int, str | None]:
    if check.name == "key_is_unique":
        keys = ", ".join(quoted(k) for k in check.table.key)
        row = con.execute(
            f"select count(*), any_value(k::varchar) from (select ({keys}) as k from {quoted_name(check.table)} "  # noqa: S608
            f"group by {keys} having count(*) > 1)"
        ).fetchone()
    else:
        if check.name == "landed_rows_are_staged":
            _collect_live_records(con)
        if check.name == LEDGER_BALANCES.name:
            _count_live_rows(con)
        row = run_sql(con, _HERE / f"{check.name}.sql").fetchone()
    return (int(row[0]), row[1]) if row else (0, None)


def _count_live_rows(con: DuckDBPyConnection) -> None:
    """`live_rows`: what the ledger's last figure of each landed table must be."""
    con.execute("create or replace temp table live_rows (source varchar, source_table varchar, rows_counted bigint)")
    known = con.execute("select distinct source, source_table from landing.batch where source_table <> '*'").fetchall()
    for source, table in known:
        landed = landing.source_table(source, table, ())
        if stored_columns(con, landed):
            con.execute(
                "insert into live_rows select $source, $table, count(*) "  # noqa: S608  quoted identifiers only
                f"from {quoted_name(landed)} where _deleted_at is null",
                {"source": source, "table": table},
            )


def _collect_live_records(con: DuckDBPyConnection) -> None:
    """Record ids of all landed rows that still exist at their source; landing's tables come from configuration."""
    tables = con.execute(
        "select table_name from duckdb_tables() where database_name = current_database() "
        "and schema_name = 'landing' and contains(table_name, '__')"
    ).fetchall()
    con.execute("create or replace temp table live_record (record_id bigint)")
    for (name,) in tables:
        con.execute(
            f"insert into live_record select record_id from landing.{quoted(name)} where _deleted_at is null"  # noqa: S608
        )
