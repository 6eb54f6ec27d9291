"""Nothing secret in any log line, error, traceback, exception chain, repr, ledger row or issue.

Fxiaoke carries its secrets in every body, Zoho in the address of its login, Kingdee in a cookie.
"""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.errors import MdmError
from mdm_pipeline.sources.rest.redaction import Redactor
from mdm_pipeline_tests.sources.rest.companies import company, environment, land
from mdm_pipeline_tests.sources.rest.deliveries import read, rest_source
from mdm_pipeline_tests.sources.rest.server import Answering, Call, Reply, Service, serving
from mdm_pipeline_tests.sources.rest.services.fxiaoke import CORP, USER, Fxiaoke, record
from mdm_pipeline_tests.sources.rest.services.kingdee import Kingdee, customer
from mdm_pipeline_tests.sources.rest.services.zoho import Zoho, account

_PUBLIC = {"ZOHO_ACCOUNTS_URL", "FXIAOKE_URL", "KINGDEE_URL"}


def forms(secret: str) -> set[str]:
    """How a secret may look in a text."""
    escaped = json.dumps(secret)[1:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), escaped, base64.b64encode(secret.encode()).decode()}


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, its causes and all that it was raised in the middle of, shown or not."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if all(each is not known for known in seen):
            seen.append(each)
            waiting += [e for e in (each.__cause__, each.__context__) if e is not None]
    return iter(seen)


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Every record of every logger at DEBUG, those of the HTTP library set to it by name."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, log: logging.LogRecord) -> None:
            lines.append(f"{log.name} {log.getMessage()} {log.args!r} {log.exc_text or ''}")

    handler = Keep(logging.DEBUG)
    names = [None, "httpx", "httpcore", "httpcore.http11", "httpcore.connection", "mdm_pipeline"]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    logging.getLogger().addHandler(handler)
    try:
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _zoho() -> tuple[Any, list[str]]:
    zoho = Zoho({"Accounts": [account(n) for n in range(3)], "Contacts": [], "Leads": [], "Deals": []})
    return zoho, [f"1000.access.{n:04d}" for n in range(1, 9)]


def _fxiaoke() -> tuple[Any, list[str]]:
    names = ["AccountObj", "ContactObj", "LeadsObj", "NewOpportunityObj", "NewOpportunityContactsObj"]
    names += ["SalesOrderObj", "SalesOrderProductObj", "PaymentObj", "CasesObj"]
    tokens = [f"CORP-ACCESS-TOKEN-{n:04d}" for n in range(1, 9)]
    return Fxiaoke({name: [record(1)] for name in names}), [*tokens, CORP, USER]


def _kingdee() -> tuple[Any, list[str]]:
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("BD_Supplier", "AR_receivable", "AR_RECEIVEBILL", "SAL_SaleOrder")
    }
    return Kingdee({**rows, "BD_Customer": [customer(1)]}), [f"session-cookie-{n:04d}" for n in range(1, 9)]


def _echo(call: Call) -> Reply:
    """A careless service that tells in its error all that it was sent."""
    sent = {"you_sent": call.content.decode(), "headers": call.headers, "query": call.query}
    return Reply({**sent, "errorMessage": call.content.decode(), "message": str(sent)}, 418)


FAULTS: dict[str, Callable[[Answering], Answering]] = {
    "nothing": lambda answer: answer,
    "echo": lambda answer: lambda call: answer(call) if _is_login(call) else _echo(call),
    "echo of the login": lambda answer: _echo,
    "server error": lambda answer: lambda call: Reply({"request": str(call)}, 500),
    "no json": lambda answer: lambda call: Reply(str(call).encode()),
    "cut": lambda answer: lambda call: Reply({"request": str(call)}, is_cut=True),
    "redirect": lambda answer: lambda call: Reply(status=302, headers={"Location": f"/x?{quote(str(call))}"}),
    "error inside": lambda answer: (
        lambda call: (
            answer(call)
            if _is_login(call)
            else Reply([[{"Result": {"ResponseStatus": {"IsSuccess": False, "e": str(call)}}}]])
        )
    ),
}


def _is_login(call: Call) -> bool:
    return "oauth" in call.path or "Token" in call.path or "user" in call.path or "Login" in call.path


def quick(config: CompanyConfig) -> CompanyConfig:
    """The same company, less patient."""
    source = config.sources[0]
    retries = source.connection.retries.model_validate({"attempts": 2, "first_wait": 0})  # type: ignore[union-attr]
    connection = source.connection.model_copy(update={"retries": retries})
    return config.model_copy(update={"sources": [source.model_copy(update={"connection": connection})]})


@pytest.mark.parametrize("template", ["zoho_crm", "fxiaoke", "kingdee_k3cloud"])
def test_no_secret_leaves_by_any_way(con: DuckDBPyConnection, tmp_path: Path, template: str) -> None:
    played, tokens = {"zoho_crm": _zoho, "fxiaoke": _fxiaoke, "kingdee_k3cloud": _kingdee}[template]()
    texts: list[str] = []
    with serving(played.answer) as service, everything_logged() as lines:
        played.url = service.url
        prefix = template.split("_")[0].upper()
        given = [v for n, v in environment(service).items() if n.startswith(prefix) and n not in _PUBLIC]
        config = quick(company(tmp_path, template, service))
        texts += [repr(config), str(config), config.model_dump_json()]
        for name, fault in FAULTS.items():
            service.answer = fault(played.answer)
            try:
                if name == "nothing":
                    land(con, config)
                else:
                    read(config.sources[0])
                assert name == "nothing"
            except MdmError as error:
                texts += ["".join(traceback.format_exception(error))]
                texts += [f"{e!r} {e} {e.args} {vars(e)}" for e in chain(error)]
                assert name != "nothing", error
        texts += [repr(session) for session in _objects(config)]
    for table in ("landing.batch", "quality.issue", "landing.record"):
        texts.append(str(con.execute(f"select * from {table}").fetchall()))
    everything = "\n".join([*texts, *lines])
    found = [secret for secret in (*given, *tokens) for form in forms(secret) if form in everything]
    assert found == []
    assert any("calls" in line for line in lines)  # our own lines were among those searched
    assert len(texts) > 12


def _objects(config: CompanyConfig) -> list[Any]:
    from mdm_pipeline.sources.rest.session import Session
    from mdm_pipeline_tests.sources.rest.deliveries import NIGHT

    with Session(config.sources[0], NIGHT) as session:
        return [session, session.token, session.redactor, session.gate]


def test_the_search_finds_what_the_http_library_would_log() -> None:
    """The guard fires: without our filter the library's own lines hold the address and with it the secret."""
    with serving(lambda call: Reply([])) as service, everything_logged() as lines:
        logger = logging.getLogger("httpx")
        filters = list(logger.filters)
        logger.filters.clear()
        try:
            httpx.get(f"{service.url}/x?client_secret=planted-secret")
        finally:
            logger.filters[:] = filters
    assert "planted-secret" in "\n".join(lines)


def test_a_secret_that_stands_in_a_request_by_mistake_is_hidden_by_its_name() -> None:
    rest = {
        "request": {"method": "POST", "path": "x", "body": {"appSecret": "in-the-clear", "deep": [{"pin": "778899"}]}}
    }
    with serving(_echo) as service, pytest.raises(MdmError) as caught:
        read(rest_source(service.url, rest, {"redact": ["PIN"]}))
    assert "in-the-clear" not in str(caught.value)
    assert "778899" not in str(caught.value)
    assert "***" in str(caught.value)


def test_headers_of_the_connection_are_secrets() -> None:
    def answer(call: Call) -> Reply:
        return Reply([{"id": 1}]) if call.headers["x-custom"] == "Bearer abc-def-ghi" else Reply(status=403)

    with serving(answer) as service:
        source = rest_source(service.url, {}, {"headers": {"X-Custom": "Bearer abc-def-ghi"}})
        assert read(source).column("id") == ["1"]
        service.answer = _echo
        with pytest.raises(MdmError) as caught:
            read(source)
    assert "abc-def-ghi" not in f"{caught.value} {source!r}"


def test_a_cut_through_the_middle_of_a_secret_shows_no_half_of_it() -> None:
    redactor = Redactor()
    redactor.learn("s" * 40)
    assert redactor.excerpt("x" * 290 + "s" * 40) == "x" * 290 + "***"
    assert (
        redactor.clean('{"Password": "ab\\"c", "n": 1} and token=abc&x=1')
        == '{"Password": "***", "n": 1} and token=***&x=1'
    )


def test_the_services_calls_are_remembered_for_the_tests(tmp_path: Path) -> None:
    """What is searched for did travel: the secrets arrived at the service."""
    played, _ = _fxiaoke()
    with serving(played.answer) as service:
        source = company(tmp_path, "fxiaoke", service).sources[0]
        read(source, table="account")
        assert isinstance(service, Service)
        assert service.calls[0].body["appSecret"] == "fx-app-secret-77"
