"""纷享销客 as its clients see it: secrets in bodies, 200 for errors, offsets in multiples of the limit, 20016."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mdm_pipeline_tests.sources.rest.server import Call, Reply

APP = {"appId": "FSAID_1318abc", "appSecret": "fx-app-secret-77", "permanentCode": "FX-PERMANENT-CODE-99"}
MOBILE = "13800138000"
CORP = "FSCID_corp_0001"
USER = "FSUID_user_0001"
_OPERATORS = {"EQ", "GT", "LT", "GTE", "LTE", "N", "LIKE", "NLIKE", "IS", "ISN", "IN", "NIN", "BETWEEN", "NBETWEEN"}


def failed(code: int, message: str) -> Reply:
    return Reply({"traceId": "E-1", "errorCode": code, "errorMessage": message, "errorDescription": message})


@dataclass
class Fxiaoke:
    """The company's objects and what befalls the caller."""

    objects: dict[str, list[dict[str, Any]]]
    logins: int = 0
    expire_after: int | None = None  # queries that one token lasts
    after_query: Callable[[dict[str, Any]], None] = lambda query: None
    times: list[float] = field(default_factory=list)
    _uses: int = 0

    @property
    def token(self) -> str:
        return f"CORP-ACCESS-TOKEN-{self.logins:04d}"

    def answer(self, call: Call) -> Reply:
        if call.method != "POST":
            return failed(10000, "POST expected")
        body = call.body
        if call.path == "/cgi/corpAccessToken/get/V2":
            if body != APP:
                return failed(20002, "app not authorized")
            self.logins += 1
            self._uses = 0
            known = {"corpAccessToken": self.token, "corpId": CORP, "expiresIn": 7200}
            return Reply({"errorCode": 0, "errorMessage": "success", **known})
        if body.get("corpId") != CORP or body.get("corpAccessToken") != self.token:
            return failed(20016, "corpAccessToken is expired")
        if call.path == "/cgi/user/getByMobile":
            if set(body) != {"corpId", "corpAccessToken", "mobile"} or body["mobile"] != MOBILE:
                return failed(30001, "no such user")
            return Reply(
                {"errorCode": 0, "errorMessage": "success", "empList": [{"openUserId": USER, "name": "管理员"}]}
            )
        if call.path != "/cgi/crm/v2/data/query":
            return failed(10000, f"unknown interface {call.path}")
        return self._query(body)

    def _query(self, body: dict[str, Any]) -> Reply:
        self.times.append(time.monotonic())
        self._uses += 1
        if self.expire_after is not None and self._uses > self.expire_after:
            return failed(20016, "corpAccessToken is expired")
        data = body.get("data", {})
        search = data.get("search_query_info", {})
        if (
            set(body) != {"corpId", "corpAccessToken", "currentOpenUserId", "data"}
            or set(data) != {"dataObjectApiName", "find_explicit_total_num", "search_query_info"}
            or set(search) != {"limit", "offset", "filters", "orders", "fieldProjection"}
        ):
            return failed(40001, f"unknown parameters in {sorted(body)} {sorted(data)} {sorted(search)}")
        if body["currentOpenUserId"] != USER or data["dataObjectApiName"] not in self.objects:
            return failed(40002, "no such object or user")
        limit, offset = search["limit"], search["offset"]
        if not isinstance(limit, int) or not isinstance(offset, int) or limit > 100 or offset % limit:
            return failed(40003, "limit is at most 100, offset a multiple of it")
        rows = self.objects[data["dataObjectApiName"]]
        for each in search["filters"]:
            if set(each) != {"field_name", "field_values", "operator"} or each["operator"] not in _OPERATORS:
                return failed(40004, "filter")
            low, high = each["field_values"]
            rows = [row for row in rows if low <= row[each["field_name"]] <= high]
        for order in reversed(search["orders"]):
            if set(order) != {"fieldName", "isAsc"}:
                return failed(40005, "order")
            rows = sorted(rows, key=lambda row: row[order["fieldName"]], reverse=not order["isAsc"])
        wanted = search["fieldProjection"]
        page = [{k: v for k, v in row.items() if k in wanted} for row in rows[offset : offset + limit]]
        total = {"total": len(rows)} if data["find_explicit_total_num"] is True else {}
        self.after_query(search)
        return Reply(
            {
                "traceId": "E-1",
                "errorCode": 0,
                "errorMessage": "OK",
                "errorDescription": "success",
                "data": {"dataList": page, "offset": offset, "limit": limit, **total},
            }
        )


def record(number: int, modified: int = 1_777_600_000_000, **fields: Any) -> dict[str, Any]:
    """A record as returned: times in milliseconds, the owner a list."""
    return {
        "_id": f"65f0a1b2c3d4e5{number:06d}",
        "name": f"云帆{number}",
        "owner": ["1001"],
        "life_status": "normal",
        "create_time": 1_700_000_000_000 + number,
        "last_modified_time": modified,
        **fields,
    }
