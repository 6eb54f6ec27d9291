"""The SQL runner: several statements, each with its own parameters."""

from __future__ import annotations

from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.hub.sql import run_sql


def test_statements_run_in_order_each_with_the_parameters_it_names(con: DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "two.sql"
    file.write_text("create temp table t as select $a::int as x;\nselect x + $b::int from t;\n", encoding="utf-8")
    assert run_sql(con, file, {"a": 1, "b": 2, "unused": 3}).fetchall() == [(3,)]


def test_a_missing_parameter_is_named(con: DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "one.sql"
    file.write_text("select $a::int;", encoding="utf-8")
    with pytest.raises(KeyError, match="a"):
        run_sql(con, file)
