"""A source whose file was taken away keeps its staged rows until its landed rows are dropped."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from mdm_pipeline.landing.moving import drop_source
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import AS_OF, company, land, stage

TABLES = """
product: {key: [code], event: {entity: product, columns: {product_no: code, product_name: name}}}
"""
OTHER = """
price: {key: [code], event: {entity: product, columns: {product_no: code, product_name: name}}}
"""


def staged(con: DuckDBPyConnection) -> list[str]:
    return [str(row["record_ref"]) for row in fetch(con, "select record_ref from staging.product order by 1")]


def test_its_rows_stay_until_they_are_dropped(con: DuckDBPyConnection) -> None:
    before, after = company(TABLES), company(OTHER, name="t")
    land(con, before, "s.product", {1: {"code": "1", "name": "a"}, 2: {"code": "2", "name": "b"}})
    stage(con, before)
    assert staged(con) == ["s.product:k1", "s.product:k2"]
    stage(con, after)
    assert staged(con) == ["s.product:k1", "s.product:k2"]
    (row,) = fetch(con, "select max(seq) + 1 as seq from hub.stage_commit")
    assert drop_source(con, "s", seq=int(row["seq"]), as_of=AS_OF) == {"product": 2}
    stage(con, after)
    assert staged(con) == []


def test_a_rebuild_stages_them_by_the_configuration_that_they_had_last(con: DuckDBPyConnection) -> None:
    before, after = company(TABLES), company(OTHER, name="t")
    land(con, before, "s.product", {1: {"code": "1", "name": "a"}})
    stage(con, before)
    rows = fetch(con, "from staging.product")
    stage(con, after)
    con.execute("delete from staging.product")
    con.execute("delete from hub.stage_state")
    stage(con, after)
    assert fetch(con, "from staging.product") == rows


def test_without_what_was_in_force_the_rows_of_a_rebuild_would_be_gone(con: DuckDBPyConnection) -> None:
    before, after = company(TABLES), company(OTHER, name="t")
    land(con, before, "s.product", {1: {"code": "1", "name": "a"}})
    stage(con, before)
    con.execute("delete from staging.source_in_force")
    con.execute("delete from staging.product")
    con.execute("delete from hub.stage_state")
    stage(con, after)
    assert staged(con) == []
