"""Landing: what is taken, what is written, what is refused. Real files and a real SQLite database."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.hub.worklist import Report, plan_work
from mdm_pipeline.hub.writing import Counts
from mdm_pipeline.landing.ledger import record_held_back
from mdm_pipeline.landing.stage import make_stages
from mdm_pipeline_tests.rows import fetch

DAY_ONE = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
TABLE_NAMES = "landing.record landing.version landing.batch landing.change landing.erp__customers"
COLUMNS = {"product_code": "id", "name": "name"}


def company(folder: Path, connection: dict[str, Any] | None = None, **table: Any) -> CompanyConfig:
    """One source `erp` with one table `customers` of files in `in/`."""
    full: dict[str, Any] = {"key": ["id"], "event": {"entity": "product", "columns": COLUMNS}, **table}
    if connection is None:
        full.setdefault("files", ["*.csv"])
    return CompanyConfig.model_validate(
        {
            "name": "test",
            "data_dir": str(folder),
            "folder": str(folder),
            "sources": [
                {
                    "name": "erp",
                    "connection": connection or {"kind": "files", "folder": "in", "stable_for": 0},
                    "tables": {"customers": full},
                }
            ],
        }
    )


def deliver(folder: Path, text: str, name: str = "c.csv") -> None:
    """Put a file into the source's folder."""
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / name).write_text(text, encoding="utf-8")


def land(con: DuckDBPyConnection, config: CompanyConfig, day: int = 1, *, full: bool = False) -> Report:
    """One night of the only source; a refusal rolls back, as the caller of stages does."""
    stage = make_stages(config)[0]
    con.execute("begin")
    try:
        work = plan_work(
            con,
            stage=stage.name,
            upstreams=stage.upstreams,
            fingerprint=stage.fingerprint,
            run_id=f"run-{day}",
            force_full=full,
        )
        report = stage.function(con, stage.section, work, DAY_ONE + timedelta(days=day - 1))
        con.execute(
            "insert into hub.stage_commit values ($seq, 'x', 'r', now()::timestamp, false, 0, 0, 0, 0, 0)",
            {"seq": work.seq},
        )
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return report


def contents(con: DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """All rows of all landing tables."""
    return {name: fetch(con, f"select * from {name} order by all") for name in TABLE_NAMES.split()}


def changes(con: DuckDBPyConnection) -> list[tuple[int, str, str]]:
    """Change log as (sequence, entity, source key)."""
    return con.execute(
        "select seq, entity, source_key from landing.change join landing.record on key = record_id order by all"
    ).fetchall()


def live(con: DuckDBPyConnection) -> list[tuple[str, str | None]]:
    """Live rows as (id, name)."""
    return con.execute("select id, name from landing.erp__customers where _deleted_at is null order by id").fetchall()


def balance(con: DuckDBPyConnection) -> list[tuple[int, ...]]:
    """Read, inserted, updated, deleted, unchanged, rejected per batch."""
    return con.execute(
        "select rows_read, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_rejected "
        "from landing.batch order by batch_id"
    ).fetchall()


def test_the_first_delivery_is_landed_as_text_with_ids_in_the_order_of_keys(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    deliver(tmp_path, "name,id\nb,002\na,001\n")
    report = land(con, company(tmp_path))
    at = datetime(2026, 3, 1, 2, 0)  # noqa: DTZ001
    assert fetch(con, "select * exclude (_row_hash) from landing.erp__customers order by record_id") == [
        {
            "record_id": 1,
            "_batch_id": 1,
            "_first_seen_at": at,
            "_changed_at": at,
            "_deleted_at": None,
            "name": "a",
            "id": "001",
        },
        {
            "record_id": 2,
            "_batch_id": 1,
            "_first_seen_at": at,
            "_changed_at": at,
            "_deleted_at": None,
            "name": "b",
            "id": "002",
        },
    ]
    assert fetch(con, "select * from landing.record order by 1") == [
        {
            "record_id": number,
            "source": "erp",
            "source_table": "customers",
            "source_key": f"00{number}",
            "record_ref": f"erp.customers:00{number}",
            "first_seen_at": at,
        }
        for number in (1, 2)
    ]
    assert changes(con) == [(1, "erp.customers", "001"), (1, "erp.customers", "002")]
    assert balance(con) == [(2, 2, 0, 0, 0, 0)]
    assert (report.read, report.written, report.tables) == (2, 2, {"erp.customers": Counts(inserted=2)})


def test_the_same_files_again_are_not_read_and_nothing_is_written(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,a\n")
    land(con, company(tmp_path))
    before = contents(con)
    report = land(con, company(tmp_path), day=2)
    assert contents(con) == before
    assert (report.read, report.metadata["tables_not_read"]) == (0, 1)
    full = land(con, company(tmp_path), day=3, full=True)
    assert contents(con) == before
    assert (full.read, full.unchanged, full.metadata["tables_not_read"]) == (1, 1, 0)


def test_only_what_changed_is_written_and_earlier_content_is_kept(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,a\n2,b\n3,c\n")
    land(con, company(tmp_path))
    deliver(tmp_path, "name,id\nd,4\nB,2\na,1\n")
    land(con, company(tmp_path), day=2)
    second = datetime(2026, 3, 2, 2, 0)  # noqa: DTZ001
    assert live(con) == [("1", "a"), ("2", "B"), ("4", "d")]
    assert con.execute("select id, name, _deleted_at from landing.erp__customers where id = '3'").fetchall() == [
        ("3", "c", second)
    ]
    assert changes(con)[3:] == [(2, "erp.customers", key) for key in ("2", "3", "4")]
    assert fetch(con, "select * from landing.version") == [
        {"record_id": 2, "batch_id": 2, "row": json.dumps({"id": "2", "name": "b"}, separators=(",", ":")),
         "replaced_at": second}
    ]  # fmt: skip
    assert balance(con)[1] == (3, 1, 1, 1, 1, 0)


def test_a_row_that_comes_back_has_its_old_id(con: DuckDBPyConnection, tmp_path: Path) -> None:
    for day, text in enumerate(("1,a\n2,b\n", "2,b\n", "1,a\n2,b\n"), start=1):
        deliver(tmp_path, "id,name\n" + text)
        land(con, company(tmp_path), day=day)
    assert con.execute(
        "select record_id, id, _first_seen_at, _deleted_at from landing.erp__customers where id = '1'"
    ).fetchall() == [(1, "1", datetime(2026, 3, 1, 2, 0), None)]  # noqa: DTZ001
    assert balance(con)[1:] == [(1, 0, 0, 1, 1, 0), (2, 1, 0, 0, 1, 0)]
    assert fetch(con, "select * from landing.version") == []


def test_where_only_changes_are_delivered_nothing_is_deleted(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,a\n2,b\n3,c\n")
    land(con, company(tmp_path, deletes="never"))
    deliver(tmp_path, "id,name\n3,C\n")
    land(con, company(tmp_path, deletes="never"), day=2)
    assert live(con) == [("1", "a"), ("2", "b"), ("3", "C")]


def test_repeated_contradictory_and_keyless_rows_are_counted_and_reported(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    deliver(tmp_path, "id,name\n1,a\n1,a\n2,old\n2,new\n ,x\n3,c,d\n")
    report = land(con, company(tmp_path))
    assert live(con) == [("1", "a"), ("2", "new")]
    assert balance(con) == [(6, 2, 0, 0, 1, 3)]
    assert (report.read, report.written, report.unchanged, report.rejected) == (6, 2, 1, 3)
    assert fetch(
        con, "select record_id, location, rule, severity, value, stage from quality.issue order by location"
    ) == [
        {
            "record_id": 2,
            "location": "c.csv:4",
            "rule": "key_is_unique",
            "severity": "warn",
            "value": "2",
            "stage": "landing.erp.customers",
        },
        {
            "record_id": None,
            "location": "c.csv:6",
            "rule": "key_is_filled",
            "severity": "reject",
            "value": None,
            "stage": "landing.erp.customers",
        },
        {
            "record_id": None,
            "location": "c.csv:7",
            "rule": "row_is_readable",
            "severity": "reject",
            "value": "3,c,d",
            "stage": "landing.erp.customers",
        },
    ]
    deliver(tmp_path, "id,name\n1,a\n2,new\n")
    land(con, company(tmp_path), day=2)
    assert fetch(con, "select * from quality.issue where is_open") == []


def test_of_two_files_the_later_one_wins(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,new\n", "2026-02.csv")
    deliver(tmp_path, "id,name\n1,old\n", "2026-01.csv")
    land(con, company(tmp_path))
    assert live(con) == [("1", "new")]


def test_a_new_column_is_added_and_one_that_vanished_is_null(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name,city\n1,a,x\n2,b,\n")
    land(con, company(tmp_path))
    deliver(tmp_path, "id,name,Phone\n1,a,\n2,b,\n3,c,555\n")
    land(con, company(tmp_path), day=2)
    assert con.execute('select id, name, city, "Phone" from landing.erp__customers order by id').fetchall() == [
        ("1", "a", None, None),
        ("2", "b", None, None),
        ("3", "c", None, "555"),
    ]
    assert balance(con)[1] == (3, 1, 1, 0, 1, 0)


def test_columns_with_the_names_of_ours_are_set_apart(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "RECORD_ID,name,_location,_row\nA7,a,here,9\n")
    event = {"entity": "product", "columns": {"product_code": "RECORD_ID"}}
    land(con, company(tmp_path, key=["RECORD_ID"], event=event))
    assert con.execute('select record_id, "RECORD_ID_", _location_, _row_ from landing.erp__customers').fetchall() == [
        (1, "A7", "here", "9")
    ]


def test_a_composite_key_is_joined(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,line,name\n1,10,a\n1,20,b\n")
    land(con, company(tmp_path, key=["id", "line"]))
    assert con.execute("select record_ref from landing.record order by 1").fetchall() == [
        ("erp.customers:1|10",),
        ("erp.customers:1|20",),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,title\n1,a\n", r"lacks column 'name' \(event\.columns\.name\)"),
        ("idd,name\n1,a\n", r"lacks column 'id' \(key\) \(did you mean 'idd'\?\)"),
        ("id,name\n", r"the delivery is empty, 4 rows are landed"),
        ("", r"lacks column 'id' \(key\)"),
        (
            "id,name\n1,a\n9,z\n",
            r"3 of 4 landed rows are not in the delivery of 2 rows; expected at most 50%",
        ),
    ],
)
def test_a_delivery_that_cannot_be_whole_is_refused_and_nothing_changes(
    con: DuckDBPyConnection, tmp_path: Path, text: str, reason: str
) -> None:
    deliver(tmp_path, "id,name\n1,a\n2,b\n3,c\n4,d\n")
    land(con, company(tmp_path))
    before = contents(con)
    deliver(tmp_path, text)
    with pytest.raises(SourceHeldBack, match=reason) as caught:
        land(con, company(tmp_path), day=2)
    assert contents(con) == before
    record_held_back(con, caught.value.source, caught.value.reason, "run-2", DAY_ONE)
    assert fetch(con, "select batch_id, source, source_table, run_id, status, reason from landing.batch")[1] == {
        "batch_id": 2,
        "source": "erp",
        "source_table": "*",
        "run_id": "run-2",
        "status": "held_back",
        "reason": caught.value.reason,
    }


def test_a_delivery_of_rejected_rows_only_is_refused(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,a\n")
    land(con, company(tmp_path, shrink_limit=1))
    deliver(tmp_path, "id,name\n,a\n")
    with pytest.raises(SourceHeldBack, match="no row that can be taken"):
        land(con, company(tmp_path, shrink_limit=1), day=2)


def test_a_changed_key_in_the_configuration_reads_the_same_files_again(con: DuckDBPyConnection, tmp_path: Path) -> None:
    deliver(tmp_path, "id,name\n1,a\n")
    land(con, company(tmp_path))
    land(con, company(tmp_path, key=["id", "name"], shrink_limit=1), day=2)
    assert con.execute("select source_key from landing.record order by 1").fetchall() == [("1",), ("1|a",)]


def test_a_database_is_compared_every_night_and_writes_only_changes(con: DuckDBPyConnection, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "erp.sqlite") as erp:
        erp.execute("create table customers (id text, name text, changed text)")
        erp.execute("insert into customers values ('1', 'a', '2026-01-01'), ('2', 'b', '2026-01-02')")
        erp.commit()
        config = company(tmp_path, {"kind": "sql", "url": "sqlite:///erp.sqlite"}, updated_at="changed")
        land(con, config)
        before = contents(con)
        report = land(con, config, day=2)
        assert contents(con) == before
        assert (report.read, report.unchanged) == (2, 2)
        erp.execute("update customers set name = 'B', changed = '2026-01-03' where id = '2'")
        erp.commit()
        land(con, config, day=3)
    erp.close()
    assert live(con) == [("1", "a"), ("2", "B")]
    assert balance(con) == [(2, 2, 0, 0, 0, 0), (2, 0, 1, 0, 1, 0)]
    assert con.execute("select watermark from landing.batch order by batch_id").fetchall() == [
        ("2026-01-02",),
        ("2026-01-03",),
    ]


nights = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["x", "y", "z", ""]), min_size=1),
    min_size=1,
    max_size=5,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights)
def test_any_sequence_of_deliveries_leaves_the_last_one_and_logs_exactly_what_changed(
    tmp_path: Path, deliveries: list[dict[str, str]]
) -> None:
    con = open_in_memory()
    ids: dict[str, int] = {}
    previous: dict[str, str] = {}
    for day, delivered in enumerate(deliveries, start=1):
        deliver(tmp_path, "id,name\n" + "".join(f"{key},{name}\n" for key, name in delivered.items()))
        land(con, company(tmp_path, shrink_limit=1), day=day)
        assert live(con) == sorted((key, name or None) for key, name in delivered.items())
        logged = {key for seq, _, key in changes(con) if seq == day}
        assert logged == {k for k in previous.keys() | delivered.keys() if previous.get(k) != delivered.get(k)}
        now = dict(con.execute("select source_key, record_id from landing.record").fetchall())
        assert {key: now[key] for key in ids} == ids
        assert len(set(now.values())) == len(now)
        ids, previous = now, delivered
    con.close()


@pytest.mark.parametrize("spoilt", ['2,"b\n', ",b\n", "2,b,c\n"])
def test_a_row_that_cannot_be_read_is_not_taken_for_deleted(
    spoilt: str, con: DuckDBPyConnection, tmp_path: Path
) -> None:
    deliver(tmp_path, "id,name\n1,a\n2,b\n3,c\n")
    land(con, company(tmp_path))
    deliver(tmp_path, "id,name\n1,A\n3,c\n" + spoilt)
    report = land(con, company(tmp_path), day=2)
    assert report.rejected == 1
    assert live(con) == [("1", "A"), ("2", "b"), ("3", "c")]
    deliver(tmp_path, "id,name\n1,A\n3,c\n")
    land(con, company(tmp_path), day=3)
    assert live(con) == [("1", "A"), ("3", "c")]


def test_three_hundred_columns_with_repeated_and_chinese_names_are_landed(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    names = ["id", "name", "客户", "客户", *(f"列{number}" for number in range(296))]
    deliver(tmp_path, ",".join(names) + "\n1,a," + ",".join(str(number) for number in range(298)) + "\n")
    land(con, company(tmp_path))
    (row,) = fetch(con, "select * from landing.erp__customers")
    assert (len(row), row["客户"], row["客户_1"], row["列295"]) == (300 + 6, "0", "1", "297")
    assert land(con, company(tmp_path), day=2, full=True).unchanged == 1


def test_columns_in_another_order_and_rows_delivered_twice_are_no_changes(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    deliver(tmp_path, "id,name,city\n1,a,x\n2,b,y\n")
    land(con, company(tmp_path))
    deliver(tmp_path, "city,id,name\ny,2,b\nx,1,a\ny,2,b\n")
    report = land(con, company(tmp_path), day=2)
    assert (report.read, report.written, report.unchanged, report.rejected) == (3, 0, 3, 0)
    assert len(changes(con)) == 2
