"""Only what really changed is written and logged; old and new groups are both told."""

from __future__ import annotations

from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.contract.master import XREF
from mdm_pipeline.hub.contract.matching import CLUSTER
from mdm_pipeline.hub.writing import Counts, write_changes
from mdm_pipeline_tests.rows import fetch, rows


def want(con: DuckDBPyConnection, clusters: dict[int, int]) -> None:
    con.execute("create or replace temp table wanted (record_id bigint, cluster_id bigint, party_type varchar)")
    for record, cluster in clusters.items():
        con.execute("insert into wanted values ($r, $c, 'person')", {"r": record, "c": cluster})


def test_a_row_that_is_already_so_is_neither_written_nor_logged(con: DuckDBPyConnection) -> None:
    want(con, {1: 1, 2: 1})
    assert write_changes(con, CLUSTER, "wanted", seq=1) == Counts(inserted=2)
    assert write_changes(con, CLUSTER, "wanted", seq=2) == Counts(unchanged=2)
    assert fetch(con, "select distinct seq from matching.change") == [{"seq": 1}]


def test_rows_in_scope_that_are_not_wanted_go_and_others_stay(con: DuckDBPyConnection) -> None:
    want(con, {1: 1, 2: 1, 3: 3})
    write_changes(con, CLUSTER, "wanted", seq=1)
    want(con, {1: 1})
    con.execute("create temp table scope as select * from (values (1), (2)) as t(key)")
    assert write_changes(con, CLUSTER, "wanted", seq=2, scope="scope") == Counts(deleted=1, unchanged=1)
    assert fetch(con, "select record_id from matching.cluster order by 1") == [{"record_id": 1}, {"record_id": 3}]
    assert fetch(con, "select key from matching.change where seq = 2") == [{"key": 2}]


def test_a_row_that_moves_to_another_group_tells_the_old_and_the_new_one(con: DuckDBPyConnection) -> None:
    rows(con, XREF, {"master_id": "C1", "record_id": 7, "xref_no": 1, "is_current": True})
    con.execute("create temp table moved as select * replace ('C2' as master_id) from master.xref")
    write_changes(con, XREF, "moved", seq=5)
    assert fetch(con, "select key from master.change order by key") == [{"key": "C1"}, {"key": "C2"}]


def test_a_change_in_a_volatile_column_alone_is_no_change(con: DuckDBPyConnection) -> None:
    rows(con, XREF, {"master_id": "C1", "record_id": 7, "xref_no": 1, "is_current": True})
    con.execute(
        "create temp table later as select * replace (valid_from + interval 1 day as valid_from) from master.xref"
    )
    assert write_changes(con, XREF, "later", seq=5) == Counts(unchanged=1)


_clusters = st.dictionaries(st.integers(1, 6), st.integers(1, 3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_clusters, min_size=1, max_size=4))
def test_after_any_sequence_of_writes_the_table_is_what_was_wanted_last(history: list[dict[int, int]]) -> None:
    con = open_in_memory()
    before: dict[int, int] = {}
    for seq, clusters in enumerate(history, start=1):
        want(con, clusters)
        write_changes(con, CLUSTER, "wanted", seq=seq)
        stored = dict(con.execute("select record_id, cluster_id from matching.cluster").fetchall())
        assert stored == clusters
        logged = {k for (k,) in con.execute("select key from matching.change where seq = $s", {"s": seq}).fetchall()}
        assert logged == {k for k in before.keys() | clusters.keys() if before.get(k) != clusters.get(k)}
        before = clusters
    con.close()
