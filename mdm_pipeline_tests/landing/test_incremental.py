"""What a source that delivers only changes can say, what landing makes of it, and how far it is taken."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.landing.ledger import Taken
from mdm_pipeline_tests.landing.nights import crm, delivery, issues, live, night
from mdm_pipeline_tests.rows import fetch

CURSOR = {"column": "changed", "full_every": None}


def row(key: str, name: str | None = None, changed: str | None = None, **more: str | None) -> dict[str, str | None]:
    return {"id": key, "name": name or key.upper(), "changed": changed, **more}


def counts(taken: Taken) -> tuple[int | None, ...]:
    """Read, inserted, updated, deleted, unchanged, rejected; live."""
    return (
        taken.read,
        taken.inserted,
        taken.updated,
        taken.deleted,
        taken.unchanged,
        taken.rejected,
        taken.live,
    )


def test_the_watermark_moves_with_the_rows_and_is_handed_back(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR)
    taken, asked = night(con, source, delivery(row("1", changed="2026-02-27 10:00:00"), row("2", changed="2026-02-28")))
    assert (asked.watermark, taken.mode, taken.watermark) == (None, "full", "2026-02-28")
    changed = delivery(row("2", "B", "2026-03-01 09:00:00"), is_complete=False)
    taken, asked = night(con, source, changed, day=2)
    assert (asked.watermark, taken.mode, taken.watermark) == ("2026-02-28", "changes", "2026-03-01 09:00:00")
    assert counts(taken) == (1, 0, 1, 0, 0, 0, 2)
    assert live(con) == [("1", "1"), ("2", "B")]
    _, asked = night(con, source, delivery(columns=["id", "name", "changed"], is_complete=False), day=3)
    assert asked.watermark == "2026-03-01 09:00:00"
    assert fetch(con, "select source, source_table, watermark, full_read_at, taken_at from landing.progress") == [
        {
            "source": "crm",
            "source_table": "account",
            "watermark": "2026-03-01 09:00:00",
            "full_read_at": datetime(2026, 3, 1, 2, 0),  # noqa: DTZ001
            "taken_at": datetime(2026, 3, 3, 2, 0),  # noqa: DTZ001
        }
    ]


def test_a_refused_delivery_does_not_move_the_watermark(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR)
    night(con, source, delivery(row("1", changed="2026-02-27"), row("2", changed="2026-02-28")))
    with pytest.raises(SourceHeldBack):
        night(con, source, delivery(row("1", changed="2026-03-01"), deleted=["2"], is_complete=False,
                                    columns=["id", "changed"]), day=2)  # fmt: skip
    _, asked = night(con, source, delivery(row("1", changed="2026-03-01"), is_complete=False), day=2)
    assert asked.watermark == "2026-02-28"


@pytest.mark.parametrize(
    ("kind", "values", "highest"),
    [
        ("sequence", ["9", "10", "100", "99"], "100"),
        ("timestamp", ["2026-02-01 9:30:00", "2026-02-01 10:00:00"], "2026-02-01 10:00:00"),
        ("timestamp", ["2026-02-01T10:00:00+08:00", "2026-02-01T03:00:00Z"], "2026-02-01T03:00:00Z"),
        ("timestamp", ["2026-02-01 10:00:00+00", "2026-02-01 17:59:00"], "2026-02-01 10:00:00+00"),
        ("timestamp", [None, "2026-02-01"], "2026-02-01"),
        ("timestamp", [None, None], None),
    ],
)
def test_cursor_values_are_compared_as_what_they_are(
    con: DuckDBPyConnection, kind: str, values: list[str | None], highest: str | None
) -> None:
    source = crm(cursor={"column": "changed", "kind": kind})
    source = source.model_copy(update={"time_zone": "Asia/Shanghai"})
    rows = [row(str(number), changed=value) for number, value in enumerate(values)]
    assert night(con, source, delivery(*rows))[0].watermark == highest


def test_only_a_full_read_takes_the_watermark_back(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR)
    night(con, source, delivery(row("1", changed="2026-02-28")))
    older = row("1", "restored", "2026-02-01")
    assert night(con, source, delivery(older, is_complete=False), day=2)[0].watermark == "2026-02-28"
    assert night(con, source, delivery(older), day=3, full=True)[0].watermark == "2026-02-01"


def test_a_cursor_that_is_no_time_holds_the_source_back(con: DuckDBPyConnection) -> None:
    with pytest.raises(SourceHeldBack, match="column changed: 'yesterday' cannot be compared as a timestamp"):
        night(con, crm(cursor=CURSOR), delivery(row("1", changed="yesterday")))


def test_a_clock_that_is_ahead_does_not_hide_what_changes_until_then(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR)
    rows = [row("1", changed="2099-01-01"), row("2", changed="2026-02-28 10:00:00")]
    assert night(con, source, delivery(*rows))[0].watermark == "2026-02-28 10:00:00"
    assert live(con) == [("1", "1"), ("2", "2")]
    assert issues(con) == [("cursor_is_past", "warn", "changed", "2099-01-01")]


def test_everything_is_read_again_when_the_last_full_read_is_too_old(con: DuckDBPyConnection) -> None:
    source = crm(cursor={"column": "changed", "full_every": "P7D"}, deletes="by_absence")
    first = [row("1", changed="2026-02-27"), row("2", changed="2026-02-28"), row("3", changed="2026-02-28")]
    night(con, source, delivery(*first))
    for day in range(2, 8):
        assert night(con, source, delivery(first[2], is_complete=False), day=day)[0].mode == "changes"
    # changed without a new time stamp, and deleted without a word: the full read finds both
    taken, asked = night(con, source, delivery(row("1", "other", "2026-02-27"), first[2]), day=8)
    assert (taken.mode, asked.watermark) == ("full", None)
    assert counts(taken) == (2, 0, 1, 1, 1, 0, 2)
    assert live(con) == [("1", "other"), ("3", "3")]
    assert night(con, source, delivery(first[2], is_complete=False), day=9)[0].mode == "changes"


def test_another_way_of_reading_reads_everything(con: DuckDBPyConnection) -> None:
    night(con, crm(cursor=CURSOR), delivery(row("1", changed="2026-02-27")))
    taken, asked = night(con, crm(cursor=CURSOR, query="select 1"), delivery(row("1", changed="2026-02-27")), day=2)
    assert (taken.mode, asked.watermark) == ("full", None)
    nothing = delivery(columns=["id", "name", "changed"], is_complete=False)
    assert night(con, crm(cursor=CURSOR, query="select 1"), nothing, day=3)[0].mode == "changes"


def test_what_is_not_among_changes_is_not_deleted_and_what_is_named_is(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR)
    night(con, source, delivery(*(row(key, changed="2026-02-27") for key in "abcd")))
    taken, _ = night(con, source, delivery(row("a", "A2", "2026-02-28"), deleted=["b", "a", "never seen"],
                                           is_complete=False), day=2)  # fmt: skip
    assert counts(taken) == (1, 0, 1, 1, 0, 0, 3)
    assert live(con) == [("a", "A2"), ("c", "C"), ("d", "D")]


def test_rows_that_are_not_among_the_present_keys_are_deleted(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR, deletes="by_keys")
    night(con, source, delivery(*(row(key, changed="2026-02-27") for key in "abcd"), present="abcd"))
    taken, _ = night(con, source, delivery(row("e", changed="2026-02-28"), present="ace", is_complete=False), day=2)
    assert counts(taken) == (1, 1, 0, 2, 0, 0, 3)
    assert [key for key, _ in live(con)] == ["a", "c", "e"]
    with pytest.raises(SourceHeldBack, match="3 of 3 landed rows are not in the delivery"):
        night(con, source, delivery(columns=["id", "name", "changed"], present="", is_complete=False), day=3)


def test_rows_that_say_of_themselves_that_they_are_deleted(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR, deleted_flag={"column": "gone"})
    night(con, source, delivery(*(row(key, changed="2026-02-27", gone="0") for key in "abc"), row("x", gone=" TRUE ")))
    assert [key for key, _ in live(con)] == ["a", "b", "c"]
    said = delivery(row("b", changed="2026-02-28", gone="X"), row("c", "C2", "2026-02-28", gone="0"), is_complete=False)
    taken, _ = night(con, source, said, day=2)
    assert counts(taken) == (2, 0, 1, 1, 1, 0, 2)
    assert live(con) == [("a", "A"), ("c", "C2")]
    again = delivery(row("b", changed="2026-02-28", gone="X"), is_complete=False)
    assert counts(night(con, source, again, day=3)[0]) == (1, 0, 0, 0, 1, 0, 2)
    back = delivery(row("b", changed="2026-03-02", gone="no"), is_complete=False)
    assert counts(night(con, source, back, day=4)[0]) == (1, 1, 0, 0, 0, 0, 3)


def test_row_hashes_are_made_again_when_the_database_hashes_in_another_way(con: DuckDBPyConnection) -> None:
    source = crm()
    night(con, source, delivery(row("1"), row("2"), columns=["id", "name"]))
    con.execute("update landing.progress set hash_probe = 1")
    con.execute("update landing.crm__account set _row_hash = 1")  # as another release of it might
    taken, _ = night(con, source, delivery(row("1"), row("2", "B"), columns=["id", "name"]), day=2)
    assert counts(taken) == (2, 0, 1, 0, 1, 0, 2)
    con.execute("update landing.crm__account set _row_hash = 1")
    assert night(con, source, delivery(row("1"), row("2", "B"), columns=["id", "name"]), day=3)[0].updated == 2


@pytest.mark.parametrize(
    ("parts", "key"),
    [(("a|b", "c"), r"a\|b|c"), (("a", "b|c"), r"a|b\|c"), (("a\\", "b"), r"a\\|b"), (("a", "b"), "a|b")],
)
def test_parts_of_a_composite_key_do_not_run_into_one_another(
    con: DuckDBPyConnection, parts: tuple[str, str], key: str
) -> None:
    source = crm(key=["id", "line"])
    rows = [{"id": left, "line": right, "name": "n"} for left, right in {parts, ("x", "y")}]
    night(con, source, delivery(*rows))
    assert con.execute("select source_key from landing.record order by 1").fetchall() == sorted([("x|y",), (key,)])


def test_a_key_of_one_column_is_its_text(con: DuckDBPyConnection) -> None:
    night(con, crm(), delivery(row("a|b\\")))
    assert con.execute("select source_key from landing.record").fetchall() == [("a|b\\",)]


histories = st.lists(
    st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["x", "y", None]), min_size=1), min_size=1, max_size=6
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_changes_by_cursor_with_named_deletions_end_where_full_deliveries_end(
    changes: list[dict[str, str | None]],
) -> None:
    """Night by night a key gets a new value or (None) is deleted; one hub is told the changes, one everything."""
    told, whole = open_in_memory(), open_in_memory()
    now: dict[str, str] = {"z": "z"}
    source, full = crm(cursor=CURSOR, shrink_limit=1), crm(shrink_limit=1)
    columns = ["id", "name", "changed"]
    for day, change in enumerate([{"z": "z"}, *changes], start=1):
        stamp = f"2026-02-{day:02}"
        now = {key: name for key, name in {**now, **change}.items() if name is not None}
        night(
            told,
            source,
            delivery(
                *(row(key, name, stamp) for key, name in change.items() if name is not None),
                columns=columns,
                deleted=[key for key, name in change.items() if name is None],
                is_complete=False,
            ),
            day=day,
        )
        taken, _ = night(
            whole, full, delivery(*(row(key, name) for key, name in now.items()), columns=columns), day=day
        )
        assert live(told) == live(whole) == sorted(now.items())
        assert taken.live == len(now)
    told.close()
    whole.close()


def test_the_lag_may_be_hours(con: DuckDBPyConnection) -> None:
    source = crm(cursor={"column": "changed", "lag": timedelta(hours=6)})
    at_run, later = "2026-03-01 07:00:00", "2026-03-01 09:00:00"  # the run is at 02:00
    taken, _ = night(con, source, delivery(row("1", changed=at_run), row("2", changed=later)))
    assert (taken.watermark, issues(con)) == (at_run, [])


def test_changes_without_a_row_need_no_columns_but_rows_do(con: DuckDBPyConnection) -> None:
    source = crm(cursor=CURSOR)
    night(con, source, delivery(row("1", changed="2026-02-27")))
    taken, _ = night(con, source, delivery(columns=["id"], is_complete=False), day=2)
    assert (counts(taken), taken.watermark) == ((0, 0, 0, 0, 0, 0, 1), "2026-02-27")
    with pytest.raises(SourceHeldBack, match=r"lacks column 'changed' \(cursor\)"):
        night(con, source, delivery({"id": "1", "name": "a"}, is_complete=False), day=3)
