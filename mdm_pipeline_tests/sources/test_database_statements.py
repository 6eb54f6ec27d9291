"""The statements for every dialect, without a server; and cursor values as texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm_pipeline.config.sources import CursorConfig
from mdm_pipeline.sources.cursor_values import NoCursorValue, lagged, later, moment_of, spelled_like
from mdm_pipeline.sources.database_dialects import Column, Dialect, dialect_of
from mdm_pipeline.sources.database_statements import Relation, cursor_literal, query_origin, table_origin

SHANGHAI = ZoneInfo("Asia/Shanghai")


def dialect(name: str) -> Dialect:
    found = dialect_of(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "type_word", "text"),
    [
        ("postgresql", "", '"c"::text'),
        ("sqlite", "", 'cast("c" as text)'),
        ("mysql", "", "cast(`c` as char)"),
        ("mysql", "bit", "cast(`c` + 0 as char)"),
        ("mysql", "geometry", "st_astext(`c`)"),
        ("mssql", "datetime2(7)", "convert(nvarchar(40), [c], 121)"),
        ("mssql", "datetimeoffset(7)", "convert(nvarchar(40), [c], 121)"),
        ("mssql", "time(3)", "convert(nvarchar(40), [c], 121)"),
        ("mssql", "timestamp", "convert(varchar(max), convert(varbinary(max), [c]), 1)"),
        ("mssql", "float", "convert(nvarchar(40), [c], 3)"),
        ("mssql", "money", "convert(nvarchar(40), [c], 2)"),
        ("mssql", "varbinary(16)", "convert(varchar(max), convert(varbinary(max), [c]), 1)"),
        ("mssql", "geography", "[c].ToString()"),
        ("mssql", "decimal(38,10)", "convert(nvarchar(max), [c])"),
        ("oracle", "number", 'to_char("c")'),
        ("oracle", "timestamp_tz", 'to_char("c")'),
        ("oracle", "raw", 'rawtohex("c")'),
        ("oracle", "varchar", '"c"'),
    ],
)
def test_every_type_is_cast_to_the_text_that_its_database_prints(name: str, type_word: str, text: str) -> None:
    assert dialect(name).text(dialect(name).quoted("c"), type_word) == text


def test_sql_server_and_oracle_read_from_a_cursor_on_by_their_own_sql() -> None:
    columns = (Column("id", "int"), Column("changed", "datetime2(7)"))
    mssql = Relation(dialect("mssql"), table_origin(dialect("mssql"), "dbo", "a]b"), columns)
    bound = cursor_literal(mssql.dialect, "2026-01-31 10:00:00", "timestamp")
    assert mssql.rows("Changed", bound) == (
        "select convert(nvarchar(max), [id]) as [c1], convert(nvarchar(40), [changed], 121) as [c2] "
        "from [dbo].[a]]b] where ([changed] >= '2026-01-31 10:00:00' or [changed] is null)"
    )
    oracle = Relation(
        dialect("oracle"),
        query_origin(dialect("oracle"), "select * from crm.account -- all;"),
        (Column("ID", "number"),),
    )
    assert oracle.rows("id", cursor_literal(oracle.dialect, "41", "sequence")) == (
        'select to_char("ID") as "c1" from (select * from crm.account -- all\n) delivered '
        'where ("ID" >= 41 or "ID" is null)'
    )
    assert oracle.keys(["id"]) == 'select to_char("ID") as "k1" from (select * from crm.account -- all\n) delivered'
    assert oracle.highest("id") == (
        'select to_char(top.v) from (select max("ID") as v from (select * from crm.account -- all\n) delivered) top'
    )


@pytest.mark.parametrize("name", ["postgresql", "mysql", "sqlite", "mssql", "oracle"])
@given(identifier=st.text(min_size=1))
def test_no_name_leaves_its_quotes(name: str, identifier: str) -> None:
    quoted = dialect(name).quoted(identifier)
    closing = dialect(name).quotes[1]
    assert quoted[1:-1].replace(closing * 2, "").count(closing) == 0
    assert quoted[1:-1].replace(closing * 2, closing) == identifier


def test_a_sequence_is_a_number_or_an_error() -> None:
    assert cursor_literal(dialect("mssql"), "0x00000000000007D1", "sequence") == "0x00000000000007D1"
    with pytest.raises(ValueError, match="1 or 1=1"):
        cursor_literal(dialect("mssql"), "1 or 1=1", "sequence")
    assert cursor_literal(dialect("mysql"), "it's \\", "timestamp") == "'it''s \\\\'"


@pytest.mark.parametrize(
    ("value", "kind", "lag", "before"),
    [
        ("2026-03-01 00:10:00.123456+00", "timestamp", 900, "2026-02-28 23:55:00+00"),
        ("2026-03-01T00:10:00Z", "timestamp", 900, "2026-02-28T23:55:00Z"),
        ("2026-03-01 00:10:00.1234567", "timestamp", 0, "2026-03-01 00:10:00.1234567"),
        ("2026-03-01", "timestamp", 900, "2026-02-28 23:45:00"),
        ("12345678901234567890", "sequence", 10, "12345678901234567880"),
        ("0x00000000000007D1", "sequence", 1, "0x00000000000007D0"),
        ("0x01", "sequence", 900, "0x00"),
    ],
)
def test_the_lag_is_taken_off_in_the_value_s_own_form(value: str, kind: str, lag: int, before: str) -> None:
    assert lagged(value, CursorConfig(column="c", kind=kind, lag=timedelta(seconds=lag))) == before


def test_values_are_compared_as_what_they_are() -> None:
    stamps, numbers = CursorConfig(column="c"), CursorConfig(column="c", kind="sequence")
    assert later("9", "10", numbers, UTC) == "10"
    assert later("2026-01-01 10:00:00", "2026-01-01T03:00:00Z", stamps, SHANGHAI) == "2026-01-01T03:00:00Z"
    assert later(None, "9", numbers, UTC) == "9"
    with pytest.raises(NoCursorValue):
        later("2026-01-01", "yesterday", stamps, UTC)


@given(
    moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)).map(  # noqa: DTZ001
        lambda found: found.replace(microsecond=0, tzinfo=UTC)
    ),
    form=st.sampled_from(["2026-01-01 10:00:00", "2026-01-01T10:00:00Z", "2026-01-01 10:00:00.5+08:00"]),
)
def test_a_moment_keeps_its_meaning_in_every_form(moment: datetime, form: str) -> None:
    assert moment_of(spelled_like(form, moment, SHANGHAI), SHANGHAI) == moment
