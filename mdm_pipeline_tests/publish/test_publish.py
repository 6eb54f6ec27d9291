from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from mdm_pipeline.config.loader import load_company
from mdm_pipeline.hub.connection import open_read_only
from mdm_pipeline.hub.diff import diff
from mdm_pipeline.hub.issues import create_found, report_issues
from mdm_pipeline.master import stage as master
from mdm_pipeline.master.identity import resolve
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline.publish.content import examples
from mdm_pipeline.publish.stage import make_stage
from mdm_pipeline.publish.swap import swap_in
from mdm_pipeline.publish.tables import PUBLISHED
from mdm_pipeline_tests.master.company import AS_OF, cluster, company, run
from mdm_pipeline_tests.publish.world import fill, open_home
from mdm_pipeline_tests.rows import fetch


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home, hub = open_home(tmp_path_factory.mktemp("home"))
    fill(hub.con)
    report = run(hub.con, make_stage(company(), home))
    yield home, hub, report
    hub.close()


@pytest.fixture(scope="module")
def file(world):
    con = open_read_only(world[0].published_file)
    yield con
    con.close()


def test_every_table_is_there_and_equals_the_hub(world, file):
    _, hub, report = world
    tables = {name for (name,) in file.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables == {published.table.name for published in PUBLISHED}
    for published in PUBLISHED:
        if published.source is not None:
            columns = ", ".join(f'"{c}"' for c in published.table.column_names)
            order = ", ".join(str(n) for n in range(1, len(published.table.columns) + 1))
            sql = f"select {columns} from {{}} order by {order}"
            assert (
                file.execute(sql.format(published.table.name)).fetchall()
                == hub.con.execute(sql.format(published.source.full_name)).fetchall()
            )
    assert report.read == report.written == sum(entry["rows"] for entry in report.metadata["rows"])


def test_the_children_of_a_party_carry_its_customer(file):
    one = fetch(file, "select master_id from crosswalk where record_id = 1")[0]["master_id"]
    assert fetch(file, "select master_id, record_ref, value from contact_point") == [
        {"master_id": one, "record_ref": "crm.account:1", "value": "+8613900000001"}
    ]
    assert fetch(file, "select master_id, record_ref_l, record_ref_r from match_pair") == [
        {"master_id": one, "record_ref_l": "crm.account:1", "record_ref_r": "erp.account:2"}
    ]
    assert fetch(file, "select master_id, order_no from customer_order_line") == [{"master_id": one, "order_no": "O1"}]


def test_the_file_can_be_opened_by_every_duckdb_1(file, world):
    assert file.execute("select tags['storage_version'] from duckdb_databases() where not internal").fetchall() == [
        ("v1.0.0+",)
    ]
    with world[0].published_file.open("rb") as handle:
        header = handle.read(20)
    assert header[8:12] == b"DUCK"
    assert header[12] == 64  # the storage number that DuckDB 1.0 writes itself
    assert file.execute(
        "select count(*) from duckdb_constraints() where constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')"
    ).fetchone() == (0,)
    assert file.execute("select count(*) from duckdb_indexes()").fetchone() == (0,)
    assert (
        file.execute(
            "select function_name from duckdb_functions() where not internal group by 1 having count(*) > 1"
        ).fetchall()
        == []
    )
    types = file.execute(
        "select distinct split_part(data_type, '(', 1) from duckdb_columns() where not internal"
    ).fetchall()
    assert {kind for (kind,) in types} <= {
        "VARCHAR",
        "BIGINT",
        "INTEGER",
        "DOUBLE",
        "BOOLEAN",
        "DATE",
        "TIMESTAMP",
        "DECIMAL",
    }


def test_everything_is_explained_in_two_languages(file):
    bare = "select 1 from {} where not internal and (comment is null or not contains(comment, ' · '))"
    assert file.execute(bare.format("duckdb_tables()")).fetchall() == []
    assert file.execute(bare.format("duckdb_views()")).fetchall() == []
    assert file.execute(bare.format("duckdb_columns()")).fetchall() == []
    assert (
        file.execute(
            "select c.table_name, c.column_name from duckdb_columns() as c join duckdb_tables() using (table_name) "
            "anti join data_dictionary as d on c.table_name = d.table_name and c.column_name = d.column_name"
        ).fetchall()
        == []
    )


def test_rows_lie_sorted_by_customer(file):
    for table in ("customers", "customer_360", "attribute_source"):
        lying = file.execute(f"select master_id from {table}").fetchall()
        assert lying == sorted(lying)


@pytest.mark.parametrize("number", range(len(examples())))
def test_example_queries_run(file, number):
    example = examples()[number]
    assert example.en
    assert example.zh
    file.execute(example.sql).fetchall()


def test_there_are_at_least_ten_example_queries_in_the_file(file):
    assert file.execute("select n, sql from example_query").fetchall() == [
        (n, example.sql) for n, example in enumerate(examples(), start=1)
    ]
    assert len(examples()) >= 10


def test_macros_find_resolve_and_explain(world, file):
    one = fetch(file, "select master_id from crosswalk where record_id = 1")[0]["master_id"]
    for text in ("name 2", "13900000001", "CRM.account:1", one):
        assert file.execute("select master_id from find_customer($q)", {"q": text}).fetchall() == [(one,)]
    assert file.execute("select * from resolve($id)", {"id": one}).fetchall() == [(one, one, "current")]
    assert file.execute("select value, record_ref, is_winner from who_says($id, 'phone')", {"id": one}).fetchall() == [
        ("+8613900000001", "crm.account:1", True)
    ]


def test_the_chinese_view_has_the_same_rows(file):
    assert (
        file.execute("select * from customer_360_zh").fetchall()
        == file.execute("select * from customer_360").fetchall()
    )
    assert [column[0] for column in file.execute("select * from customer_360_zh").description][:2] == [
        "客户编码(主数据编号)",
        "主体类型",
    ]


def test_the_file_says_what_it_is(world, file):
    _, _, report = world
    assert fetch(file, "select generation, run_id, company, group_currency from generation") == [
        {"generation": report.metadata["generation"], "run_id": "run", "company": "acme", "group_currency": "CNY"}
    ]
    assert "2026-03-01 02:15 UTC" in fetch(file, "select english from a_read_me where n = 2")[0]["english"]
    assert fetch(file, "select run_id, outcome, stages from run_ledger") == [
        {"run_id": "run", "outcome": "running", "stages": 2}
    ]


def test_old_codes_resolve_as_in_the_hub(tmp_path):
    home, hub = open_home(tmp_path)
    fill(hub.con)
    cluster(hub.con, {1, 2, 3}, {4})
    run(hub.con, master.make_stage(company()), force_full=True)
    run(hub.con, make_stage(company(), home))
    with open_read_only(home.published_file) as con:
        codes = con.execute("select code, current_id, state from customer_code order by code").fetchall()
    assert [state for _, _, state in codes] == ["current", "merged", "current", "retired"]
    assert [resolve(hub.con, code) for code, _, _ in codes] == [[now] if now else [] for _, now, _ in codes]
    hub.close()


def test_the_same_hub_publishes_the_same(tmp_path):
    home, hub = open_home(tmp_path)
    fill(hub.con)
    stage = make_stage(company(), home)
    run(hub.con, stage)
    earlier = tmp_path / "earlier.duckdb"
    shutil.copy(home.published_file, earlier)
    run(hub.con, stage, force_full=True)
    assert diff(earlier, home.published_file) == []
    hub.con.execute("update master.customer set city = 'York' where display_name = 'Name 3'")
    run(hub.con, stage, force_full=True)
    assert [(d.table, d.added, d.removed, d.changed) for d in diff(earlier, home.published_file)] == [
        ("customers", 0, 0, 1)
    ]
    hub.close()


def test_what_a_killed_run_left_is_replaced_and_nothing_is_left(tmp_path):
    home, hub = open_home(tmp_path)
    fill(hub.con)
    folder = home.published_file.parent
    (folder / ".customers.building").write_bytes(b"half a file")
    (folder / ".customers.building.wal").write_bytes(b"half a log")
    run(hub.con, make_stage(company(), home))
    assert [path.name for path in folder.iterdir()] == ["customers.duckdb"]
    hub.close()


def test_a_failed_build_leaves_the_old_file_and_the_hub_usable(tmp_path):
    home, hub = open_home(tmp_path)
    fill(hub.con)
    stage = make_stage(company(), home)
    run(hub.con, stage)
    before = home.published_file.read_bytes()

    def broken(cursor):
        cursor.execute("create table published_file.main.half as select 1 as n")
        cursor.execute("select no_such_column from master.customer")

    with pytest.raises(Exception, match="no_such_column"):
        swap_in(hub.con, home.published_file, broken)
    assert home.published_file.read_bytes() == before
    assert [path.name for path in home.published_file.parent.iterdir()] == ["customers.duckdb"]
    assert run(hub.con, stage, force_full=True) is not None
    hub.close()


def test_an_issue_that_comes_or_goes_is_published_though_no_row_changed(tmp_path):
    home, hub = open_home(tmp_path)
    fill(hub.con)
    stage = make_stage(company(), home)
    run(hub.con, stage)

    def night(*records):
        """Another stage looks at the same rows and finds these issues; then the file is published, or not."""
        create_found(hub.con)
        for record in records:
            hub.con.execute(
                "insert into found_issue values ('crm', 'staging.party', $r, null, 'phone', 'bad', 'warn', '1', 'bad')",
                {"r": record},
            )
        report_issues(hub.con, stage="quality", as_of=AS_OF, scope=None)
        report = run(hub.con, stage)
        with open_read_only(home.published_file) as con:
            return report is not None, con.execute("select record_id, is_open from quality_issue order by 1").fetchall()

    assert night(1, 2) == (True, [(1, True), (2, True)])
    assert night(1, 2) == (False, [(1, True), (2, True)])  # seen again: `times` is no reason to publish
    assert night(1) == (True, [(1, True), (2, False)])
    assert night(1) == (False, [(1, True), (2, False)])
    hub.close()


def test_an_issue_wakes_the_publication_and_no_other_stage(tmp_path):
    home, hub = open_home(tmp_path)
    stages = company_stages(load_company("demo"), home)
    assert [name for name, stage in stages.items() if "issue" in stage.upstreams] == ["publish"]
    hub.close()


READER = """
import sys, time, duckdb
path, until = sys.argv[1], time.monotonic() + 60
seen, opens = set(), 0
print("ready", flush=True)
while time.monotonic() < until:
    con = duckdb.connect(path, read_only=True)
    generation = con.execute("select generation from generation").fetchone()[0]
    customers = con.execute("select count(*) from customers").fetchone()[0]
    wide = con.execute("select count(*) from customer_360_zh").fetchone()[0]
    again = con.execute("select generation from generation").fetchone()[0]
    assert (customers, again) == (wide, generation), (customers, wide, generation, again)
    con.close()
    seen.add(generation)
    opens += 1
    if len(seen) >= int(sys.argv[2]):
        break
print(len(seen), opens)
"""


def test_a_second_process_reads_whole_generations_while_others_are_swapped_in(tmp_path):
    home, hub = open_home(tmp_path)
    fill(hub.con)
    stage = make_stage(company(), home)
    run(hub.con, stage)
    command = [sys.executable, "-c", READER, str(home.published_file), "4"]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for _ in range(40):
        run(hub.con, stage, force_full=True)
        if reader.poll() is not None:
            break
    out, err = reader.communicate(timeout=60)
    assert (reader.returncode, err) == (0, "")
    seen, opens = out.split()
    assert int(seen) >= 4
    assert int(opens) >= 4
    hub.close()
