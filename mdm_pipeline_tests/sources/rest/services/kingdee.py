"""金蝶云星空 as its clients see it: a session cookie, rows without names, errors inside 200."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mdm_pipeline_tests.sources.rest.server import Call, Reply

LOGIN = {"acctID": "62777efb5510ce", "username": "mdm-reader", "appId": "235685_app", "appSecret": "k3-app-secret-55"}
_SERVICES = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub."
_FILTER = re.compile(r"FModifyDate >= '(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)'")


def failed(message: str, code: int = 0) -> Reply:
    status = {"IsSuccess": False, "ErrorCode": 500, "MsgCode": code, "Errors": [{"Message": message}]}
    return Reply([[{"Result": {"ResponseStatus": status}}]])


@dataclass
class Kingdee:
    """Forms by id, each row a mapping of field to value."""

    forms: dict[str, list[dict[str, Any]]]
    logins: int = 0
    lose_session_after: int | None = None
    _uses: int = 0

    @property
    def session(self) -> str:
        return f"session-cookie-{self.logins:04d}"

    def answer(self, call: Call) -> Reply:
        if call.method != "POST":
            return Reply(status=405)
        if call.path == f"{_SERVICES}AuthService.LoginByAppSecret.common.kdsvc":
            if call.body != {**LOGIN, "lcid": 2052}:
                return Reply({"LoginResultType": 0, "Message": "应用授权失败", "KDSVCSessionId": None})
            self.logins += 1
            self._uses = 0
            cookie = f"kdservice-sessionid={self.session}; path=/; httponly"
            return Reply({"LoginResultType": 1, "KDSVCSessionId": self.session}, headers={"Set-Cookie": cookie})
        if call.path != f"{_SERVICES}DynamicFormService.ExecuteBillQuery.common.kdsvc":
            return Reply(status=404)
        self._uses += 1
        is_lost = self.lose_session_after is not None and self._uses > self.lose_session_after
        if is_lost or f"kdservice-sessionid={self.session}" not in call.headers.get("cookie", ""):
            return failed("会话信息已丢失，请重新登录", 1)
        return self._query(call.body)

    def _query(self, body: dict[str, Any]) -> Reply:
        asked = body.get("data", {})
        if set(body) != {"data"} or set(asked) != {
            "FormId",
            "FieldKeys",
            "FilterString",
            "OrderString",
            "StartRow",
            "Limit",
        }:
            return failed(f"unknown parameters {sorted(asked)}")
        if asked["FormId"] not in self.forms or asked["Limit"] > 2000:
            return failed("业务对象不存在")
        rows = self.forms[asked["FormId"]]
        if asked["FilterString"]:
            since = _FILTER.fullmatch(asked["FilterString"])
            if since is None:
                return failed("过滤条件错误")
            rows = [row for row in rows if row["FModifyDate"].replace("T", " ") >= since[1]]
        rows = sorted(rows, key=lambda row: row[asked["OrderString"]])
        names = asked["FieldKeys"].split(",")
        unknown = [name for name in names if rows and name not in rows[0]]
        if unknown:
            return failed(f"字段不存在 {unknown}")
        part = rows[asked["StartRow"] : asked["StartRow"] + asked["Limit"]]
        return Reply([[row[name] for name in names] for row in part])


def customer(number: int, modified: str = "2026-05-01T10:00:00.123") -> dict[str, Any]:
    """A customer with every field that the template asks for."""
    return {
        "FCUSTID": 100000 + number,
        "FNumber": f"CUST{number:04d}",
        "FName": f"上海云帆{number}科技有限公司",
        "FShortName": "云帆",
        "FSOCIALCRECODE": "",
        "FTEL": "021-62881234",
        "FADDRESS": "上海市浦东新区张江路1号",
        "FWEBSITE": None,
        "FINVOICETITLE": None,
        "FTAXREGISTERCODE": None,
        "FINVOICEADDRESS": None,
        "FINVOICETEL": None,
        "FINVOICEBANKNAME": None,
        "FINVOICEBANKACCOUNT": "0012345678901234567",
        "FUseOrgId.FNumber": "100",
        "FForbidStatus": "A",
        "FModifyDate": modified,
    }


def order(number: int, customer_number: int, modified: str = "2026-05-01T10:00:00") -> dict[str, Any]:
    """A sales order."""
    return {
        "FID": number,
        "FBillNo": f"XSDD{number:06d}",
        "FDate": "2026-05-01T00:00:00",
        "FCustId": 100000 + customer_number,
        "FSaleOrgId.FNumber": "100",
        "FSettleCurrId.FCODE": "CNY",
        "FBillAmount": 1234567890.12,
        "FDocumentStatus": "C",
        "FModifyDate": modified,
    }
