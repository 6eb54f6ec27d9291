"""PostgreSQL and MariaDB as they are: hostile values, one snapshot, the source's index, a server that goes away.

Every case runs by DuckDB's own fetch and by the Python driver, which deliver the same rows.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import TransientError
from mdm_pipeline.landing.loading import load_delivery
from mdm_pipeline.sources.delivery import Delivery, Place, Since
from mdm_pipeline.sources.read import open_source
from mdm_pipeline_tests.orchestration.services import Postgres, server_binaries
from mdm_pipeline_tests.sources.deliveries import EVENT
from mdm_pipeline_tests.sources.mariadb import MariaDb, mariadb_binary
from mdm_pipeline_tests.sources.test_postgres import url_of

PLACE = Place(Path(), None, datetime(2026, 6, 1, tzinfo=UTC))
EVERYTHING = Since()
PATHS = pytest.mark.parametrize("is_fast", [True, False], ids=["duckdb", "driver"])


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server programs on this machine")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to the server's user
        Path(folder).chmod(0o755)
        server = Postgres(binaries, Path(folder) / "server")
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def maria() -> Iterator[MariaDb]:
    binary = mariadb_binary()
    if binary is None:
        pytest.skip("no MariaDB server program on PATH, in /usr/sbin or in MDM_MARIADB_BIN")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = MariaDb(binary, Path(folder) / "server")
        server.start()
        yield server
        server.stop()


def source(url: str, *, is_fast: bool, tables: dict[str, dict[str, Any]], **connection: Any) -> SourceConfig:
    return SourceConfig.model_validate(
        {
            "name": "crm",
            "connection": {"kind": "sql", "url": url, "fast_path": is_fast, **connection},
            "tables": {name: {"key": ["id"], "event": EVENT, **table} for name, table in tables.items()},
        }
    )


def rows_of(con: DuckDBPyConnection, delivery: Delivery, key: str = "id") -> list[tuple[Any, ...]]:
    """The delivery as landing loads it, in the order of its rows."""
    load_delivery(con, delivery, [key])
    return con.execute("select * exclude (_row) from landing_delivered order by _row").fetchall()


def read(
    con: DuckDBPyConnection, config: SourceConfig, since: Since = EVERYTHING
) -> tuple[Delivery, list[tuple[Any, ...]]]:
    with open_source(config, PLACE) as reader:
        delivery = reader.read("account", since)
        rows = rows_of(con, delivery)
        assert delivery.notes == []
        if config.connection.fast_path:  # type: ignore[union-attr]
            assert delivery.scan is not None
        return delivery, rows


def execute(server: Postgres | MariaDb, *statements: str) -> None:
    for statement in statements:
        if isinstance(server, MariaDb):
            server.query(statement)
        else:
            server.query(statement.replace("%", "%%") + "; select 1")


@PATHS
def test_postgresql_gives_the_text_that_it_prints_itself(
    con: DuckDBPyConnection, postgres: Postgres, is_fast: bool
) -> None:
    execute(
        postgres,
        "drop table if exists account",
        "create table account (id int, n numeric, f float8, t timestamp, z timestamptz, tz timetz, d date, b bytea, "
        "a text[], j json, bo boolean, bi bit(3), i interval, u uuid, s text, "
        '"select" text, "a""b" text, "列 %名" text)',
        "insert into account values (1, 'NaN', 'Infinity', 'infinity', '2026-01-01 10:00:00.123456+08', '12:00+08', "
        "'0044-03-15 BC', '\\x00ff', '{a,\"b c\",null}', '{\"a\":  1}', true, '101', '1 mon -2 days', "
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '😀\t上海\n100%', 'x', 'y', 'z')",
        "insert into account (id, n, f, s) values (2, 12345678901234567890123456789012345678901234567890.5, 0.1, '')",
    )
    _, rows = read(con, source(url_of(postgres), is_fast=is_fast, tables={"account": {}}))
    assert rows == [
        ("account row 1", "1", "NaN", "Infinity", "infinity", "2026-01-01 02:00:00.123456+00", "12:00:00+08")
        + ("0044-03-15 BC", "\\x00ff", '{a,"b c",NULL}', '{"a":  1}', "true", "101", "1 mon -2 days")
        + ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "😀\t上海\n100%", "x", "y", "z"),
        ("account row 2", "2", "12345678901234567890123456789012345678901234567890.5", "0.1")
        + (None,) * 11
        + ("", None, None, None),
    ]


@PATHS
def test_columns_named_like_ours_are_the_source_s_own(
    con: DuckDBPyConnection, postgres: Postgres, is_fast: bool
) -> None:
    execute(
        postgres,
        "drop table if exists account",
        "create table account (id int, _row int, _location text, column_0 text)",
        "insert into account values (1, 70, 'Ulm', 'a'), (2, 80, null, 'b')",
    )
    config = source(url_of(postgres), is_fast=is_fast, tables={"account": {}})
    delivery, rows = read(con, config)
    assert delivery.columns == ("id", "_row", "_location", "column_0")
    assert rows == [("account row 1", "1", "70", "Ulm", "a"), ("account row 2", "2", "80", None, "b")]
    names = [column[0] for column in con.execute("select * from landing_delivered").description]
    assert names == ["_row", "_location", "id", "_row_", "_location_", "column_0"]


@PATHS
def test_mariadb_gives_the_text_that_it_prints_itself(con: DuckDBPyConnection, maria: MariaDb, is_fast: bool) -> None:
    execute(
        maria,
        "drop table if exists account",
        "create table account (id int, t tinyint(1), d date, dt datetime(6), n decimal(65,10), b bit(5), y year, "
        "u bigint unsigned, g geometry, bl blob, v varchar(20) charset gbk, l varchar(20) charset latin1, "
        "e varchar(20) charset utf8mb4, f float, j json, ti time, `select` text, `a``b` text, `列 %名` text)",
    )
    connection = maria.connect()
    with connection.cursor() as cursor:
        cursor.execute("set sql_mode = ''")
        cursor.execute(
            "insert into account values (1, 2, '0000-00-00', '0000-00-00', "
            "1234567890123456789012345678901234567890123456789012345.0123456789, b'10110', 2024, 18446744073709551615, "
            "point(1, 2), x'00ff', '中文', 'é', '😀', 0.1, '{\"a\": 1}', '-838:59:59', 'a\\0b', 'it''s \\\\', '100%')"
        )
    connection.close()
    _, rows = read(con, source(maria.url, is_fast=is_fast, tables={"account": {}}))
    assert rows == [
        ("account row 1", "1", "2", "0000-00-00", "0000-00-00 00:00:00.000000")
        + ("1234567890123456789012345678901234567890123456789012345.0123456789", "22", "2024", "18446744073709551615")
        + ("POINT(1 2)", "0x00FF", "中文", "é", "😀", "0.1", '{"a": 1}', "-838:59:59", "a\0b", "it's \\", "100%")
    ]


@PATHS
@pytest.mark.parametrize("kind", ["postgres", "maria"])
def test_three_hundred_columns(
    con: DuckDBPyConnection, kind: str, is_fast: bool, request: pytest.FixtureRequest
) -> None:
    server: Postgres | MariaDb = request.getfixturevalue(kind)
    columns = ", ".join(f"c{n} varchar(6)" for n in range(300))
    values = ", ".join(f"'v{n}'" for n in range(300))
    execute(server, "drop table if exists account", f"create table account (id int, {columns})")
    execute(server, *[f"insert into account values ({n}, {values})" for n in range(3)])
    url = server.url if isinstance(server, MariaDb) else url_of(server)
    _, rows = read(con, source(url, is_fast=is_fast, tables={"account": {}}))
    assert rows == [(f"account row {n + 1}", str(n), *(f"v{m}" for m in range(300))) for n in range(3)]


@PATHS
@pytest.mark.parametrize("kind", ["postgres", "maria"])
def test_all_tables_are_read_as_of_one_moment(
    con: DuckDBPyConnection, kind: str, is_fast: bool, request: pytest.FixtureRequest
) -> None:
    server: Postgres | MariaDb = request.getfixturevalue(kind)
    execute(
        server,
        "drop table if exists account",
        "drop table if exists orders",
        "create table account (id int primary key)",
        "create table orders (id int primary key, account int)",
        "insert into account values (1)",
        "insert into orders values (1, 1)",
    )
    url = server.url if isinstance(server, MariaDb) else url_of(server)
    config = source(url, is_fast=is_fast, tables={"account": {"deletes": "by_keys"}, "orders": {}})
    with open_source(config, PLACE) as reader:
        accounts = reader.read("account", Since())
        # MariaDB's fast path cannot share a moment, so it is not taken for several tables
        assert (accounts.scan is not None) == (is_fast and kind == "postgres")
        assert rows_of(con, accounts) == [("account row 1", "1")]
        execute(server, "insert into account values (2)", "insert into orders values (2, 2)")
        assert rows_of(con, reader.read("orders", Since())) == [("orders row 1", "1", "1")]
        assert [batch.to_pylist() for batch in keys_of(accounts)] == [[{"id": "1"}]]
    assert rows_of_new_run(con, config) == [("account row 1", "1"), ("account row 2", "2")]


def keys_of(delivery: Delivery) -> Iterator[pa.RecordBatch]:
    assert delivery.present_keys is not None
    return delivery.present_keys


def rows_of_new_run(con: DuckDBPyConnection, config: SourceConfig) -> list[tuple[Any, ...]]:
    with open_source(config, PLACE) as reader:
        return rows_of(con, reader.read("account", Since()))


def test_keys_of_a_single_mariadb_table_are_never_older_than_its_rows(con: DuckDBPyConnection, maria: MariaDb) -> None:
    execute(maria, "drop table if exists account", "create table account (id int)", "insert into account values (1)")
    config = source(maria.url, is_fast=True, tables={"account": {"deletes": "by_keys"}})
    with open_source(config, PLACE) as reader:
        delivery = reader.read("account", Since())
        execute(maria, "insert into account values (2)")  # before the scan begins
        assert len(rows_of(con, delivery)) == 2
        assert [batch.to_pylist() for batch in keys_of(delivery)] == [[{"id": "1"}, {"id": "2"}]]


@PATHS
@pytest.mark.parametrize("kind", ["postgres", "maria"])
def test_a_cursor_reads_what_changed_by_the_source_s_index(
    con: DuckDBPyConnection, kind: str, is_fast: bool, request: pytest.FixtureRequest
) -> None:
    server: Postgres | MariaDb = request.getfixturevalue(kind)
    is_maria = isinstance(server, MariaDb)
    numbers = "select seq as i from seq_1_to_5000" if is_maria else "select i from generate_series(1, 5000) as i"
    stamp = (
        "timestamp '2026-01-01 00:00:00' + interval i minute"
        if is_maria
        else "timestamp '2026-01-01 00:00:00' + i * interval '1 minute'"
    )
    execute(
        server,
        "drop table if exists account",
        f"create table account as select i as id, {stamp} as changed from ({numbers}) as n",
        "alter table account modify changed datetime null" if is_maria else "select 1",
        "create index changed_i on account (changed)",
        "update account set changed = null where id = 7",
        "update account set changed = '2999-01-01' where id = 8",
        "analyze table account" if is_maria else "analyze account",
    )
    url = server.url if isinstance(server, MariaDb) else url_of(server)
    config = source(url, is_fast=is_fast, tables={"account": {"cursor": {"column": "changed", "lag": "PT2M"}}})
    everything, rows = read(con, config)
    # the row whose clock is ahead does not push the watermark into the future
    assert (len(rows), everything.is_complete, everything.watermark) == (5000, True, "2026-01-04 11:20:00")
    delta, rows = read(con, config, Since(everything.watermark))
    assert not delta.is_complete
    assert sorted(int(row[1]) for row in rows) == [7, 8, 4998, 4999, 5000]

    assert delta.scan is not None or not is_fast
    with open_source(source(url, is_fast=True, tables={"account": {"cursor": {"column": "changed"}}}), PLACE) as reader:
        statement = reader.read("account", Since("2026-01-04 11:20:00")).scan.select  # type: ignore[union-attr]
    plan = server.query(f"explain {statement}".replace("%", "%%") if not is_maria else f"explain {statement}")
    assert any("changed_i" in str(line) for line in plan), plan


@pytest.mark.parametrize("kind", ["postgres", "maria"])
@PATHS
def test_a_server_that_goes_away_mid_table_leaves_the_hub_s_transaction_whole(
    con: DuckDBPyConnection, kind: str, is_fast: bool, request: pytest.FixtureRequest
) -> None:
    server: Postgres | MariaDb = request.getfixturevalue(kind)
    is_maria = isinstance(server, MariaDb)
    numbers = "select seq as i from seq_1_to_60000" if is_maria else "select i from generate_series(1, 60000) as i"
    execute(
        server,
        "drop table if exists account",
        f"create table account as select i as id, repeat('x', 1000) as t from ({numbers}) as n",
    )
    url = server.url if isinstance(server, MariaDb) else url_of(server)
    slow = "sleep(0.0002)" if is_maria else "pg_sleep(0.0002)::text"
    config = source(url, is_fast=is_fast, tables={"account": {"query": f"select id, t, {slow} as s from account"}})
    kill = threading.Timer(1.0, end_readers, [server])
    con.execute("begin")
    con.execute("create table before_it as select 1 as x")
    with (
        pytest.raises(TransientError, match="crm.account: the database does not answer") as caught,
        open_source(config, PLACE) as reader,
    ):
        delivery = reader.read("account", Since())
        kill.start()
        load_delivery(con, delivery, ["id"])
    assert server.password not in str(caught.value)
    con.execute("rollback")
    with pytest.raises(duckdb.CatalogException):
        con.execute("from before_it")
    assert con.execute("select database_name from duckdb_databases() where database_name like '%crm%'").fetchall() == []


def end_readers(server: Postgres | MariaDb) -> None:
    if isinstance(server, MariaDb):
        for (number,) in server.query(
            "select id from information_schema.processlist where info like '%sleep%' and id <> connection_id()"
        ):
            server.query(f"kill {number}")
        return
    server.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = 'mdm'"
    )


def test_where_duckdb_cannot_attach_the_driver_reads_and_says_so(con: DuckDBPyConnection, postgres: Postgres) -> None:
    execute(postgres, "drop table if exists account", "create table account (id int)", "insert into account values (1)")
    config = source(url_of(postgres), is_fast=True, tables={"account": {}})
    con.execute("set disabled_filesystems = 'LocalFileSystem'")  # so the extension cannot be loaded
    with open_source(config, PLACE) as reader:
        delivery = reader.read("account", Since())
        assert rows_of(con, delivery) == [("account row 1", "1")]
    assert len(delivery.notes) == 1
    assert delivery.notes[0].startswith("DuckDB cannot attach the database (")
    assert postgres.password not in delivery.notes[0]


def test_the_password_is_nowhere_in_duckdb(con: DuckDBPyConnection, postgres: Postgres) -> None:
    execute(postgres, "drop table if exists account", "create table account (id int)")
    config = source(url_of(postgres), is_fast=True, tables={"account": {}})
    with open_source(config, PLACE) as reader:
        rows_of(con, reader.read("account", Since()))
        told = con.execute("select * from duckdb_databases()").fetchall()
        told += con.execute("select * from duckdb_secrets()").fetchall()
        assert any("crm" in str(row) for row in told)
        assert postgres.password not in str(told)


def test_bytes_of_no_encoding_are_replaced_and_told(con: DuckDBPyConnection, postgres: Postgres) -> None:
    databases = postgres.query("select 1 from pg_database where datname = 'raw'")
    if not databases:
        import psycopg2

        connection = psycopg2.connect(
            host="127.0.0.1", port=postgres.port, user="mdm", password=postgres.password, dbname="postgres"
        )
        connection.autocommit = True
        connection.cursor().execute(
            "create database raw encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'"
        )
        connection.close()
    config = source(
        url_of(postgres).removesuffix("postgres") + "raw",
        is_fast=True,
        tables={"account": {"query": "select 1 as id, '中'::text as good, E'A\\xffB'::text as bad"}},
    )
    with open_source(config, PLACE) as reader:
        delivery = reader.read("account", Since())
        assert rows_of(con, delivery) == [("account row 1", "1", "中", "A\ufffdB")]
    assert [(p.location, p.column, p.is_row_lost) for p in delivery.problems] == [("account row 1", "bad", False)]
