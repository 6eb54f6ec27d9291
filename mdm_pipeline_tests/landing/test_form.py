"""The schema contract: new columns and changed types, for each of the four ways to deal with them."""

from __future__ import annotations

from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.sources import SchemaContract, TableConfig
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.landing.guards import give_go_ahead
from mdm_pipeline_tests.landing.nights import DAY_ONE, crm, delivery, issues, live, night
from mdm_pipeline_tests.rows import fetch

EVENT = {"entity": "product", "columns": {"product_code": "id", "name": "amount"}}


def rows(*values: str | None, start: int = 1) -> list[dict[str, str | None]]:
    return [{"id": f"{start + number:03}", "amount": value} for number, value in enumerate(values)]


def landed(con: DuckDBPyConnection) -> dict[str, str | None]:
    return dict(
        con.execute("select id, amount from landing.crm__account where _deleted_at is null order by id").fetchall()
    )


def profiled(con: DuckDBPyConnection, *values: str, **source: Any) -> None:
    """Thirty rows, so that it is known what the column holds."""
    many = (values * 30)[:30]
    night(con, crm(event=EVENT, **source), delivery(*rows(*many)))


def test_a_word_stands_for_both_kinds_of_change() -> None:
    assert SchemaContract.model_validate("discard_row") == SchemaContract(
        new_columns="discard_row", changed_types="discard_row"
    )
    table = {"key": ["id"], "schema_contract": "freeze", "event": EVENT}
    assert TableConfig.model_validate(table).schema_contract == SchemaContract(new_columns="freeze")


def test_a_new_column_is_landed_and_reported_once(con: DuckDBPyConnection) -> None:
    night(con, crm(), delivery({"id": "1", "name": "a"}))
    wider = {"id": "1", "name": "a", "Phone": "555"}
    night(con, crm(), delivery(wider), day=2)
    assert fetch(con, 'select id, "Phone" from landing.crm__account') == [{"id": "1", "Phone": "555"}]
    assert issues(con) == [("column_is_known", "warn", "Phone", None)]
    night(con, crm(), delivery(wider), day=3)
    assert issues(con) == []


def test_a_new_column_stops_a_frozen_source(con: DuckDBPyConnection) -> None:
    night(con, crm(schema_contract="freeze"), delivery({"id": "1", "name": "a"}))
    with pytest.raises(SourceHeldBack, match="new columns 'phone', and its schema_contract is `freeze`"):
        night(con, crm(schema_contract="freeze"), delivery({"id": "1", "name": "b", "phone": "5"}), day=2)
    assert live(con) == [("1", "a")]


def test_a_column_that_the_mapping_asks_for_is_no_surprise(con: DuckDBPyConnection) -> None:
    night(con, crm(schema_contract="freeze"), delivery({"id": "1", "name": "a"}))
    night(
        con,
        crm(schema_contract="freeze", updated_at="moment"),
        delivery({"id": "1", "name": "a", "moment": "x"}),
        day=2,
    )
    assert fetch(con, "select id, moment from landing.crm__account") == [{"id": "1", "moment": "x"}]


@pytest.mark.parametrize(
    ("contract", "expected", "counts"),
    [
        ("discard_value", [("1", "a"), ("2", "b"), ("3", "c")], (3, 1, 2, 0)),
        ("discard_row", [("1", "a"), ("2", "b")], (3, 0, 2, 1)),
    ],
)
def test_a_new_column_is_kept_out(
    con: DuckDBPyConnection, contract: str, expected: list[tuple[str, str]], counts: tuple[int, ...]
) -> None:
    source = crm(schema_contract=contract)
    night(con, source, delivery({"id": "1", "name": "a"}, {"id": "2", "name": "b"}))
    phone: list[dict[str, str | None]] = [
        {"id": "1", "name": "a", "phone": None},
        {"id": "2", "name": "b", "phone": None},
        {"id": "3", "name": "c", "phone": "555"},
    ]
    taken, _ = night(con, source, delivery(*phone), day=2)
    assert live(con) == expected
    assert (taken.read, taken.inserted, taken.unchanged, taken.rejected) == counts
    assert ("column_is_known", "warn", "phone", None) in issues(con)
    assert "phone" not in fetch(con, "select * from landing.crm__account")[0]


@pytest.mark.parametrize(
    ("before", "content"),
    [
        (["1", "-20", "007"], "integer"),
        (["1.5", "2"], "number"),
        (["1,234.50", "2"], "number"),
        (["2026-01-31", "2026/1/5 10:00", "2026年1月5日"], "date"),
        (["31.01.2026", "1/5/26"], "date"),
        (["A1", "2"], "text"),
    ],
)
def test_what_a_column_holds_is_known_from_enough_values(
    con: DuckDBPyConnection, before: list[str], content: str
) -> None:
    profiled(con, *before)
    assert fetch(con, "select column_name, content, values_seen from landing.column_profile order by 1") == [
        {"column_name": "amount", "content": content, "values_seen": 30},
        {"column_name": "id", "content": "integer", "values_seen": 30},
    ]


def test_few_values_say_nothing(con: DuckDBPyConnection) -> None:
    night(con, crm(event=EVENT), delivery(*rows("1", "2", "3")))
    assert fetch(con, "select * from landing.column_profile") == []


@pytest.mark.parametrize(
    ("before", "after"), [("17", "n/a"), ("1.5", "much"), ("2026-01-31", "17"), ("17", "2026-1-1")]
)
def test_a_changed_type_stops_the_source_and_a_person_may_allow_it_once(
    con: DuckDBPyConnection, before: str, after: str
) -> None:
    profiled(con, before)
    was = landed(con)
    changed = rows(*[before] * 27, after, after, after)
    with pytest.raises(
        SourceHeldBack,
        match=f"column 'amount': 3 of 30 values are no .* for instance '{after}'; expected at most 5%; .*"
        "`mdm source accept crm.account`",
    ):
        night(con, crm(event=EVENT), delivery(*changed), day=2)
    assert landed(con) == was
    give_go_ahead(con, "crm", "account", who="Li Wei", as_of=DAY_ONE)
    night(con, crm(event=EVENT), delivery(*changed), day=2)
    assert landed(con)["030"] == after
    assert issues(con) == [("type_is_kept", "warn", "amount", after)]
    assert fetch(con, "select given_by, used_batch_id from landing.go_ahead") == [
        {"given_by": "Li Wei", "used_batch_id": 2}
    ]
    # now it is known that the column holds both
    night(con, crm(event=EVENT), delivery(*changed[:-1], *rows("other", start=30)), day=3)
    assert (landed(con)["030"], issues(con)) == ("other", [])


def test_a_few_values_of_another_type_pass_and_do_not_wear_the_guard_down(con: DuckDBPyConnection) -> None:
    profiled(con, "17")
    night(con, crm(event=EVENT), delivery(*rows(*["17"] * 29, "n/a")), day=2)
    assert landed(con)["030"] == "n/a"
    with pytest.raises(SourceHeldBack):
        night(con, crm(event=EVENT), delivery(*rows(*["17"] * 27, "a", "b", "c")), day=3)


def test_columns_that_nothing_reads_may_change_as_they_like(con: DuckDBPyConnection) -> None:
    source = crm()
    for day, note in ((1, "5"), (2, "words")):
        given = [{"id": f"{number}", "name": "n", "note": note} for number in range(30)]
        night(con, source, delivery(*given), day=day)
    assert issues(con) == []


def test_values_of_another_type_are_left_out(con: DuckDBPyConnection) -> None:
    source = {"schema_contract": {"changed_types": "discard_value"}}
    profiled(con, "17", **source)
    changed = rows(*["17"] * 27, "a", "b", None)
    taken, _ = night(con, crm(event=EVENT, **source), delivery(*changed), day=2)
    assert (taken.updated, taken.unchanged, taken.rejected) == (3, 27, 0)
    assert [landed(con)[key] for key in ("027", "028", "029", "030")] == ["17", None, None, None]
    assert night(con, crm(event=EVENT, **source), delivery(*changed), day=3)[0].updated == 0


def test_rows_with_values_of_another_type_are_refused_and_not_taken_for_deleted(con: DuckDBPyConnection) -> None:
    source = {"schema_contract": {"changed_types": "discard_row"}}
    profiled(con, "17", **source)
    changed = rows(*["18"] * 28, "a", "b")
    taken, _ = night(con, crm(event=EVENT, **source), delivery(*changed), day=2)
    assert (taken.read, taken.updated, taken.deleted, taken.rejected, taken.live) == (30, 28, 0, 2, 30)
    assert [landed(con)[key] for key in ("028", "029", "030")] == ["18", "17", "17"]
    assert [found for found in issues(con) if found[1] == "reject"] == [
        ("type_is_kept", "reject", "amount", "a"),
        ("type_is_kept", "reject", "amount", "b"),
    ]
