"""The shipped 纷享销客 template against a server that answers as its clients see it: full, incremental, deletion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline_tests.sources.rest.companies import FIRST_NIGHT, company, land, ledger, live
from mdm_pipeline_tests.sources.rest.deliveries import read
from mdm_pipeline_tests.sources.rest.server import Service, serving
from mdm_pipeline_tests.sources.rest.services.fxiaoke import Fxiaoke, record

MAY_FIRST = 1_777_600_000_000
NIGHT_MS = int(FIRST_NIGHT.timestamp()) * 1000
OTHERS = ["ContactObj", "LeadsObj", "SalesOrderObj", "SalesOrderProductObj", "PaymentObj", "CasesObj"]


@pytest.fixture
def fxiaoke() -> Fxiaoke:
    """230 accounts, an opportunity with a contact role."""
    opportunity = record(1, account_id=record(1)["_id"], amount="1280000.50", sales_status="2", close_date=MAY_FIRST)
    role = {"_id": "r1", "new_opportunity_id": record(1)["_id"], "contact_id": "c1", "role": "决策人", "create_time": 1}
    objects: dict[str, list[dict[str, Any]]] = {name: [] for name in OTHERS}
    objects["AccountObj"] = [record(n, MAY_FIRST + n * 60_000, tel="021-62881234") for n in range(230)]
    objects["NewOpportunityObj"] = [opportunity]
    objects["NewOpportunityContactsObj"] = [{**role, "last_modified_time": MAY_FIRST}]
    return Fxiaoke(objects)


@pytest.fixture
def service(fxiaoke: Fxiaoke) -> Iterator[Service]:
    with serving(fxiaoke.answer) as running:
        yield running


def test_three_nights_full_then_changes_then_deletions(
    con: DuckDBPyConnection, tmp_path: Path, fxiaoke: Fxiaoke, service: Service
) -> None:
    config = company(tmp_path, "fxiaoke", service)
    land(con, config)
    assert ledger(con, "account") == [(230, 230, 0, 0, 0)]
    assert live(con, "fxiaoke__account", "_id", "owner", "owner_id", "last_modified_time")[1] == (
        "65f0a1b2c3d4e5000001",
        '["1001"]',
        "1001",
        str(MAY_FIRST + 60_000),
    )
    assert live(con, "fxiaoke__opportunity", "_id", "amount") == [("65f0a1b2c3d4e5000001", "1280000.50")]
    assert live(con, "fxiaoke__opportunity_contact", "_id", "role") == [("r1", "决策人")]
    assert fxiaoke.logins == 1

    service.calls.clear()
    accounts = fxiaoke.objects["AccountObj"]
    accounts[5] = record(5, NIGHT_MS + 3_600_000, tel="010-10086")
    accounts.append(record(900, NIGHT_MS + 3_600_001))
    del accounts[7]
    accounts[9] = {**accounts[9], "life_status": "invalid", "last_modified_time": NIGHT_MS + 3_600_002}
    land(con, config, 2)
    assert ledger(con, "account")[-1][1:4] == (1, 1, 2)  # one gone without a word, one voided
    queries = [c.body["data"] for c in service.of("/data/query") if c.body["data"]["dataObjectApiName"] == "AccountObj"]
    changes = queries[0]["search_query_info"]["filters"]
    watermark = MAY_FIRST + 229 * 60_000
    assert changes == [
        {
            "field_name": "last_modified_time",
            "operator": "BETWEEN",
            "field_values": [watermark - 900_000, NIGHT_MS + 86_400_000],
        }
    ]
    assert [q["search_query_info"]["fieldProjection"] for q in queries[1:]] == [["_id"]] * 6
    assert len(live(con, "fxiaoke__account", "_id")) == 229


@pytest.mark.parametrize("is_checked", [True, False])
def test_rows_that_move_while_pages_are_read_are_neither_lost_nor_taken_for_deleted(
    con: DuckDBPyConnection, tmp_path: Path, fxiaoke: Fxiaoke, service: Service, is_checked: bool
) -> None:
    # without the check what it guards against does happen
    config = company(tmp_path, "fxiaoke", service, pages={"recheck": is_checked})
    land(con, config)
    accounts = fxiaoke.objects["AccountObj"]
    moves = iter([0, 1, 2])
    away: list[dict[str, Any]] = []

    def modify(search: dict[str, Any]) -> None:
        number = next(moves, None)
        if number is not None:  # the oldest is taken away for a while: all others move up
            if number < 2:
                away.append(accounts.pop(0))
            else:
                accounts.extend(away)

    fxiaoke.after_query = modify
    land(con, config, 2, full=True)
    assert len(live(con, "fxiaoke__account", "_id")) == (230 if is_checked else 228)
    assert sum(row[3] for row in ledger(con, "account")) == (0 if is_checked else 2)


def test_a_token_that_expires_within_the_walk_is_renewed_by_its_code_in_the_body(
    tmp_path: Path, fxiaoke: Fxiaoke, service: Service
) -> None:
    fxiaoke.expire_after = 2
    found = read(company(tmp_path, "fxiaoke", service).sources[0], table="account")
    assert len(found.rows) == 230
    assert fxiaoke.logins > 1


def test_an_error_inside_a_200_holds_the_source_back_with_the_services_own_words(
    tmp_path: Path, fxiaoke: Fxiaoke, service: Service
) -> None:
    del fxiaoke.objects["CasesObj"]
    with pytest.raises(
        SourceHeldBack, match=r"fxiaoke: service_case, page 1: .*error inside \(no such object or user\)"
    ):
        read(company(tmp_path, "fxiaoke", service).sources[0], table="service_case")


def test_the_template_keeps_the_limit_of_100_calls_in_20_seconds_for_each_interface(
    tmp_path: Path, service: Service
) -> None:
    limits = company(tmp_path, "fxiaoke", service).sources[0].connection.limits  # type: ignore[union-attr]
    assert [(rate.calls, rate.seconds, rate.per) for rate in limits.rates] == [(100, 20.0, "path")]
