"""How a source is read over HTTP: a grammar of requests, tokens, pages, jobs and limits; a system needs no code.

Part of a source's YAML file. Texts may hold `{{variable|filter}}`; where they may, the field says so. Every field
carries a description; the reference page is generated from them. Does not belong here: making a request.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from mdm_pipeline.config.base import Section

_TEMPLATE = "Texts in it may hold `{{variables}}`; a field whose value is one variable that is null is left out."


class Condition(Section):
    """A test on a JSON answer. Values compare as text, so that 0 and "0" are the same."""

    path: str = Field(
        description="Where the value stands: names and list positions joined by dots; a name that itself holds dots is "
        "found as it stands. Empty: the whole answer."
    )
    one_of: list[str | int | bool | None] | None = Field(
        default=None, description="It holds when the value is one of these; a value that is not there is null."
    )
    none_of: list[str | int | bool | None] | None = Field(
        default=None, description="It holds when the value is none of these."
    )
    exists: bool | None = Field(default=None, description="It holds when the path leads somewhere, or (false) nowhere.")

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        if [self.one_of, self.none_of, self.exists].count(None) != 2:
            raise ValueError("exactly one of `one_of`, `none_of` and `exists` must be given")
        return self


class RestRequest(Section):
    """One call."""

    method: Literal["GET", "POST"] = Field(default="GET", description="HTTP method.")
    path: str = Field(
        default="", description="Path below `base_url`, or a whole address on the same host. " + _TEMPLATE
    )
    headers: dict[str, str] = Field(default_factory=dict, description="Headers. " + _TEMPLATE)
    query: dict[str, Any] = Field(default_factory=dict, description="Parameters of the address. " + _TEMPLATE)
    body: dict[str, Any] | list[Any] | None = Field(default=None, description="JSON body. " + _TEMPLATE)
    form: dict[str, Any] = Field(default_factory=dict, description="Form body, in place of `body`. " + _TEMPLATE)


class RequestChanges(Section):
    """What differs from the table's request; mappings are merged, null takes away, all else is replaced."""

    method: Literal["GET", "POST"] | None = Field(default=None, description="HTTP method.")
    path: str | None = Field(default=None, description="Path. " + _TEMPLATE)
    headers: dict[str, str] = Field(default_factory=dict, description="Headers. " + _TEMPLATE)
    query: dict[str, Any] = Field(default_factory=dict, description="Parameters. " + _TEMPLATE)
    body: dict[str, Any] | list[Any] | None = Field(default=None, description="JSON body. " + _TEMPLATE)
    form: dict[str, Any] = Field(default_factory=dict, description="Form body. " + _TEMPLATE)


class TokenStep(Section):
    """One call that brings something the following calls need."""

    request: RestRequest = Field(
        description="The call; its path may be an address on any host. Later steps may use `{{token.NAME}}` of earlier."
    )
    success: list[Condition] = Field(default_factory=list, description="All must hold, else the login was refused.")
    take: dict[str, str] = Field(
        default_factory=dict,
        description="Name to path in the answer: becomes `{{token.NAME}}`. Cookies are kept anyway.",
    )
    open: list[str] = Field(default_factory=list, description="Names of `take` that are no secret (a host, a user id).")
    lifetime: timedelta | None = Field(default=None, description="How long what it brings is valid.")
    lifetime_path: str | None = Field(default=None, description="Path in the answer to the same, in seconds.")


class RestAuth(Section):
    """How the source knows us: calls made once per run and again when they expire; shared by all tables."""

    steps: list[TokenStep] = Field(default_factory=list, description="Calls, in order.")
    headers: dict[str, str] = Field(default_factory=dict, description="Added to every call. " + _TEMPLATE)
    query: dict[str, Any] = Field(default_factory=dict, description="Added to every call. " + _TEMPLATE)
    body: dict[str, Any] = Field(default_factory=dict, description="Added to every JSON body. " + _TEMPLATE)
    refresh_statuses: list[int] = Field(
        default=[401], description="HTTP statuses after which the steps and then the same call are done again, once."
    )
    refresh_when: list[Condition] = Field(
        default_factory=list, description="The same, by the answer's body; one condition is enough."
    )
    most_refreshes: int = Field(default=8, ge=0, description="Times the steps may be done again in one run.")


class CallRate(Section):
    """At most so many calls in any span of so many seconds."""

    calls: int = Field(ge=1, description="Calls.")
    seconds: float = Field(gt=0, description="Span in seconds.")
    per: Literal["source", "path"] = Field(default="source", description="Counted over the source, or for each path.")


class RestLimits(Section):
    """What the source allows."""

    rates: list[CallRate] = Field(default_factory=list, description="Call rates; all of them are kept.")
    parallel: int = Field(
        default=1, ge=1, le=32, description="Calls at a time, where calls do not wait for each other."
    )
    per_day: int | None = Field(
        default=None, ge=1, description="Calls in one run; the run holds the source back rather than use up the day's."
    )


class RestRetries(Section):
    """What is tried again: no answer, 429, 5xx, and what is named here. `Retry-After` is honored."""

    attempts: int = Field(default=5, ge=1, le=20, description="Tries of one call.")
    first_wait: timedelta = Field(default=timedelta(seconds=1), description="Wait before the second try; then doubled.")
    longest_wait: timedelta = Field(
        default=timedelta(minutes=2), description="Longest wait; a server that asks for more is left for later."
    )
    statuses: list[int] = Field(default=[408, 425, 429, 500, 502, 503, 504], description="HTTP statuses.")
    when: list[Condition] = Field(default_factory=list, description="Also by the body; one condition is enough.")


class Window(Section):
    """For servers that end a walk after so many rows: begin again from the last row's cursor."""

    rows: int | None = Field(default=None, ge=1, description="Rows after which a new walk begins.")
    when: list[Condition] = Field(
        default_factory=list, description="Or the answer (of any status) that says so; one condition is enough."
    )


class RestPages(Section):
    """How a list is walked page by page. Rows must come in the order of the cursor where `window` is used."""

    by: Literal["none", "page", "offset", "cursor", "next_url", "keyset"] = Field(
        default="none",
        description="none: one call. page: `{{page}}` counts. offset: `{{offset}}` grows by `size`. cursor: "
        "`{{cursor}}` comes with the answer. next_url: the answer names the next address. keyset: `{{last_key}}` "
        "of the last row.",
    )
    size: int = Field(default=100, ge=1, description="Rows a page: `{{limit}}`.")
    first: int = Field(default=1, ge=0, description="Number of the first page.")
    next: str | None = Field(default=None, description="Path of the next cursor or address in the answer.")
    next_header: str | None = Field(
        default=None, description="Response header with the cursor; for next_url `Link` is read for rel=next."
    )
    no_next: list[str] = Field(default=["", "null"], description="Cursors that mean there is none.")
    key: str | None = Field(default=None, description="Path in a row of what becomes `{{last_key}}`.")
    more: str | None = Field(default=None, description="Path of a flag; the walk ends where it is false.")
    short_page_is_last: bool = Field(default=False, description="The walk ends with a page of fewer rows than `size`.")
    total: str | None = Field(default=None, description="Path of the number of rows of the whole list.")
    recheck: bool = Field(
        default=True,
        description="page, offset: rows that leave the list while it is read let others slip through. After a walk of "
        "several pages its rows must be as many as `total` said last, and `total` never less than before; otherwise it "
        "is walked again until all keys of the walk before are found in their order (at least twice).",
    )
    restart_when: list[Condition] = Field(
        default_factory=list,
        description="Answers (of any status) that mean the cursor expired: walk again; one condition is enough.",
    )
    window: Window | None = Field(default=None, description="Set where the server ends long walks.")
    most_pages: int = Field(default=100_000, ge=1, description="Guard against a server that never ends.")
    most_walks: int = Field(default=4, ge=1, description="Walks from the start (restart, recheck) before giving up.")


class RestList(Section):
    """A list of rows at the source."""

    request: RestRequest = Field(default=RestRequest(), description="The call for one page.")
    rows: str = Field(default="", description="Path of the list of rows in the answer.")
    pages: RestPages = Field(default=RestPages(), description="How it is walked.")


class DeletedRows(RestList):
    """A list of what was deleted. `{{since}}` is the same as for the rows."""

    key: dict[str, str] = Field(default_factory=dict, description="Key column to path in a row; by default as named.")


class IdBatches(RestList):
    """A list whose ids are asked for in batches: the table's own request is made per batch, with `{{ids}}`."""

    id: str = Field(default="id", description="Path of the id in a row.")
    size: int = Field(default=100, ge=1, description="Ids a batch.")


class BulkJob(Section):
    """An asynchronous export: ask for it, wait, download. Used where everything is read."""

    over_rows: int = Field(default=0, ge=0, description="Only where `count` says more rows than this.")
    count: RestRequest | None = Field(default=None, description="Call that says how many rows there are.")
    count_path: str = Field(default="count", description="Path of the number in its answer.")
    create: RestRequest = Field(description="Call that starts the job; `{{job_page}}` counts its parts.")
    take: dict[str, str] = Field(description="Name to path in the answers: becomes `{{job.NAME}}` (an id).")
    poll: RestRequest = Field(description="Call that tells its state.")
    state: str = Field(description="Path of the state in the answer.")
    done: list[str] = Field(description="States that mean it is ready.")
    failed: list[str] = Field(description="States that mean it will never be.")
    every: timedelta = Field(default=timedelta(seconds=5), description="Time between two looks.")
    timeout: timedelta = Field(default=timedelta(minutes=30), description="Longest wait.")
    result: RestRequest = Field(description="Call that downloads; `{{cursor}}` where it comes in several pages.")
    result_format: Literal["csv", "zip"] = Field(default="csv", description="CSV, or a zip with CSV files.")
    result_next_header: str | None = Field(default=None, description="Response header with the next cursor.")
    more: str | None = Field(default=None, description="Path in the last look: true where another job is needed.")
    least_share: float = Field(
        default=1.0, ge=0, le=1, description="Share of `count` that must arrive, else the table is read by pages."
    )
    when_failed: Literal["pages", "hold_back"] = Field(
        default="pages", description="Read by pages where the job fails or delivers too little, or hold back."
    )


class RestTable(RestList):
    """How one table is read, laid over the connection's `defaults`: mappings are merged, null takes away."""

    variables: dict[str, Any] = Field(default_factory=dict, description="Own variables: `{{NAME}}`.")
    changes: RequestChanges | None = Field(
        default=None, description="Merged into `request` where only changes are wanted: where `{{since}}` is set."
    )
    columns: list[str] = Field(
        default_factory=list,
        description="Columns that are delivered in any case, null where no row has them; nested values by dots "
        "(`Owner.id`). Needed where the service leaves out what is empty. What else rows have is delivered too.",
    )
    extra: dict[str, str] = Field(
        default_factory=dict,
        description="More columns: name to path in a row, for instance the first of a list (`owner.0`).",
    )
    rename: dict[str, str] = Field(
        default_factory=dict,
        description="Name at the service to column, where exports name columns otherwise than pages do.",
    )
    only_columns: bool = Field(
        default=False, description="Deliver nothing but `columns`, `extra` and what key, cursor and mapping name."
    )
    positional: bool = Field(
        default=False, description="Rows are lists of values, in the order of `columns`, the key first."
    )
    cursor_format: Literal["iso", "epoch_ms", "epoch_s", "odata", "text"] = Field(
        default="iso",
        description="How the cursor column's times are written: ISO 8601 (without offset: in the source's time zone), "
        "epoch milliseconds or seconds, `/Date(ms)/`; `text`: sequence numbers, or time stamps as databases do.",
    )
    success: list[Condition] = Field(default_factory=list, description="All must hold, else the answer is an error.")
    error: str | None = Field(default=None, description="Path of what an answer says of its error, for the message.")
    empty_statuses: list[int] = Field(default=[204, 304], description="HTTP statuses that mean no rows.")
    deleted: DeletedRows | None = Field(default=None, description="List of deleted rows, where there is one.")
    keys: RequestChanges | None = Field(
        default=None,
        description="For `deletes: by_keys`: merged into `request` to walk the keys of all rows without the rest.",
    )
    batches: IdBatches | None = Field(default=None, description="Set where rows are asked for by lists of ids.")
    job: BulkJob | None = Field(default=None, description="Bulk export, where there is one.")


class RestConnection(Section):
    """A web service."""

    kind: Literal["rest"] = Field(description="Kind of connection.")
    base_url: str = Field(description="Address that all paths are below. May hold `{{token.NAME}}`.")
    secrets: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Everything that must never show, as `${NAME}`: `{{secrets.NAME}}` in requests.",
    )
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="Headers of every call.")
    auth: RestAuth = Field(default=RestAuth(), description="Login.")
    defaults: RestTable = Field(default=RestTable(), description="What is the same for all tables.")
    limits: RestLimits = Field(default=RestLimits(), description="What the source allows.")
    retries: RestRetries = Field(default=RestRetries(), description="What is tried again.")
    timeout: timedelta = Field(default=timedelta(seconds=60), description="Longest wait for an answer.")
    redact: list[str] = Field(
        default_factory=list,
        description="Names of parameters, headers and fields whose values never show, besides the usual ones.",
    )
    largest_answer_mb: int = Field(default=64, ge=1, description="Size of one answer that is refused (not of exports).")
