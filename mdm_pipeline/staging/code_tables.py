"""The tables of codes: what maps to what, which codes there are, which values wait for a mapping.

In: the code lists, `wanted_uncoded`. Out: `staging.code_map`, `canonical_code`, `uncoded`, `unmapped_code` and one open
issue per value that waits. Invariant: `unmapped_code` is `uncoded`, counted; so it is the same by steps and by rebuild.
Does not belong here: translating values (`codes`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.hub.sql import run_sql
from mdm_pipeline.hub.worklist import Work
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline.staging.codes import Codes

_HERE = Path(__file__).parent


def write_code_tables(con: DuckDBPyConnection, codes: Codes, work: Work, *, scope: str) -> dict[str, Counts]:
    """Bring the tables of codes up to date.

    Args:
        con: the hub; `wanted_uncoded` holds the values of the rows in scope that no list knows.
        codes: the code lists; they can only have changed where all is done anew.
        work: supplies the sequence number, and whether all is done anew.
        scope: temporary table of the records whose values were read.

    Returns:
        Counts per table that was looked at.
    """
    counts = {}
    if work.is_full:
        counts[contract.CODE_MAP.full_name] = _write(con, contract.CODE_MAP, codes.map_rows(), work)
        counts[contract.CANONICAL_CODE.full_name] = _write(con, contract.CANONICAL_CODE, codes.canonical_rows(), work)
    uncoded = write_changes(
        con, contract.UNCODED, "wanted_uncoded", seq=work.seq, scope=scope, scope_column="record_id"
    )
    counts[contract.UNCODED.full_name] = uncoded
    if work.is_full or uncoded.written:
        run_sql(con, _HERE / "unmapped_codes.sql")
        counts[contract.UNMAPPED_CODE.full_name] = write_changes(
            con, contract.UNMAPPED_CODE, "wanted_unmapped_code", seq=work.seq
        )
    return counts


def report_unmapped(con: DuckDBPyConnection, as_of: datetime) -> int:
    """One issue per value that waits for a mapping.

    Args:
        con: the hub; `found_issue` is made anew.
        as_of: the run's time, UTC.

    Returns:
        How many values wait.
    """
    create_found(con)
    run_sql(con, _HERE / "unmapped_issues.sql")
    return report_issues(con, stage="staging.codes", as_of=as_of, scope=None)


def _write(con: DuckDBPyConnection, table: Table, rows: pl.DataFrame, work: Work) -> Counts:
    con.register("code_rows", rows)
    counts = write_changes(con, table, "code_rows", seq=work.seq)
    con.unregister("code_rows")
    return counts
