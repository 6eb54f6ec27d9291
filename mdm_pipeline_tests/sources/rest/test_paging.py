"""Every way in which services cut lists, and what happens when a list moves or never ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.errors import SourceHeldBack, TransientError
from mdm_pipeline.sources.rest.paging import next_link
from mdm_pipeline_tests.sources.rest.deliveries import read, rest_source
from mdm_pipeline_tests.sources.rest.server import Answering, Call, Reply, Service, serving


def items(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": n, "at": f"2026-05-{n:02d}T00:00:00Z"} for n in numbers]


def by_offset(rows: list[dict[str, Any]]) -> Answering:
    """A service that cuts whatever the list is at the moment of the call."""

    def answer(call: Call) -> Reply:
        first, size = int(call.query["offset"]), int(call.query["limit"])
        return Reply({"total": len(rows), "rows": rows[first : first + size]})

    return answer


OFFSET = {
    "request": {"path": "/items", "query": {"offset": "{{offset}}", "limit": "{{limit}}"}},
    "rows": "rows",
    "pages": {"by": "offset", "size": 2, "short_page_is_last": True},
}


def ids(service: Service, rest: dict[str, Any], **table: Any) -> list[str | None]:
    return read(rest_source(service.url, rest, **table)).column("id")


@pytest.fixture
def pages_of_two() -> Iterator[Service]:
    """Five rows by page number, from 1."""

    def answer(call: Call) -> Reply:
        page = int(call.query["page"])
        rows = items(1, 2, 3, 4, 5)[(page - 1) * 2 : page * 2]
        return Reply({"list": rows, "more": page < 3, "next": page + 1 if page < 3 else None})

    with serving(answer) as service:
        yield service


def test_pages_are_counted_until_the_flag_says_no(pages_of_two: Service) -> None:
    rest = {
        "request": {"path": "items", "query": {"page": "{{page}}"}},
        "rows": "list",
        "pages": {"by": "page", "size": 2, "more": "more", "recheck": False},
    }
    assert ids(pages_of_two, rest) == ["1", "2", "3", "4", "5"]
    assert [c.query for c in pages_of_two.calls] == [{"page": "1"}, {"page": "2"}, {"page": "3"}]


def test_pages_are_counted_until_an_empty_one_or_a_short_one(pages_of_two: Service) -> None:
    request = {"path": "items", "query": {"page": "{{page}}"}}
    pages = {"by": "page", "size": 2, "recheck": False}
    assert ids(pages_of_two, {"request": request, "rows": "list", "pages": pages}) == ["1", "2", "3", "4", "5"]
    assert len(pages_of_two.calls) == 4
    pages_of_two.calls.clear()
    short = {**pages, "short_page_is_last": True}
    assert ids(pages_of_two, {"request": request, "rows": "list", "pages": short}) == ["1", "2", "3", "4", "5"]
    assert len(pages_of_two.calls) == 3


def test_offsets_are_multiples_of_the_limit_and_typed_as_numbers_in_a_body() -> None:
    rows = items(1, 2, 3)

    def answer(call: Call) -> Reply:
        first = call.body["query"]["offset"]
        return Reply({"data": {"rows": rows[first : first + 2]}})

    rest = {
        "request": {
            "method": "POST",
            "path": "q",
            "body": {"query": {"offset": "{{offset}}", "limit": "{{limit}}", "name": "from {{offset}}"}},
        },
        "rows": "data.rows",
        "pages": {"by": "offset", "size": 2, "short_page_is_last": True, "recheck": False},
    }
    with serving(answer) as service:
        assert ids(service, rest) == ["1", "2", "3"]
        assert [c.body["query"] for c in service.calls] == [
            {"offset": 0, "limit": 2, "name": "from 0"},
            {"offset": 2, "limit": 2, "name": "from 2"},
        ]


def test_a_cursor_in_the_body_is_left_out_of_the_first_call() -> None:
    def answer(call: Call) -> Reply:
        after = call.body.get("after")
        if after is None:
            return Reply({"results": items(1, 2), "paging": {"next": {"after": "c2"}}})
        return Reply({"results": items(3)})

    rest = {
        "request": {"method": "POST", "path": "search", "body": {"limit": 2, "after": "{{cursor}}"}},
        "rows": "results",
        "pages": {"by": "cursor", "next": "paging.next.after"},
    }
    with serving(answer) as service:
        assert ids(service, rest) == ["1", "2", "3"]
        assert [c.body for c in service.calls] == [{"limit": 2}, {"limit": 2, "after": "c2"}]


def test_a_cursor_in_a_response_header_ends_with_the_word_null() -> None:
    def answer(call: Call) -> Reply:
        locator = call.query.get("locator")
        return Reply(items(1) if locator is None else items(2), headers={"X-Locator": "null" if locator else "abc"})

    rest = {
        "request": {"path": "r", "query": {"locator": "{{cursor}}"}},
        "pages": {"by": "cursor", "next_header": "X-Locator"},
    }
    with serving(answer) as service:
        assert ids(service, rest) == ["1", "2"]


def test_the_next_address_comes_in_the_body_under_a_name_with_dots_or_in_the_link_header() -> None:
    def answer(call: Call) -> Reply:
        is_second = call.query.get("skip") == "2"
        following = {} if is_second else {"@odata.nextLink": f"{service.url}/items?skip=2&$top=2"}
        headers = {} if is_second else {"Link": f'<{service.url}/items>; rel="self", </items?skip=2>; rel="next"'}
        return Reply({"value": items(3) if is_second else items(1, 2), **following}, headers=headers)

    request = {"path": "items", "query": {"$top": 2}}
    with serving(answer) as service:
        body = {"request": request, "rows": "value", "pages": {"by": "next_url", "next": "@odata.nextLink"}}
        assert ids(service, body) == ["1", "2", "3"]
        assert service.calls[-1].query == {"skip": "2", "$top": "2"}
        link = {"request": request, "rows": "value", "pages": {"by": "next_url", "next_header": "Link"}}
        assert ids(service, link) == ["1", "2", "3"]
    assert next_link('<a>; rel="prev"') is None


def test_a_next_address_on_another_host_is_not_followed_and_never_taken_for_a_template() -> None:
    hostile = ["http://elsewhere.example/items"]
    with serving(lambda call: Reply({"value": items(1), "next": hostile[0]})) as service:
        rest = {"request": {"path": "items"}, "rows": "value", "pages": {"by": "next_url", "next": "next"}}
        source = rest_source(service.url, rest, {"secrets": {"key": "s3cret-value"}})
        with pytest.raises(SourceHeldBack, match="leads to another host"):
            read(source)
        hostile[0] = "/items?x={{secrets.key}}"
        with pytest.raises(SourceHeldBack, match="same cursor twice"):
            read(source)
        assert service.calls[-1].query == {"x": "{{secrets.key}}"}


def test_keyset_asks_for_what_follows_the_last_key() -> None:
    def answer(call: Call) -> Reply:
        rows = [row for row in items(1, 2, 3, 4) if row["id"] > call.body["after"]]
        return Reply(rows[:2])

    rest = {
        "request": {"method": "POST", "path": "k", "body": {"after": "{{last_key|default:0|plus:0}}"}},
        "pages": {"by": "keyset", "size": 2, "key": "id"},
    }
    with serving(answer) as service:
        assert ids(service, rest) == ["1", "2", "3", "4"]
        assert [c.body["after"] for c in service.calls] == [0, 2, 4]


def test_a_window_slides_on_from_the_last_row_when_the_service_ends_a_walk() -> None:
    rows = items(1, 2, 3, 4, 5, 6, 7)

    def answer(call: Call) -> Reply:
        since = call.query.get("since", "")
        first = int(call.query["offset"])
        if first >= 4:
            return Reply({"code": "LIMIT_EXCEEDED"}, 400)
        return Reply([row for row in rows if row["at"] >= since][first : first + 2])

    rest = {
        "request": {"path": "w", "query": {"offset": "{{offset}}"}},
        "changes": {"query": {"since": "{{since|zulu}}"}},
        "columns": ["id", "at"],
        "pages": {
            "by": "offset",
            "size": 2,
            "window": {"when": [{"path": "code", "one_of": ["LIMIT_EXCEEDED"]}]},
        },
    }
    with serving(answer) as service:
        source = rest_source(service.url, rest, cursor={"column": "at"})
        assert read(source).column("id") == ["1", "2", "3", "4", "5", "6", "7"]
        asked = [(c.query.get("since"), c.query["offset"]) for c in service.calls]
        assert asked[:4] == [(None, "0"), (None, "2"), (None, "4"), ("2026-05-04T00:00:00Z", "0")]
        service.calls.clear()
        by_rows = {**rest, "pages": {"by": "offset", "size": 2, "window": {"rows": 4}}}
        source = rest_source(service.url, by_rows, cursor={"column": "at"})
        assert read(source).column("id") == ["1", "2", "3", "4", "5", "6", "7"]
        rows[:] = [{"id": n, "at": "2026-05-01T00:00:00Z"} for n in range(9)]
        with pytest.raises(SourceHeldBack, match="the cursor does not advance within it"):
            read(source)


def test_rows_that_slip_through_because_others_left_the_list_are_found_by_walking_again() -> None:
    rows = items(1, 2, 3, 4, 5)
    cut = by_offset(rows)

    def answer(call: Call) -> Reply:
        reply = cut(call)
        if len(service.calls) == 1:
            del rows[0]  # 2 and 3 now make the first page: the second begins with 4
        return reply

    with serving(answer) as service:
        assert ids(service, OFFSET) == ["1", "2", "3", "4", "5"]
        assert [c.query["offset"] for c in service.calls] == ["0", "2", "4"] * 3


def test_without_the_check_the_row_would_be_missed() -> None:
    rows = items(1, 2, 3, 4, 5)
    cut = by_offset(rows)

    def answer(call: Call) -> Reply:
        reply = cut(call)
        if len(service.calls) == 1:
            del rows[0]
        return reply

    with serving(answer) as service:
        assert ids(service, {**OFFSET, "pages": {**OFFSET["pages"], "recheck": False}}) == ["1", "2", "4", "5"]  # type: ignore[dict-item]


def test_a_total_tells_at_once_whether_a_walk_was_whole() -> None:
    rows = items(1, 2, 3, 4, 5)
    cut = by_offset(rows)

    def answer(call: Call) -> Reply:
        reply = cut(call)
        if len(service.calls) == 1 and len(rows) == 5:
            del rows[0]
        return reply

    rest = {**OFFSET, "pages": {**OFFSET["pages"], "total": "total"}}  # type: ignore[dict-item]
    with serving(answer) as service:
        assert sorted(map(str, ids(service, rest))) == ["1", "2", "3", "4", "5"]
        assert len(service.calls) == 6  # two walks of three pages: the second is as long as its total
        service.calls.clear()
        assert len(ids(service, rest)) == 4
        assert len(service.calls) == 3


def test_rows_that_a_page_repeats_are_delivered_once_as_they_were_last() -> None:
    rows = items(1, 2, 3)
    cut = by_offset(rows)

    def answer(call: Call) -> Reply:
        reply = cut(call)
        if len(service.calls) == 1:
            rows.insert(0, {"id": 0, "at": "2026-05-30T00:00:00Z"})
            rows[2] = {**rows[2], "at": "changed"}
        return reply

    with serving(answer) as service:
        found = read(rest_source(service.url, OFFSET)).rows
    assert sorted((str(r["id"]), r["at"]) for r in found) == [
        ("0", "2026-05-30T00:00:00Z"),
        ("1", "2026-05-01T00:00:00Z"),
        ("2", "changed"),
        ("3", "2026-05-03T00:00:00Z"),
    ]


def test_a_list_that_never_rests_is_left_for_later() -> None:
    def answer(call: Call) -> Reply:
        number = len(service.calls) * 10
        return Reply({"rows": items(number, number + 1) if call.query["offset"] == "0" else items(number)})

    with serving(answer) as service, pytest.raises(TransientError, match="moved or its cursor expired in each of 4"):
        read(rest_source(service.url, OFFSET))


def test_a_service_that_hands_out_the_same_cursor_or_page_for_ever_is_stopped() -> None:
    with serving(lambda call: Reply({"rows": items(1, 2), "next": "again"})) as service:
        cursor = {"request": {"path": "x"}, "rows": "rows", "pages": {"by": "cursor", "next": "next"}}
        with pytest.raises(SourceHeldBack, match="hands out the same cursor twice"):
            read(rest_source(service.url, cursor))
        with pytest.raises(SourceHeldBack, match="hands out the same page again and again"):
            read(rest_source(service.url, OFFSET))
        keyset = {"request": {"path": "x"}, "rows": "rows", "pages": {"by": "keyset", "key": "id"}}
        with pytest.raises(SourceHeldBack, match="hands out the same cursor twice"):
            read(rest_source(service.url, keyset))
    counting = iter(range(10**6))
    with serving(lambda call: Reply({"rows": [{"id": next(counting)}], "next": str(next(counting))})) as service:
        pages = {"by": "cursor", "next": "next", "most_pages": 20}
        with pytest.raises(SourceHeldBack, match="more than 20 pages"):
            read(rest_source(service.url, {"request": {"path": "x"}, "rows": "rows", "pages": pages}))


def test_a_page_token_that_expires_starts_the_walk_again() -> None:
    expired = {"code": "EXPIRED_VALUE", "status": "error"}
    state = {"expires": 1}

    def answer(call: Call) -> Reply:
        token = call.query.get("page_token")
        if token and state["expires"]:
            state["expires"] -= 1
            return Reply(expired, 400)
        return Reply({"data": items(2) if token else items(1), "next": None if token else "t"})

    rest = {
        "request": {"path": "x", "query": {"page_token": "{{cursor}}"}},
        "rows": "data",
        "pages": {
            "by": "cursor",
            "next": "next",
            "restart_when": [{"path": "code", "one_of": ["EXPIRED_VALUE"]}],
        },
    }
    with serving(answer) as service:
        assert ids(service, rest) == ["1", "2"]
        state["expires"] = 99
        with pytest.raises(TransientError, match="cursor expired in each of 4 walks"):
            ids(service, rest)


def test_an_answer_without_rows_where_they_should_be_is_an_error_that_names_what_is_there() -> None:
    with serving(lambda call: Reply({"items": [], "count": 0})) as service:
        with pytest.raises(SourceHeldBack, match=r"has nothing at 'rows' \(there are: items, count\).*correct `rows`"):
            read(rest_source(service.url, {"rows": "rows"}))
        with pytest.raises(SourceHeldBack, match="has no list at 'count'"):
            read(rest_source(service.url, {"rows": "count"}))


@given(
    st.integers(1, 9),
    st.integers(2, 4),
    st.dictionaries(
        st.integers(1, 12), st.tuples(st.sampled_from(["goes", "edited", "comes"]), st.integers(0, 8)), max_size=6
    ),
    st.booleans(),
)
@settings(max_examples=30)
def test_whatever_moves_a_row_that_was_there_all_the_time_is_delivered(
    count: int, size: int, happenings: dict[int, tuple[str, int]], has_total: bool
) -> None:
    rows = items(*range(1, count + 1))
    gone: set[int] = set()

    def answer(call: Call) -> Reply:
        first = int(call.query["offset"])
        reply = Reply({"rows": rows[first : first + size], "total": len(rows)})
        what, position = happenings.get(len(service.calls), ("nothing", 99))
        if what == "comes":
            rows.extend(items(20 + position))
        elif position < len(rows):
            row = rows.pop(position)
            if what == "edited":  # it goes to the end of a list in the order of change
                rows.append(row)
            else:
                gone.add(row["id"])
        return reply

    total = {"total": "total"} if has_total else {}
    pages = {**OFFSET["pages"], "size": size, "most_walks": 20, **total}  # type: ignore[dict-item]
    with serving(answer) as service:
        found = {int(str(i)) for i in ids(service, {**OFFSET, "pages": pages})}
    assert set(range(1, count + 1)) - gone <= found
