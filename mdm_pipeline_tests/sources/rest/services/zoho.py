"""Zoho CRM v8 as documented: tokens by parameters, page tokens, 204 and 304, deleted records, bulk read."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mdm_pipeline_tests.sources.rest.server import Call, Reply

CLIENT = {"client_id": "1000.CLIENTID", "client_secret": "zoho/client+secret=", "refresh_token": "1000.refresh.0123"}
_SORTS = {"id", "Created_Time", "Modified_Time"}
_RECORDS = {"fields", "per_page", "page", "page_token", "sort_by", "sort_order", "converted"}


def error(status: int, code: str, message: str = "", **details: Any) -> Reply:
    return Reply({"code": code, "message": message or code.lower(), "details": details, "status": "error"}, status)


@dataclass
class Zoho:
    """The organization's records and what befalls the caller."""

    modules: dict[str, list[dict[str, Any]]]
    deleted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    url: str = ""
    walk_ends_at: int = 100_000
    token_calls: int = 0
    expire_after: int | None = None  # record calls that one access token lasts
    expired_page_tokens: int = 0
    refused: int = 0  # 429 answers to come
    lost_in_bulk: int = 0
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    _uses: int = 0
    _bound: dict[str, tuple[dict[str, str], int]] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return f"1000.access.{self.token_calls:04d}"

    def answer(self, call: Call) -> Reply:
        if call.path == "/oauth/v2/token":
            return self._token(call)
        if call.headers.get("authorization") != f"Zoho-oauthtoken {self.token}":
            return error(401, "INVALID_TOKEN", "invalid oauth token")
        self._uses += 1
        if self.expire_after is not None and self._uses > self.expire_after:
            return error(401, "INVALID_TOKEN", "invalid oauth token")
        if self.refused:
            self.refused -= 1
            return Reply({"code": "TOO_MANY_REQUESTS"}, 429, {"Retry-After": "0"})
        parts = call.path.strip("/").split("/")
        if parts[:3] == ["crm", "bulk", "v8"]:
            return self._bulk(call, parts[3:])
        if parts[:2] != ["crm", "v8"] or parts[2] not in self.modules:
            return error(400, "INVALID_MODULE", "the module name given seems to be invalid")
        if parts[3:] == ["deleted"]:
            return self._deleted(call, parts[2])
        if parts[3:] == ["actions", "count"]:
            return Reply({"count": len(self.modules[parts[2]])})
        return self._records(call, parts[2])

    def _token(self, call: Call) -> Reply:
        if call.method != "POST" or call.query != {**CLIENT, "grant_type": "refresh_token"}:
            return Reply({"error": "invalid_client"})
        self.token_calls += 1
        self._uses = 0
        if self.token_calls > 10:
            return Reply({"error": "access_denied"})
        return Reply(
            {"access_token": self.token, "api_domain": self.url, "token_type": "Bearer", "expires_in": 3600},
        )

    def _records(self, call: Call, module: str) -> Reply:
        query = call.query
        refusal = self._refused_parameters(call, module)
        if refusal:
            return refusal
        per_page, first = int(query.get("per_page", 200)), 0
        if "page_token" in query:
            bound, first = self._bound.get(query["page_token"], ({}, 0))
            if bound != {k: v for k, v in query.items() if k != "page_token"}:
                return error(400, "TOKEN_BOUND_DATA_MISMATCH")
            if self.expired_page_tokens:
                self.expired_page_tokens -= 1
                return error(400, "EXPIRED_VALUE")
        if first >= self.walk_ends_at:
            return error(400, "PAGINATION_LIMIT_EXCEEDED")
        since = call.headers.get("if-modified-since")
        rows = self.modules[module]
        if since:
            rows = [row for row in rows if _at(row["Modified_Time"]) >= _at(since)]
            if not rows:
                return Reply(status=304)
        if not rows:
            return Reply(status=204)
        rows = sorted(rows, key=lambda row: str(row[query.get("sort_by", "id")]))
        wanted = {"id", *query["fields"].split(",")}
        page = [{k: v for k, v in row.items() if k in wanted} for row in rows[first : first + per_page]]
        more = first + per_page < len(rows)
        token = f"pt-{module}-{first + per_page}-{len(self._bound)}"
        if more:
            self._bound[token] = ({k: v for k, v in query.items() if k != "page_token"}, first + per_page)
        info = {
            "per_page": per_page,
            "count": len(page),
            "page": first // per_page + 1,
            "more_records": more,
            "next_page_token": token if more else None,
            "page_token_expiry": "2026-06-02T02:00:00+08:00" if more else None,
        }
        return Reply({"data": page, "info": info})

    def _refused_parameters(self, call: Call, module: str) -> Reply | None:
        query = call.query
        if set(query) - _RECORDS or call.method != "GET":
            return error(400, "INVALID_DATA", f"unknown: {sorted(set(query) - _RECORDS)}")
        if not query.get("fields"):
            return error(400, "REQUIRED_PARAM_MISSING", param_name="fields")
        if len(query["fields"].split(",")) > 50:
            return error(400, "LIMIT_EXCEEDED")
        if "page" in query and "page_token" in query:
            return error(400, "AMBIGUITY_DURING_PROCESSING")
        is_known = query.get("sort_by", "id") in _SORTS and query.get("sort_order", "asc") in ("asc", "desc")
        is_known &= query.get("converted", "both") == "both" and ("converted" not in query or module == "Leads")
        return None if is_known and int(query.get("per_page", 200)) <= 200 else error(400, "INVALID_DATA")

    def _deleted(self, call: Call, module: str) -> Reply:
        if set(call.query) - {"type", "per_page", "page"} or call.query.get("type") not in (
            "all",
            "recycle",
            "permanent",
        ):
            return Reply({"data": [{"code": "INVALID_DATA", "status": "error", "message": "type", "details": {}}]}, 400)
        since = call.headers.get("if-modified-since")
        rows = [r for r in self.deleted.get(module, []) if not since or _at(r["deleted_time"]) >= _at(since)]
        if not rows:
            return Reply(status=304 if since else 204)
        per_page, page = int(call.query["per_page"]), int(call.query.get("page", 1))
        if per_page > 200:
            return Reply(
                {"data": [{"code": "INVALID_DATA", "status": "error", "message": "per_page", "details": {}}]}, 400
            )
        part = rows[(page - 1) * per_page : page * per_page]
        info = {"per_page": per_page, "count": len(part), "page": page, "more_records": page * per_page < len(rows)}
        return Reply({"data": part, "info": info})

    def _bulk(self, call: Call, parts: list[str]) -> Reply:
        if parts == ["read"] and call.method == "POST":
            query = call.body["query"]
            if set(call.body) != {"query"} or set(query) != {"module", "fields", "page"}:
                return error(400, "INVALID_DATA")
            number = f"job{len(self.jobs) + 1}"
            self.jobs[number] = {"looks": 0, "query": query}
            return Reply(
                {"data": [{"status": "success", "code": "ADDED_SUCCESSFULLY", "details": {"id": number}}]}, 201
            )
        job = self.jobs.get(parts[1])
        if job is None or call.method != "GET":
            return error(400, "INVALID_DATA")
        if len(parts) == 3 and parts[2] == "result":
            return Reply(self._zipped(job["query"]))
        job["looks"] += 1
        state = ["ADDED", "IN PROGRESS", "COMPLETED"][min(job["looks"], 3) - 1]
        result = {"page": 1, "per_page": 200_000, "count": 1, "more_records": False}
        done = {"result": {**result, "download_url": f"/crm/bulk/v8/read/{parts[1]}/result"}}
        return Reply({"data": [{"id": parts[1], "state": state, **(done if state == "COMPLETED" else {})}]})

    def _zipped(self, query: dict[str, Any]) -> bytes:
        module = query["module"]["api_name"]
        rows = self.modules[module][self.lost_in_bulk :]
        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow(["Id", *query["fields"]])
        for row in rows:
            lines.writerow([row["id"], *(_cell(row.get(name)) for name in query["fields"])])
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(f"{module}.csv", text.getvalue())
        return file.getvalue()


def _cell(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) else value


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def account(number: int, modified: str = "2026-05-01T10:00:00+08:00", **fields: Any) -> dict[str, Any]:
    """An account as Zoho returns it: long ids as strings, lookups as objects."""
    return {
        "id": f"36523970000{number:08d}",
        "Account_Name": f"上海云帆{number}科技有限公司",
        "Account_Type": "Customer",
        "Industry": None,
        "Phone": "021-62881234",
        "Website": None,
        "Billing_City": "上海",
        "Parent_Account": None,
        "Owner": {"id": "3652397000000186017", "name": "Patricia", "email": "p@example.com"},
        "Created_Time": "2026-01-01T08:00:00+08:00",
        "Modified_Time": modified,
        **fields,
    }


def deal(number: int, account_number: int, modified: str = "2026-05-01T10:00:00+08:00") -> dict[str, Any]:
    """A deal of an account."""
    return {
        "id": f"36523970001{number:08d}",
        "Deal_Name": f"项目{number}",
        "Account_Name": {"id": f"36523970000{account_number:08d}", "name": "x"},
        "Stage": "Closed Won",
        "Amount": 12345678901234.5,
        "Closing_Date": "2026-06-30",
        "Owner": {"id": "3652397000000186017", "name": "Patricia"},
        "Created_Time": "2026-01-01T08:00:00+08:00",
        "Modified_Time": modified,
    }
