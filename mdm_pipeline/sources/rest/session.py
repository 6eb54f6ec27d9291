"""One service, open for one run: every call goes through here.

In: a request of the grammar and its variables. Out: an `Answer`, or an error of ours. Invariant: a call is made within
the limits, tried again where that can help, repeated once after a new login, and never leaves a secret in an error, a
log line or an exception chain; a table's call never leaves the service's own host. Does not belong here: pages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Any, cast

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from mdm_pipeline.config.rest import Condition, RestConnection, RestRequest, TokenStep
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.errors import SourceHeldBack, TransientError
from mdm_pipeline.sources.delivery import expanded
from mdm_pipeline.sources.rest.answers import NOWHERE, any_holds, at_path, holds, json_text, parsed, text_of
from mdm_pipeline.sources.rest.limits import Gate
from mdm_pipeline.sources.rest.redaction import Redactor, silence_http_loggers
from mdm_pipeline.sources.rest.template import rendered
from mdm_pipeline.sources.rest.token import Token

_LOG = logging.getLogger(__name__)
_NO_JSON = object()
_CHUNK = 1 << 16


class RestUnavailable(TransientError):
    """The service does not answer now."""


class _Again(Exception):
    """This try failed in a way that may pass."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        self.reason = reason
        self.wait_s = wait_s
        super().__init__(reason)


@dataclass(frozen=True)
class AnswerRules:
    """How a table's answers are judged.

    Args:
        success: all must hold.
        error: path of the service's own words about an error.
        empty_statuses: statuses that mean no rows.
        signals: answers of any status that the caller wants to see instead of an error.
    """

    success: Sequence[Condition] = ()
    error: str | None = None
    empty_statuses: Sequence[int] = ()
    signals: Sequence[Condition] = ()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any = None
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_empty: bool = False


class Session:
    """The connection of one source in one run; its calls may come from several threads."""

    def __init__(self, source: SourceConfig, until: datetime) -> None:
        self.source = source
        self.connection = cast(RestConnection, source.connection)
        self.redactor = Redactor(self.connection.redact)
        where = f"{source.name}, connection.secrets"
        secrets = {
            name: expanded(value.get_secret_value(), where=f"{where}.{name}")
            for name, value in self.connection.secrets.items()
        }
        self._headers = {
            name: expanded(value.get_secret_value(), where=f"{source.name}, connection.headers.{name}")
            for name, value in self.connection.headers.items()
        }
        self._base_url = expanded(self.connection.base_url, where=f"{source.name}, connection.base_url")
        self.redactor.learn(*secrets.values())
        for value in self._headers.values():
            self.redactor.learn(value, value.rpartition(" ")[2])  # "Bearer abc": the word alone, too
        self.scope: dict[str, Any] = {"secrets": secrets, "until": until, "time_zone": source.time_zone}
        self.gate = Gate(source.name, self.connection.limits)
        self.token = Token(source.name, self.connection.auth, self.redactor, self._token_call)
        silence_http_loggers()
        self._client = httpx.Client(timeout=self.connection.timeout.total_seconds(), follow_redirects=False)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        _LOG.info("%s: %s", self.source.name, self.gate.said)

    def call(
        self,
        request: RestRequest,
        scope: Mapping[str, Any],
        rules: AnswerRules,
        where: str,
        sink: IO[bytes] | None = None,
    ) -> Answer:
        """Make one call of a table, with a new login and a second try where the first has expired.

        Args:
            request: as configured.
            scope: the table's variables.
            rules: how the answer is judged.
            where: table and place, for errors.
            sink: a file that takes the answer's content instead of memory; then the content is no JSON.

        Raises:
            SourceHeldBack: the service refuses, or answers what cannot be understood.
            RestUnavailable: it does not answer now.
        """
        auth = self.connection.auth
        for is_second in (False, True):
            values, generation = self.token.valid()
            full = {**self.scope, **scope, "token": values}
            prepared = self._prepared(request, full, where, is_token=False)
            answer = self._tried(prepared, where, sink)
            has_expired = answer.status in auth.refresh_statuses or any_holds(auth.refresh_when, answer.body)
            if not has_expired or is_second or not self.token.is_renewable:
                return self._judged(answer, rules, where)
            self.token.renew(generation)
        raise AssertionError("unreachable")

    def error(self, where: str, what: str) -> SourceHeldBack:
        """An error of this source, without anything secret."""
        return SourceHeldBack(self.source.name, self.redactor.clean(f"{where}: {what}"))

    def _token_call(self, step: TokenStep, values: Mapping[str, Any]) -> Any:
        where = "connection.auth"
        full = {**self.scope, "token": dict(values)}
        answer = self._tried(self._prepared(step.request, full, where, is_token=True), where, None)
        return self._judged(answer, AnswerRules(), where).body

    def _prepared(self, request: RestRequest, scope: Mapping[str, Any], where: str, *, is_token: bool) -> httpx.Request:
        auth = self.connection.auth
        named = f"{self.source.name}, {where}"
        headers = {**request.headers} if is_token else {**request.headers, **auth.headers}
        query = {**request.query} if is_token else {**request.query, **auth.query}
        body = request.body
        if isinstance(body, dict) and not is_token:
            body = {**auth.body, **body}
        made = {
            "headers": {**self._headers, **{k: text_of(v) for k, v in rendered(headers, scope, named).items()}},
            "query": {k: _parameter(v) for k, v in rendered(query, scope, named).items() if v is not None},
            "body": rendered(body, scope, named),
            "form": {k: _parameter(v) for k, v in rendered(request.form, scope, named).items()},
        }
        for part in made.values():
            self.redactor.learn_named(part)
        address = self._address(str(rendered(request.path, scope, named) or ""), scope, named, is_token=is_token)
        reason = ""
        try:
            url = httpx.URL(address)
            if made["query"]:
                url = url.copy_merge_params(made["query"])
            return self._client.build_request(request.method, url, **_content(made))
        except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
            reason = type(error).__name__  # its text may hold the address or a header
        raise self.error(where, f"the request cannot be built ({reason}); expected an address and plain headers")

    def _address(self, path: str, scope: Mapping[str, Any], named: str, *, is_token: bool) -> str:
        if is_token and "://" in path:
            return path
        base = str(rendered(self._base_url, scope, named) or "").rstrip("/")
        if "://" not in path:
            return f"{base}/{path.lstrip('/')}" if path else base
        if _origin(path) != _origin(base):
            raise self.error(named, "the answer leads to another host; expected `base_url`'s own; not followed")
        return path

    def _tried(self, request: httpx.Request, where: str, sink: IO[bytes] | None) -> Answer:
        """The answer after as many tries as are allowed."""
        retries = self.connection.retries
        place = f"{request.method} {request.url.path}"
        reason = ""
        try:
            for attempt in Retrying(
                stop=stop_after_attempt(retries.attempts),
                wait=self._wait,
                retry=retry_if_exception_type(_Again),
                reraise=True,
            ):
                with attempt:
                    return self._once(request, where, sink)
        except _Again as again:
            reason = again.reason
        raise RestUnavailable(
            self.redactor.clean(
                f"{self.source.name}: {where}: {place}: {reason}; expected an answer; tried again later"
            )
        )

    def _wait(self, state: RetryCallState) -> float:
        retries = self.connection.retries
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_s if isinstance(error, _Again) else None
        longest = retries.longest_wait.total_seconds()
        if asked is not None and asked > longest:
            raise RestUnavailable(
                f"{self.source.name}: the service asks to wait {asked:.0f} s; expected at most {longest:.0f} s "
                "(`connection.retries.longest_wait`); tried again later"
            )
        backoff = retries.first_wait.total_seconds() * 2 ** (state.attempt_number - 1)
        return min(asked if asked is not None else backoff, longest)

    def _once(self, request: httpx.Request, where: str, sink: IO[bytes] | None) -> Answer:
        reason = ""
        try:
            with self.gate.passing(request.url.path):
                response = self._client.send(request, stream=True)
                try:
                    content = self._read(response, sink)
                finally:
                    response.close()
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            reason = type(error).__name__
        except httpx.TransportError as error:
            again = f"no answer ({type(error).__name__})"
        else:
            return self._received(response, content)
        if reason:
            raise self.error(
                where, f"the request cannot be sent ({reason}); expected http:// or https:// and plain headers"
            )
        raise _Again(again)

    def _read(self, response: httpx.Response, sink: IO[bytes] | None) -> bytes:
        if sink is not None and response.status_code < 300:
            sink.seek(0)
            sink.truncate()
            for chunk in response.iter_bytes(_CHUNK):
                sink.write(chunk)
            return b""
        most = self.connection.largest_answer_mb << 20
        chunks, size = [], 0
        for chunk in response.iter_bytes(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                raise self.error(
                    response.request.url.path,
                    f"one answer is larger than {self.connection.largest_answer_mb} MB; expected a page; "
                    "ask for smaller pages or raise `largest_answer_mb`",
                )
        return b"".join(chunks)

    def _received(self, response: httpx.Response, content: bytes) -> Answer:
        for cookie in self._client.cookies.jar:
            self.redactor.learn(cookie.value)
        status = response.status_code
        _LOG.debug("%s: %s %d, %d bytes", self.source.name, response.request.method, status, len(content))
        if status in self.connection.retries.statuses:
            raise _Again(
                f"status {status} {self.redactor.excerpt(content.decode('utf-8', 'replace'))}".rstrip(),
                _seconds(response.headers.get("retry-after")),
            )
        body: Any = None
        if content:
            body = _value(content)
            if body is _NO_JSON and status < 300 and content.lstrip()[:1] in (b"{", b"["):
                raise _Again("the answer breaks off")
        if body is not _NO_JSON and any_holds(self.connection.retries.when, body):
            raise _Again(f"the service asks for patience {self.redactor.excerpt(text_of(body) or '')}")
        return Answer(status, body, content, response.headers)

    def _judged(self, answer: Answer, rules: AnswerRules, where: str) -> Answer:
        if answer.body is not _NO_JSON and any_holds(rules.signals, answer.body):
            return answer
        if answer.status in rules.empty_statuses:
            return Answer(answer.status, None, b"", answer.headers, is_empty=True)
        if not 200 <= answer.status < 300:
            raise self.error(
                where,
                f"the service refuses with status {answer.status} ({self._said(answer, rules)}); "
                "expected 200; correct the configuration or its rights",
            )
        if answer.body is _NO_JSON:
            text = self.redactor.excerpt(answer.content.decode("utf-8", "replace"), 80)
            raise self.error(where, f"the answer is no JSON ({text}); expected JSON; correct `base_url` or `path`")
        for condition in rules.success:
            if not holds(condition, answer.body):
                raise self.error(
                    where,
                    f"the service answers {answer.status} with an error inside ({self._said(answer, rules)}); "
                    f"expected success at {condition.path!r}; correct the request or its rights",
                )
        return answer

    def _said(self, answer: Answer, rules: AnswerRules) -> str:
        """The service's own words about an error."""
        if rules.error and answer.body is not _NO_JSON:
            found = at_path(answer.body, rules.error)
            if found is not NOWHERE and found is not None:
                return self.redactor.excerpt(text_of(found) or "")
        return self.redactor.excerpt(answer.content.decode("utf-8", "replace")) or "no further words"


def _value(content: bytes) -> Any:
    try:
        return parsed(content)
    except ValueError:
        return _NO_JSON


def _content(made: Mapping[str, Any]) -> dict[str, Any]:
    if made["body"] is not None:
        headers = {"Content-Type": "application/json; charset=utf-8", **made["headers"]}
        return {"headers": headers, "content": json_text(made["body"]).encode("utf-8")}
    if made["form"]:
        return {"headers": made["headers"], "data": made["form"]}
    return {"headers": made["headers"]}


def _parameter(value: Any) -> str | list[str]:
    return [text_of(item) or "" for item in value] if isinstance(value, list) else text_of(value) or ""


def _origin(address: str) -> tuple[str, str, int | None]:
    url = httpx.URL(address)
    return url.scheme, url.host, url.port


def _seconds(retry_after: str | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now()).total_seconds())
