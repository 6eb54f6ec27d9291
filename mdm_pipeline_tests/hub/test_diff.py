from __future__ import annotations

import shutil

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_hub
from mdm_pipeline.hub.contract.staging import PARTY
from mdm_pipeline.hub.diff import NotComparable, TableDiff, diff
from mdm_pipeline_tests.rows import rows


@pytest.fixture(scope="module")
def empty_hub(tmp_path_factory):
    path = tmp_path_factory.mktemp("hub") / "empty.duckdb"
    open_hub(path).close()
    return path


@pytest.fixture
def hubs(empty_hub, tmp_path):
    """Two equal hubs with two parties."""
    a, b = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    shutil.copy(empty_hub, a)
    with open_hub(a) as hub:
        rows(hub.con, PARTY, {"record_id": 1, "display_name": "A"}, {"record_id": 2, "display_name": "B"})
    shutil.copy(a, b)
    return a, b


def change(path, *statements):
    with duckdb.connect(str(path)) as con:
        for statement in statements:
            con.execute(statement)


def test_equal_files_do_not_differ(hubs):
    assert diff(*hubs) == []
    assert diff(hubs[0], hubs[0]) == []


def test_rows_are_told_apart_by_key(hubs):
    change(
        hubs[1],
        "update staging.party set display_name = 'BB', status = 'open' where record_id = 2",
        "delete from staging.party where record_id = 1",
        "insert into staging.party select * replace (3 as record_id) from staging.party",
    )
    assert diff(*hubs) == [
        TableDiff(
            "staging.party",
            added=1,
            removed=1,
            changed=1,
            examples=("added 3", "changed 2 (display_name: B -> BB; status: null -> open)", "removed 1"),
        )
    ]


def test_logs_and_volatile_columns_do_not_count(hubs):
    change(
        hubs[1],
        "insert into audit.event values (1, '2026-01-01', 'x', 'y', 'z')",
        "insert into staging.change values (1, 'party', 1)",
    )
    for path, when in zip(hubs, ("2026-01-01", "2026-01-02"), strict=True):
        change(path, f"insert into landing.record values (1, 's', 't', 'k', 's.t:k', '{when}')")
    assert diff(*hubs) == []


def test_landed_tables_are_compared_by_record(hubs):
    for path, batch in zip(hubs, (1, 2), strict=True):
        change(
            path,
            "create table landing.crm__account (record_id bigint, _row_hash ubigint, _batch_id bigint, name varchar)",
            f"insert into landing.crm__account values (1, 7, {batch}, 'A')",
        )
    assert diff(*hubs) == []
    change(hubs[1], "update landing.crm__account set name = 'B'")
    assert diff(*hubs) == [TableDiff("landing.crm__account", 0, 0, 1, ("changed 1 (name: A -> B)",))]


def test_a_missing_table_and_a_missing_column_are_told(hubs):
    change(hubs[1], "drop table staging.party_link", "alter table staging.product drop column unit")
    assert diff(*hubs) == [
        TableDiff("staging.party_link", 0, 0, 0, ("the table is missing in the second file",)),
        TableDiff("staging.product", 0, 0, 0, ("column unit is missing in the second file",)),
    ]


def test_tables_without_contract_are_compared_by_whole_rows(tmp_path):
    a, b = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    change(a, "create table t as select * from (values (1), (1), (2)) as v(n)")
    change(b, "create table t as select * from (values (2), (1), (3)) as v(n)")
    assert diff(a, b) == [TableDiff("t", 1, 1, 0, ("added 3", "removed 1"))]


def test_published_files_are_compared_by_their_own_dictionary(tmp_path):
    a, b = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    for path, run, city in ((a, 1, "Bath"), (b, 2, "York")):
        change(
            path,
            "create table data_dictionary (table_name varchar, column_no integer, column_name varchar, is_key boolean, "
            "is_volatile boolean, table_kind varchar)",
            "insert into data_dictionary values ('customers', 1, 'master_id', true, false, 'derived'), "
            "('customers', 2, 'city', false, false, 'derived'), ('customers', 3, 'seen_at', false, true, 'derived'), "
            "('generation', 1, 'generation', true, false, 'log')",
            f"create table generation as select {run} as generation",
            f"create table customers as select 'C1' as master_id, '{city}' as city, {run} as seen_at",
            "create view customers_zh as select city from customers",
        )
    assert diff(a, b) == [TableDiff("customers", 0, 0, 1, ("changed C1 (city: Bath -> York)",))]


def test_what_cannot_be_read_is_said(tmp_path, hubs):
    with pytest.raises(NotComparable, match="no such file"):
        diff(hubs[0], tmp_path / "none.duckdb")
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(NotComparable, match="cannot be read"):
        diff(hubs[0], tmp_path / "text.duckdb")


keyed = st.dictionaries(st.integers(1, 6), st.sampled_from([None, "x", "y"]), max_size=5)


@settings(max_examples=6, deadline=None)
@given(keyed, keyed)
def test_counts_are_those_of_two_dictionaries(tmp_path_factory, one, two):
    folder = tmp_path_factory.mktemp("pair")
    for name, content in (("a", one), ("b", two)):
        change(
            folder / f"{name}.duckdb",
            "create schema quality",
            "create table quality.quarantined (record_id bigint, rules varchar)",
        )
        with duckdb.connect(str(folder / f"{name}.duckdb")) as con:
            for key, value in content.items():
                con.execute("insert into quality.quarantined values ($key, $value)", {"key": key, "value": value})
    found = diff(folder / "a.duckdb", folder / "b.duckdb")
    expected = (
        len(two.keys() - one.keys()),
        len(one.keys() - two.keys()),
        sum(one[key] != two[key] for key in one.keys() & two.keys()),
    )
    assert [(d.added, d.removed, d.changed) for d in found] == ([expected] if any(expected) else [])
