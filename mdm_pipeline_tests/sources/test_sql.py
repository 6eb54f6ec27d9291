"""Databases by SQLAlchemy, with real SQLite files."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mdm_pipeline.errors import PermanentError, SourceHeldBack, TransientError
from mdm_pipeline.sources.database_rows import text_of
from mdm_pipeline_tests.sources.deliveries import delivered, peek, read_table, sql_source


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    """A database with one table of hostile values."""
    with sqlite3.connect(tmp_path / "crm.sqlite") as con:
        con.execute('create table account (id text, "Name" text, amount real, number integer, note blob)')
        con.execute("insert into account values ('0012', '上海公司', 1234.5, 110105199001011234, x'e4b8ad')")
        con.execute("insert into account values ('13', cast(x'41ff42' as text), null, 0, null)")
    con.close()
    return tmp_path


def test_every_value_is_the_text_that_the_database_has(crm: Path) -> None:
    delivery, rows = delivered(sql_source("sqlite:///crm.sqlite"), crm)
    assert (delivery.columns, delivery.content_hash) == (("id", "Name", "amount", "number", "note"), None)
    assert rows == [
        {
            "id": "0012",
            "Name": "上海公司",
            "amount": "1234.5",
            "number": "110105199001011234",
            "note": "中",
            "_location": "account row 1",
        },
        {
            "id": "13",
            "Name": "A\ufffdB",
            "amount": None,
            "number": "0",
            "note": None,
            "_location": "account row 2",
        },
    ]
    assert [(p.location, p.column, p.is_row_lost) for p in delivery.problems] == [("account row 2", "Name", False)]


def test_a_query_may_hold_colons_percent_signs_and_a_semicolon(crm: Path) -> None:
    query = "select id, '10:30' as at, 'a%b' as share, number * 2 as twice from account where id like '0%';"
    assert delivered(sql_source("sqlite:///crm.sqlite", query=query), crm)[1] == [
        {
            "id": "0012",
            "at": "10:30",
            "share": "a%b",
            "twice": "220210398002022468",
            "_location": "account row 1",
        }
    ]


def test_a_missing_table_is_named_with_what_is_meant(crm: Path) -> None:
    with pytest.raises(SourceHeldBack, match=r"no table 'acount' \(did you mean 'account'\?\)"):
        read_table(sql_source("sqlite:///crm.sqlite", table="acount"), "account", crm)


def test_a_missing_column_of_a_query_is_permanent(crm: Path) -> None:
    with pytest.raises(SourceHeldBack, match="refuses the query .*no such column: nme"):
        read_table(sql_source("sqlite:///crm.sqlite", query="select nme from account"), "account", crm)


def test_a_missing_file_is_an_error_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceHeldBack, match="database file crm.sqlite does not exist"):
        read_table(sql_source("sqlite:///crm.sqlite"), "account", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_variables_of_the_url_come_from_the_environment(crm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sql_source("sqlite:///${CRM_FILE_FOR_TEST}")
    with pytest.raises(PermanentError, match="environment variable CRM_FILE_FOR_TEST is not set"):
        read_table(source, "account", crm)
    monkeypatch.setenv("CRM_FILE_FOR_TEST", str(crm / "crm.sqlite"))
    assert len(delivered(source, crm)[1]) == 2


def test_a_database_that_does_not_answer_may_do_so_later_and_the_password_never_shows(tmp_path: Path) -> None:
    source = sql_source("postgresql+psycopg2://reader:topsecret@127.0.0.1:1/crm")
    with pytest.raises(TransientError, match="crm.account: the database does not answer") as caught:
        read_table(source, "account", tmp_path)
    assert "topsecret" not in str(caught.value)


def test_an_unknown_kind_of_database_is_a_matter_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="not a URL of a database that is installed here") as caught:
        read_table(sql_source("nosuch://reader:topsecret@host/crm"), "account", tmp_path)
    assert "topsecret" not in str(caught.value)


def test_a_locked_database_may_be_free_later(crm: Path) -> None:
    holder = sqlite3.connect(crm / "crm.sqlite")
    holder.execute("begin exclusive")
    source = sql_source("sqlite:///crm.sqlite?timeout=0")
    with pytest.raises(TransientError, match="locked"):
        read_table(source, "account", crm)
    holder.close()


def test_only_reading_tells_whether_a_database_changed(crm: Path) -> None:
    assert peek(sql_source("sqlite:///crm.sqlite"), "account", crm) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("0012", "0012"),
        (True, "true"),
        (12345678901234567890, "12345678901234567890"),
        (Decimal("1E-10"), "0.0000000001"),
        (Decimal("NaN"), "NaN"),
        (0.1, "0.1"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 1, 5, 13, 4, 5), "2024-01-05 13:04:05"),  # noqa: DTZ001
        (time(1, 2), "01:02:00"),
        ("中".encode(), "中"),
        (b"\xff\x00", "ff00"),
        ({"a": ["甲"]}, '{"a": ["甲"]}'),
    ],
)
def test_values_of_other_databases_are_spelled_exactly(value: Any, text: str | None) -> None:
    assert text_of(value) == text
