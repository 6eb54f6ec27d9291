"""Calls: logins, tries, patience, limits, and how answers are judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from mdm_pipeline.config.rest import CallRate, RestLimits
from mdm_pipeline.errors import PermanentError, SourceHeldBack, TransientError
from mdm_pipeline.sources.rest.limits import Gate
from mdm_pipeline_tests.sources.rest.deliveries import NIGHT, QUICK, read, rest_source
from mdm_pipeline_tests.sources.rest.server import Call, Reply, serving

ROWS = [{"id": 1}]


def first(*replies: Reply, then: Reply | None = None) -> Callable[[Call], Reply]:
    """These answers one after the other, then rows."""
    waiting = list(replies)
    return lambda call: waiting.pop(0) if waiting else (then or Reply(ROWS))


LOGIN = {
    "steps": [
        {
            "request": {"method": "POST", "path": "login", "form": {"user": "u", "password": "{{secrets.password}}"}},
            "take": {"key": "key"},
            "lifetime_path": "expires_in",
        },
        {
            "request": {"path": "whoami", "query": {"key": "{{token.key}}"}},
            "success": [{"path": "status", "one_of": ["ok", 0]}],
            "take": {"user": "users.0.id"},
            "open": ["user"],
        },
    ],
    "headers": {"X-Key": "{{token.key}}"},
    "query": {"user": "{{token.user}}"},
    "refresh_when": [{"path": "code", "one_of": [20016]}],
}


class Keyed:
    """A service with a login of two steps whose key may expire."""

    def __init__(self, lasts: int = 10**6, expires_in: float = 3600) -> None:
        self.keys = 0
        self.lasts = lasts
        self.expires_in = expires_in
        self.uses = 0
        self.code_inside = False

    def __call__(self, call: Call) -> Reply:
        if call.path == "/login":
            assert call.content == b"user=u&password=pass+word"
            self.keys += 1
            self.uses = 0
            return Reply({"key": f"key-{self.keys}", "expires_in": self.expires_in})
        if call.path == "/whoami":
            return Reply({"status": "ok", "users": [{"id": f"user-of-{call.query['key']}"}]})
        self.uses += 1
        is_right = call.headers["x-key"] == f"key-{self.keys}" and call.query["user"] == f"user-of-key-{self.keys}"
        if not is_right or self.uses > self.lasts:
            return Reply({"code": 20016}) if self.code_inside else Reply(status=401)
        page = int(call.query["page"])
        return Reply([{"id": page}] if page < 6 else [])


PAGED = {"request": {"path": "x", "query": {"page": "{{page}}"}}, "pages": {"by": "page", "size": 1, "recheck": False}}
SECRET = {"auth": LOGIN, "secrets": {"password": "pass word"}}


def test_a_login_of_several_calls_is_made_once_and_shared() -> None:
    service = Keyed()
    with serving(service) as server:
        assert read(rest_source(server.url, PAGED, SECRET)).column("id") == ["1", "2", "3", "4", "5"]
    assert service.keys == 1


@pytest.mark.parametrize("code_inside", [False, True])
def test_a_token_that_expires_mid_walk_is_renewed_and_only_that_page_is_repeated(code_inside: bool) -> None:
    service = Keyed(lasts=2)
    service.code_inside = code_inside
    with serving(service) as server:
        assert read(rest_source(server.url, PAGED, SECRET)).column("id") == ["1", "2", "3", "4", "5"]
        assert [c.query["page"] for c in server.of("/x")] == ["1", "2", "3", "3", "4", "5", "5", "6"]
    assert service.keys == 3


def test_a_token_is_renewed_before_its_time_is_over() -> None:
    service = Keyed(expires_in=0.0)
    with serving(service) as server:
        read(rest_source(server.url, PAGED, {**SECRET, "auth": {**LOGIN, "most_refreshes": 20}}))
        assert service.keys == len(server.of("/x"))


def test_logins_do_not_go_on_for_ever() -> None:
    service = Keyed(lasts=0)
    with serving(service) as server:
        with pytest.raises(SourceHeldBack, match="refuses with status 401"):
            read(rest_source(server.url, PAGED, SECRET))
        assert service.keys == 2
        service.lasts = 1
        with pytest.raises(SourceHeldBack, match="logged in 3 times in this run.*`most_refreshes`"):
            read(rest_source(server.url, PAGED, {**SECRET, "auth": {**LOGIN, "most_refreshes": 2}}))


def test_a_login_that_brings_nothing_is_refused_with_the_place() -> None:
    with (
        serving(lambda call: Reply({"message": "wrong credentials"})) as server,
        pytest.raises(
            SourceHeldBack, match=r"connection.auth.steps\[0\].take.key: .*nothing at 'key'.*wrong credentials"
        ),
    ):
        read(rest_source(server.url, PAGED, SECRET))


def test_a_missing_variable_of_the_environment_is_named() -> None:
    with pytest.raises(PermanentError, match="connection.secrets.k: environment variable NOT_SET_FOR_TEST is not set"):
        read(rest_source("http://127.0.0.1:1", {}, {"secrets": {"k": "${NOT_SET_FOR_TEST}"}}))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with serving(first(Reply(status=status), Reply({"e": 1}, status))) as server:
        assert read(rest_source(server.url, {})).column("id") == ["1"]
        assert len(server.calls) == 3
    with (
        serving(lambda call: Reply({"error": "busy"}, status)) as server,
        pytest.raises(TransientError, match=rf'api: item, page 1: GET /: status {status} {{"error": "busy"}}'),
    ):
        read(rest_source(server.url, {}))


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    rows = [{"id": n} for n in range(100)]
    with serving(first(Reply(rows, is_cut=True), then=Reply(rows))) as server:
        assert len(read(rest_source(server.url, {})).rows) == 100
    with serving(first(Reply(b'[{"id": 1}, {"i'), then=Reply(rows))) as server:
        assert len(read(rest_source(server.url, {})).rows) == 100


def test_retry_after_is_honored_in_seconds_and_as_a_date() -> None:
    began = time.monotonic()
    with serving(first(Reply(status=429, headers={"Retry-After": "1"}))) as server:
        read(rest_source(server.url, {}))
    assert time.monotonic() - began >= 1
    at = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with (
        serving(first(Reply(status=429, headers={"Retry-After": at}))) as server,
        pytest.raises(TransientError, match=r"asks to wait 3[56]\d\d s; expected at most 2 s"),
    ):
        read(rest_source(server.url, {}))


def test_a_code_in_the_body_may_ask_for_patience() -> None:
    retries = {**QUICK, "when": [{"path": "errorCode", "one_of": [40029]}]}
    with serving(first(Reply({"errorCode": 40029}), then=Reply({"errorCode": 0, "rows": ROWS}))) as server:
        assert read(rest_source(server.url, {"rows": "rows"}, {"retries": retries})).column("id") == ["1"]


def test_a_server_that_is_not_there_or_does_not_answer_in_time_is_left_for_later() -> None:
    with pytest.raises(TransientError, match="no answer \\(ConnectError\\)"):
        read(rest_source("http://127.0.0.1:1", {}))

    def slow(call: Call) -> Reply:
        time.sleep(0.5)
        return Reply(ROWS)

    with serving(slow) as server, pytest.raises(TransientError, match="no answer \\(ReadTimeout\\)"):
        read(rest_source(server.url, {}, {"timeout": 0.05}))


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply({"message": "no such module"}, 400), r"refuses with status 400 \(no such module\)"),
        (Reply(status=302, headers={"Location": "/login"}), "refuses with status 302"),
        (Reply(b"<html>Maintenance</html>"), r"is no JSON \(<html>Maintenance</html>\); expected JSON; correct"),
        (Reply({"ok": False, "message": "bad"}), r"answers 200 with an error inside \(bad\); expected success at 'ok'"),
        (Reply(b"[" * 100_000 + b"]" * 100_000), "breaks off|no JSON"),
        (Reply([{"id": "x" * (2 << 20)}]), "one answer is larger than 1 MB"),
    ],
)
def test_what_cannot_be_taken_is_told(reply: Reply, says: str) -> None:
    rest = {"error": "message", "success": [{"path": "ok", "none_of": [False]}]}
    with serving(lambda call: reply) as server, pytest.raises((SourceHeldBack, TransientError), match=says):
        read(rest_source(server.url, rest, {"largest_answer_mb": 1}))


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_that_mean_no_rows(status: int) -> None:
    with serving(lambda call: Reply(status=status)) as server:
        assert read(rest_source(server.url, {"columns": ["id", "name"]})).delivery.columns == ("id", "name")


@pytest.mark.parametrize("headers", [{"X": "a\nb"}, {"X": "中"}])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(headers: dict[str, str]) -> None:
    with serving(lambda call: Reply(ROWS)) as server, pytest.raises(SourceHeldBack, match="the request cannot be"):
        read(rest_source(server.url, {}, {"headers": headers}))


def test_in_no_span_do_more_calls_pass_than_are_allowed() -> None:
    times: list[float] = []
    gate = Gate("api", RestLimits(rates=[CallRate(calls=3, seconds=0.3), CallRate(calls=2, seconds=0.1, per="path")]))
    for number in range(8):
        with gate.passing(f"/{number % 2}"):
            times.append(time.monotonic())
    assert all(later - earlier >= 0.29 for earlier, later in zip(times, times[3:], strict=False))
    assert gate.calls == 8


def test_the_calls_of_a_run_are_counted_and_end_with_the_budget() -> None:
    with serving(Keyed()) as server:
        source = rest_source(server.url, PAGED, {**SECRET, "limits": {"per_day": 8}})
        assert read(source).delivery.notes == ["8 calls of 8 that one run may make"]
        source = rest_source(server.url, PAGED, {**SECRET, "limits": {"per_day": 5}})
        with pytest.raises(SourceHeldBack, match="per_day: 5 calls are made in this run and rows are still missing"):
            read(source)


def test_variables_reach_path_query_header_and_body() -> None:
    rest: dict[str, Any] = {
        "variables": {"kind": "A/B", "names": ["x", "y"]},
        "request": {
            "method": "POST",
            "path": "v1/{{kind|url}}",
            "headers": {"X-Until": "{{until|iso}}", "X-Cursor": "{{cursor}}"},
            "query": {"names": "{{names|join:;}}", "each": "{{names}}", "none": "{{since|epoch_ms}}", "flag": True},
            "body": {"until": "{{until|epoch_ms}}", "names": "{{names}}", "text": "to {{until|local}}", "none": None},
        },
    }
    with serving(lambda call: Reply(ROWS)) as server:
        read(rest_source(server.url, rest))
        call = server.calls[0]
    assert call.path == "/v1/A%2FB"
    assert (call.headers["x-until"], "x-cursor" in call.headers) == ("2026-06-01T02:00:00+00:00", False)
    assert call.query == {"names": "x;y", "each": "y", "flag": "true"}  # the last of two `each`
    until = int(NIGHT.timestamp()) * 1000
    assert call.body == {"until": until, "names": ["x", "y"], "text": "to 2026-06-01 10:00:00", "none": None}
