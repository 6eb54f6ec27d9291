"""Deliveries: full, since a watermark, deletions, keys, batches of ids, bulk exports, shapes of rows."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mdm_pipeline.errors import PermanentError, SourceHeldBack, TransientError
from mdm_pipeline.sources.delivery import Place, Since
from mdm_pipeline.sources.read import open_source
from mdm_pipeline.sources.rest.reader import RestReader
from mdm_pipeline_tests.sources.rest.deliveries import NIGHT, read, rest_source, whole
from mdm_pipeline_tests.sources.rest.server import Call, Reply, serving


def test_a_rows_values_are_the_services_own_text() -> None:
    text = (
        '[{"id": 9007199254740993, "amount": 1e5, "rate": 0.10, "big": 123456789012345678901234567890.10,'
        ' "ok": true, "none": null, "name": " 上海\\u0000 ", "empty": {}, "Owner": {"id": "7", "at": {"city": "苏州"}},'
        ' "tags": ["a", 1.50, {"b": null}], "half": "x\\ud800y"},'
        ' {"id": 2, "Owner": null, "a": {"b": 1}, "a.b": 2}]'
    )
    with serving(lambda call: Reply(text.encode())) as server:
        found = read(rest_source(server.url, {}))
    assert found.rows[0] == {
        "id": "9007199254740993",
        "amount": "1e5",
        "rate": "0.10",
        "big": "123456789012345678901234567890.10",
        "ok": "true",
        "none": None,
        "name": " 上海\0 ",
        "empty": None,
        "Owner.id": "7",
        "Owner.at.city": "苏州",
        "tags": '["a", 1.50, {"b": null}]',
        "half": "x\ufffdy",
        "a.b": None,
        "a.b_": None,
        "_location": "page 1 row 1",
    }
    assert found.rows[1]["a.b"] == "1"
    assert found.rows[1]["a.b_"] == "2"
    assert [(p.location, p.column, p.is_row_lost) for p in found.delivery.problems] == [("page 1 row 1", "half", False)]


def test_positional_rows_take_their_names_from_the_configuration_and_wrong_ones_are_lost_with_their_place() -> None:
    rows = [["1", "x", 3], ["2", "y"], {"id": 3}]
    with serving(lambda call: Reply(rows)) as server:
        found = read(rest_source(server.url, {"positional": True, "columns": ["id", "name", "n"]}))
        assert [(r["id"], r["name"], r["n"]) for r in found.rows] == [("1", "x", "3")]
        assert [(p.location, p.value, p.is_row_lost) for p in found.delivery.problems] == [
            ("page 1 row 2", '["2", "y"]', True),
            ("page 1 row 3", '{"id": 3}', True),
        ]
        with pytest.raises(SourceHeldBack, match="`rest.positional` is set and `rest.columns` is empty"):
            read(rest_source(server.url, {"positional": True}))


def test_columns_extra_rename_and_only() -> None:
    row = {"ID": 1, "owners": [{"id": 7}, {"id": 8}], "x": 1, "Account": "A1"}
    rest = {
        "columns": ["id", "missing"],
        "extra": {"owner": "owners.0.id", "third": "owners.2.id"},
        "rename": {"Account": "account_id"},
        "only_columns": True,
    }
    event = {"entity": "product", "columns": {"product_no": "account_id"}}
    with serving(lambda call: Reply([row])) as server:
        found = read(rest_source(server.url, rest, event=event))
    assert found.rows == [
        {
            "ID": "1",
            "missing": None,
            "owner": "7",
            "third": None,
            "account_id": "A1",
            "_location": "page 1 row 1",
        }
    ]
    assert [(p.column, p.reason[:20]) for p in found.delivery.problems] == [("missing", "no row has this fiel")]


def test_a_night_without_rows_still_has_the_columns_that_the_mapping_names() -> None:
    event = {"entity": "product", "columns": {"product_no": "id", "product_name": "name"}}
    with serving(lambda call: Reply([])) as server:
        source = rest_source(server.url, {}, cursor={"column": "at"}, updated_at="at", event=event)
        found = read(source, "2026-05-01T00:00:00Z")
    assert (found.delivery.columns, found.rows) == (("id", "at", "name"), [])


def by_time(rows: list[dict[str, Any]], calls: list[Call] | None = None) -> Any:
    """Rows by `?from=` in epoch milliseconds."""
    return lambda call: Reply([r for r in rows if int(r["at"]) >= int(call.query.get("from", 0))])


INCREMENTAL = {"cursor_format": "epoch_ms", "changes": {"query": {"from": "{{since|epoch_ms}}"}}}
CURSOR = {"column": "at", "kind": "sequence", "lag": "PT1S"}


def test_since_a_watermark_only_what_changed_is_asked_for_less_the_lag() -> None:
    rows = [{"id": n, "at": str(n * 1000)} for n in (9, 10, 11, 100)]
    with serving(by_time(rows)) as server:
        source = rest_source(server.url, INCREMENTAL, cursor=CURSOR)
        everything = read(source)
        assert (everything.delivery.watermark, everything.delivery.is_complete) == ("100000", True)
        changes = read(source, "11000")
        assert changes.column("id") == ["10", "11", "100"]
        assert (changes.delivery.watermark, changes.delivery.is_complete) == ("100000", False)
        again = read(source, "11000", full=True)
        assert (len(again.rows), again.delivery.is_complete) == (4, True)
        rows.clear()
        assert read(source, "100000").delivery.watermark == "100000"
        with pytest.raises(SourceHeldBack, match="stored watermark 'yesterday' is no epoch_ms value"):
            read(source, "yesterday")


@pytest.mark.parametrize(
    ("form", "values", "highest"),
    [
        ("epoch_ms", ["999", "1000", "20"], "1000"),
        ("epoch_s", ["9", "10.5"], "10.5"),
        ("text", ["9", "10"], "10"),
        ("text", ["2026-05-01 09:00:00", "2026-05-01 10:00"], "2026-05-01 10:00"),
        ("odata", ["/Date(9)/", "/Date(10+0000)/"], "/Date(10+0000)/"),
        ("iso", ["2026-05-01T00:30:00+08:00", "2026-05-01T00:00:00Z"], "2026-05-01T00:00:00Z"),
        ("iso", ["2026-05-01 09:00:00", "2026-05-01T00:30:00Z"], "2026-05-01 09:00:00"),  # local: Shanghai
        ("iso", ["2026-05-01", "2026-04-30T23:59:59.999+00:00"], "2026-04-30T23:59:59.999+00:00"),
    ],
)
def test_cursor_values_compare_by_what_they_mean(form: str, values: list[str], highest: str) -> None:
    rows = [{"id": n, "at": value} for n, value in enumerate(values)]
    with serving(lambda call: Reply(rows)) as server:
        source = rest_source(server.url, {"cursor_format": form}, cursor={"column": "at"})
        assert read(source).delivery.watermark == highest


def test_a_time_stamp_that_is_stored_as_text_is_understood_the_night_after() -> None:
    rows = [{"id": 1, "at": "2026-05-01 09:00:00"}]
    asked = []

    def answer(call: Call) -> Reply:
        asked.append(call.query.get("from"))
        return Reply(rows)

    rest = {"cursor_format": "text", "changes": {"query": {"from": "{{since}}"}}}
    with serving(answer) as server:
        source = rest_source(server.url, rest, cursor={"column": "at", "lag": "PT1H"})
        stored = read(source).delivery.watermark
        assert (stored, read(source, stored).delivery.watermark) == ("2026-05-01 09:00:00", "2026-05-01 09:00:00")
        rows.append({"id": 2, "at": "soon"})
        assert [p.value for p in read(source, stored).delivery.problems] == ["soon"]
        sequence = rest_source(server.url, rest, cursor={"column": "at", "kind": "sequence"})
        with pytest.raises(SourceHeldBack, match="stored watermark '2026-05-01 09:00:00' is no text value"):
            read(sequence, stored)
    assert asked == [None, "2026-05-01T00:00:00+00:00", "2026-05-01T00:00:00+00:00"]


def test_a_row_dated_in_the_future_does_not_move_the_watermark_and_a_senseless_cursor_is_told() -> None:
    rows = [{"id": 1, "at": "2026-05-30T00:00:00Z"}, {"id": 2, "at": "2099-01-01T00:00:00Z"}, {"id": 3, "at": "soon"}]
    with serving(lambda call: Reply(rows)) as server:
        found = read(rest_source(server.url, {}, cursor={"column": "at"}))
    assert (found.delivery.watermark, len(found.rows)) == ("2026-05-30T00:00:00Z", 3)
    assert [(p.location, p.column, p.value) for p in found.delivery.problems] == [("page 1 row 3", "at", "soon")]


def test_the_upper_bound_is_the_runs_own_time() -> None:
    changes = {"query": {"from": "{{since|zulu}}", "to": "{{until|zulu}}"}}
    with serving(lambda call: Reply([])) as server:
        read(rest_source(server.url, {"changes": changes}, cursor={"column": "at"}), "2026-05-01T08:00:00+08:00")
        assert server.calls[0].query == {"from": "2026-04-30T23:45:00Z", "to": "2026-06-01T02:00:00Z"}


def test_a_second_list_tells_what_was_deleted_and_is_asked_only_for_changes() -> None:
    def answer(call: Call) -> Reply:
        if call.path == "/deleted":
            return Reply({"data": [{"ref": {"id": n}} for n in (7, 8)]})
        return Reply([{"id": 1, "at": "2026-05-02T00:00:00Z"}])

    deleted = {
        "request": {"path": "deleted", "query": {"from": "{{since|zulu}}"}},
        "rows": "data",
        "key": {"id": "ref.id"},
    }
    with serving(answer) as server:
        source = rest_source(server.url, {"deleted": deleted}, cursor={"column": "at"})
        assert read(source).deleted is None
        assert read(source, "2026-05-01T00:00:00Z").deleted == [{"id": "7"}, {"id": "8"}]
        assert server.calls[-1].query == {"from": "2026-04-30T23:45:00Z"}
        wrong = rest_source(server.url, {"deleted": {**deleted, "key": {}}}, cursor={"column": "at"})
        with pytest.raises(SourceHeldBack, match="item, deleted, page 1 row 1: the row lacks id; expected the key"):
            read(wrong, "2026-05-01T00:00:00Z")


def test_all_present_keys_are_walked_where_deletions_are_told_by_nothing_else() -> None:
    def answer(call: Call) -> Reply:
        rows: list[dict[str, Any]] = [{"id": 1}, {"id": 2}, {"id": 3, "at": "2026-05-02T00:00:00Z"}]
        return Reply([r for r in rows if "at" in r] if "from" in call.query else rows)

    rest = {"changes": {"query": {"from": "{{since|zulu}}"}}, "keys": {"query": {"fields": "id"}}}
    with serving(answer) as server:
        source = rest_source(server.url, rest, cursor={"column": "at"}, deletes="by_keys")
        changes = read(source, "2026-05-01T00:00:00Z")
        assert (changes.column("id"), changes.present) == (["3"], [{"id": "1"}, {"id": "2"}, {"id": "3"}])
        assert server.calls[-1].query == {"fields": "id"}
        server.calls.clear()
        assert read(source).present == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
        assert len(server.calls) == 1


def test_rows_are_asked_for_by_batches_of_ids_at_most_so_many_at_a_time() -> None:
    under_way: list[int] = []
    most: list[int] = []

    def answer(call: Call) -> Reply:
        if call.path == "/ids":
            return Reply([{"key": n} for n in range(1, 8)])
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.1)
        under_way.pop()
        return Reply({"results": [{"id": item["id"], "x": 1} for item in call.body["inputs"]]})

    rest = {
        "request": {"method": "POST", "path": "batch", "body": {"inputs": "{{ids|objects:id}}"}},
        "rows": "results",
        "batches": {"request": {"path": "ids"}, "id": "key", "size": 3},
    }
    with serving(answer) as server:
        found = read(rest_source(server.url, rest, {"limits": {"parallel": 2}}))
        assert found.column("id") == ["1", "2", "3", "4", "5", "6", "7"]
        assert found.column("_location")[3] == "batch 2 page 1 row 1"
        assert sorted(len(c.body["inputs"]) for c in server.of("/batch")) == [1, 3, 3]
    assert max(most) == 2


def job(**more: Any) -> dict[str, Any]:
    """A bulk export in the manner of Salesforce Bulk 2.0."""
    return {
        "create": {"method": "POST", "path": "jobs", "body": {"query": "select {{columns|join:,}} from {{object}}"}},
        "take": {"id": "id"},
        "poll": {"path": "jobs/{{job.id}}"},
        "state": "state",
        "done": ["JobComplete"],
        "failed": ["Failed", "Aborted"],
        "every": 0.01,
        "timeout": 1,
        "result": {"path": "jobs/{{job.id}}/results", "query": {"locator": "{{cursor}}"}},
        "result_next_header": "Sforce-Locator",
        **more,
    }


class Exporter:
    """Two pages of CSV by locator, after two looks."""

    def __init__(self, state: str = "JobComplete", content: tuple[bytes, bytes] | None = None) -> None:
        self.state = state
        self.looks = 0
        self.content = content or (b'id,name\n1,"a, ""b""\n"\n', "id,name\n2,上海\n3,\n".encode())

    def __call__(self, call: Call) -> Reply:
        if call.path == "/jobs":
            assert call.body == {"query": "select id,name from Account"}
            return Reply({"id": "J1"})
        if call.path == "/jobs/J1":
            self.looks += 1
            return Reply({"state": self.state if self.looks > 2 else "InProgress"})
        if call.path == "/jobs/J1/results":
            second = call.query.get("locator") == "abc"
            return Reply(self.content[second], headers={"Sforce-Locator": "null" if second else "abc"})
        if call.path == "/count":
            return Reply({"total": 4})
        return Reply([{"id": "p1", "name": "by page"}])


EXPORTED = {"variables": {"object": "Account"}, "columns": ["id", "name"], "request": {"path": "pages"}}


def test_a_bulk_job_is_created_watched_and_downloaded_page_by_page() -> None:
    with serving(Exporter()) as server:
        found = read(rest_source(server.url, {**EXPORTED, "job": job()}))
    assert [(r["id"], r["name"], r["_location"]) for r in found.rows] == [
        ("1", 'a, "b"\n', "job 1 row 2"),
        ("2", "上海", "job 1 row 2"),
        ("3", None, "job 1 row 3"),
    ]


@pytest.mark.parametrize(
    ("exporter", "settings", "note"),
    [
        (Exporter("Failed"), {}, "the export ended in state Failed"),
        (Exporter(), {"count": {"path": "count"}, "count_path": "total"}, "it brought 3 of 4 rows"),
        (Exporter(content=(b"id,name\n1\n", b"")), {}, "line 2 of the export cannot be read (1 cells"),
        (Exporter(), {"result_format": "zip"}, "no zip file"),
    ],
)
def test_a_job_that_fails_or_brings_too_little_gives_way_to_pages(
    exporter: Exporter, settings: dict[str, Any], note: str
) -> None:
    with serving(exporter) as server:
        found = read(rest_source(server.url, {**EXPORTED, "job": job(**settings)}))
        assert found.column("id") == ["p1"]
        assert note in found.delivery.notes[0]
        exporter.looks = 0
        with pytest.raises(SourceHeldBack, match="item, job: .*expected all rows"):
            read(rest_source(server.url, {**EXPORTED, "job": job(**settings, when_failed="hold_back")}))


def test_a_job_that_is_not_ready_in_time_is_left_for_later() -> None:
    with serving(Exporter()) as server, pytest.raises(TransientError, match="still InProgress after 0 s"):
        read(rest_source(server.url, {**EXPORTED, "job": job(timeout=0, every=0)}))


def test_a_job_is_used_only_for_full_reads_of_many_rows() -> None:
    with serving(Exporter()) as server:
        few = job(count={"path": "count"}, count_path="total", over_rows=4)
        assert read(rest_source(server.url, {**EXPORTED, "job": few})).column("id") == ["p1"]
        source = rest_source(server.url, {**EXPORTED, "job": job()}, cursor={"column": "at"})
        assert read(source, "2026-05-01T00:00:00Z").column("id") == ["p1"]


def test_a_zip_may_hold_several_files() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("b.csv", "id,name\n2,b\n")
        archive.writestr("a.CSV", "\ufeffid,name\n1,a\n")
        archive.writestr("readme.txt", "x")
    with serving(Exporter(content=(file.getvalue(), file.getvalue()))) as server:
        settings = {"result_format": "zip", "result_next_header": None}
        assert read(rest_source(server.url, {**EXPORTED, "job": job(**settings)})).column("id") == ["1", "2"]


def test_mistakes_in_templates_are_told_before_anything_is_sent() -> None:
    with serving(lambda call: Reply([])) as server:
        with pytest.raises(PermanentError, match=r"api, item, page 1: no variable 'ofset' \(did you mean 'offset'\?\)"):
            read(rest_source(server.url, {"request": {"query": {"x": "{{ofset}}"}}}))
        with pytest.raises(PermanentError, match=r"no filter 'epoch' \(did you mean 'epoch_s'\?\)"):
            read(rest_source(server.url, {"request": {"query": {"x": "{{until|epoch}}"}}}))
        with pytest.raises(PermanentError, match="filter 'epoch_ms' cannot take what 'table' holds"):
            read(rest_source(server.url, {"request": {"query": {"x": "{{table|epoch_ms}}"}}}))
        assert server.calls == []


def test_tables_share_one_login_and_the_reader_peeks_at_nothing() -> None:
    logins: list[int] = []

    def answer(call: Call) -> Reply:
        if call.path == "/login":
            logins.append(1)
            return Reply({"t": "token-1"})
        return Reply([{"id": 1}])

    auth = {"steps": [{"request": {"path": "login"}, "take": {"t": "t"}}], "headers": {"X-T": "{{token.t}}"}}
    with serving(answer) as server:
        source = rest_source(server.url, {}, {"auth": auth})
        two = source.model_copy(update={"tables": {"a": source.tables["item"], "b": source.tables["item"]}})
        with open_source(two, Place(Path(), None, NIGHT)) as reader:
            assert reader.peek("a") is None
            for name in ("a", "b"):
                assert sum(batch.num_rows for batch in reader.read(name, Since()).batches) == 1
    assert len(logins) == 1


def test_a_sample_reads_the_first_page_and_is_not_complete() -> None:
    def answer(call: Call) -> Reply:
        return Reply([{"id": int(call.query["page"]) * 10 + n} for n in range(2)])

    rest = {"request": {"query": {"page": "{{page}}"}}, "pages": {"by": "page", "size": 2}}
    with serving(answer) as server, open_source(rest_source(server.url, rest), Place(Path(), None, NIGHT)) as reader:
        assert isinstance(reader, RestReader)
        sample = whole(reader.sample("item"))
        assert (sample.column("id"), sample.delivery.is_complete, len(server.calls)) == (["10", "11"], False, 1)
