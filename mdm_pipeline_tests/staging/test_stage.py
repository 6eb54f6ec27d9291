"""Staging night by night: deletes, repeats, portions, changed mappings."""

from __future__ import annotations

from duckdb import DuckDBPyConnection
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.worklist import next_seq
from mdm_pipeline.landing.moving import drop_source
from mdm_pipeline.staging.stage import make_stage
from mdm_pipeline.standardize.identifiers import SCHEMES
from mdm_pipeline_tests.staging.landed_rows import AS_OF, company, delete, everything, land, shipped, stage

DEMO = shipped("demo")
NAMES = ("张伟", "Li Wei", "Wang, Fang", "北京中科有限公司", "Müller GmbH", "N/A", None)
PHONES = ("13912345678", "13912345678;010-62345678", "138****1234", "", None)
ACCOUNTS = st.fixed_dictionaries(
    {
        "account_name": st.sampled_from(NAMES),
        "account_kind": st.sampled_from(["企业", "个人", "个体工商户", None]),
        "phone": st.sampled_from(PHONES),
        "city": st.sampled_from(["杭州市", "Berlin", None]),
        "updated_at": st.sampled_from(["2026-01-02 03:04:05", "soon", None]),
    }
)
INVOICES = st.fixed_dictionaries(
    {
        "invoice_no": st.sampled_from(["IV1", "IV2", "", None]),
        "kind": st.sampled_from(["blue", "red", "x"]),
        "net_amount": st.sampled_from(["1.5", "x", None]),
    }
)


@settings(max_examples=5, deadline=None)
@draw(st.lists(ACCOUNTS, min_size=1, max_size=6), st.lists(INVOICES, max_size=5), st.data())
def test_keys_in_portions_end_as_all_at_once(
    accounts: list[dict[str, str | None]], invoices: list[dict[str, str | None]], data: st.DataObject
) -> None:
    rows = [("crm.account", i, row) for i, row in enumerate(accounts)]
    rows += [("finance.invoices", 100 + i, row) for i, row in enumerate(invoices)]
    order = data.draw(st.permutations(rows))
    half = len(order) // 2
    at_once, in_portions = open_in_memory(), open_in_memory()
    for entity, number, row in rows:
        land(at_once, DEMO, entity, {number: row})
    full = stage(at_once, DEMO)
    for portion in (order[:half], order[half:]):
        for entity, number, row in portion:
            land(in_portions, DEMO, entity, {number: row})
        stage(in_portions, DEMO)
    assert everything(in_portions) == everything(at_once)
    # Conservation: staged, or in the issue log as rejected; never both, never neither.
    staged = at_once.execute(
        "select record_id from staging.party union all select record_id from staging.invoice order by 1"
    ).fetchall()
    rejected = at_once.execute("select record_id from quality.issue where severity = 'reject' order by 1").fetchall()
    assert sorted(staged + rejected) == sorted((number,) for _, number, _ in rows)
    assert (full.read, full.rejected) == (len(rows), len(rejected))
    at_once.close()
    in_portions.close()


def test_a_deleted_row_vanishes_with_its_children_and_issues(con: DuckDBPyConnection) -> None:
    land(
        con,
        DEMO,
        "crm.account",
        {1: {"account_name": "N/A", "phone": "13912345678"}, 2: {"account_name": "张伟"}},
    )
    stage(con, DEMO)
    delete(con, "crm.account", 1)
    report = stage(con, DEMO)
    assert (report.read, report.written, report.unchanged) == (1, 1, 0)
    assert con.execute("select record_id from staging.party").fetchall() == [(2,)]
    assert con.execute("select count(*) from staging.party_contact_point").fetchall() == [(0,)]
    assert con.execute("select count(*) from quality.issue where is_open").fetchall() == [(0,)]


def test_a_row_that_is_delivered_as_it_was_changes_nothing(con: DuckDBPyConnection) -> None:
    row = {"account_name": "张伟", "phone": "13912345678"}
    land(con, DEMO, "crm.account", {1: row})
    stage(con, DEMO)
    logged = con.execute("select count(*) from staging.change").fetchall()
    land(con, DEMO, "crm.account", {1: row})
    report = stage(con, DEMO)
    assert (report.read, report.written, report.unchanged) == (1, 0, 1)
    assert con.execute("select count(*) from staging.change").fetchall() == logged


def test_a_source_that_left_the_configuration_keeps_its_last_state_until_its_rows_are_dropped(
    con: DuckDBPyConnection,
) -> None:
    land(con, DEMO, "crm.account", {1: {"account_name": "张伟"}})
    land(con, DEMO, "erp.customers", {2: {"name1": "李娜"}})
    stage(con, DEMO)
    without = DEMO.model_copy(update={"sources": [s for s in DEMO.sources if s.name != "crm"]})
    stage(con, without)
    assert con.execute("select record_id, display_name from staging.party order by all").fetchall() == [
        (1, "张伟"),
        (2, "李娜"),
    ]
    assert drop_source(con, "crm", seq=next_seq(con), as_of=AS_OF) == {"account": 1}
    stage(con, without)
    assert con.execute("select record_id from staging.party").fetchall() == [(2,)]


def test_a_table_that_was_never_landed_is_passed_over(con: DuckDBPyConnection) -> None:
    report = stage(con, DEMO)
    assert (report.read, report.written) == (0, 0)
    assert con.execute("select count(*) from staging.identifier_scheme").fetchall() == [(len(SCHEMES),)]


def test_a_source_column_named_like_ours_is_read(con: DuckDBPyConnection) -> None:
    config = company("t: {key: [RECORD_ID], party: {type: {otherwise: person}, names: [{full: RECORD_ID}]}}")
    land(con, config, "s.t", {1: {"RECORD_ID": "Ann Lee"}})
    stage(con, config)
    assert con.execute("select display_name from staging.party").fetchall() == [("Ann Lee",)]


def test_the_fingerprint_knows_mappings_but_no_connections() -> None:
    one = company("t: {key: [a], party: {type: {otherwise: person}, names: [{full: n}]}}")
    moved = company(
        "t: {key: [a], party: {type: {otherwise: person}, names: [{full: n}]}}",
        connection={"kind": "files", "folder": "x"},
    )
    mapped = company("t: {key: [a], party: {type: {otherwise: person}, names: [{full: m}]}}")
    assert make_stage(one).fingerprint == make_stage(moved).fingerprint
    assert make_stage(one).fingerprint != make_stage(mapped).fingerprint
