"""The shipped Zoho CRM template against a server that answers as Zoho documents: full, incremental, deletion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline_tests.sources.rest.companies import company, land, ledger, live
from mdm_pipeline_tests.sources.rest.deliveries import read
from mdm_pipeline_tests.sources.rest.server import Reply, Service, serving
from mdm_pipeline_tests.sources.rest.services.zoho import Zoho, account, deal


@pytest.fixture
def zoho() -> Zoho:
    """450 accounts (three pages), two deals, no contacts, no leads."""
    return Zoho(
        {
            "Accounts": [account(n, f"2026-05-{1 + n % 28:02d}T10:00:00+08:00") for n in range(450)],
            "Contacts": [],
            "Leads": [],
            "Deals": [deal(1, 1), deal(2, 2)],
        }
    )


@pytest.fixture
def service(zoho: Zoho) -> Iterator[Service]:
    with serving(zoho.answer) as running:
        zoho.url = running.url
        yield running


def test_three_nights_full_then_changes_then_deletions(
    con: DuckDBPyConnection, tmp_path: Path, zoho: Zoho, service: Service
) -> None:
    config = company(tmp_path, "zoho_crm", service)
    land(con, config)
    assert ledger(con, "account") == [(450, 450, 0, 0, 0)]
    assert live(con, "zoho__account", "id", "Account_Name", "Owner.id", "Industry")[1] == (
        "3652397000000000001",
        "上海云帆1科技有限公司",
        "3652397000000186017",
        None,
    )
    assert live(con, "zoho__deal", "id", "Amount")[0] == ("3652397000100000001", "12345678901234.5")
    assert zoho.token_calls == 1
    assert [c.query["page_token"][:12] for c in service.of("/Accounts") if "page_token" in c.query] == [
        "pt-Accounts-",
        "pt-Accounts-",
    ]

    service.calls.clear()
    zoho.modules["Accounts"][7] = account(7, "2026-06-01T20:00:00+08:00", Phone="010-10086")
    zoho.modules["Accounts"].append(account(900, "2026-06-01T21:00:00+08:00"))
    land(con, config, 2)
    assert ledger(con, "account")[-1][1:4] == (1, 1, 0)
    assert ledger(con, "account")[-1][0] < 40
    asked = service.of("/Accounts")
    assert len(asked) == 1
    assert asked[0].headers["if-modified-since"] == "2026-05-28T01:45:00+00:00"

    gone = zoho.modules["Accounts"].pop(3)
    zoho.deleted["Accounts"] = [
        {"id": gone["id"], "display_name": "x", "type": "recycle", "deleted_time": "2026-06-02T09:00:00+08:00"}
    ]
    land(con, config, 3)
    assert ledger(con, "account")[-1][1:4] == (0, 0, 1)
    assert (gone["id"],) not in live(con, "zoho__account", "id")
    before = live(con, "zoho__account", "id", "Phone")
    land(con, config, 3, full=True)
    assert live(con, "zoho__account", "id", "Phone") == before


def test_a_token_that_expires_in_the_middle_of_a_walk_is_renewed_and_the_page_asked_for_again(
    tmp_path: Path, zoho: Zoho, service: Service
) -> None:
    zoho.expire_after = 3
    found = read(company(tmp_path, "zoho_crm", service).sources[0], table="account")
    assert len(found.rows) == 450
    assert 2 <= zoho.token_calls <= 4


def test_a_page_token_that_expires_and_429_are_survived(tmp_path: Path, zoho: Zoho, service: Service) -> None:
    zoho.expired_page_tokens, zoho.refused = 1, 2
    found = read(company(tmp_path, "zoho_crm", service).sources[0], table="account")
    assert len(found.rows) == 450


def test_a_walk_that_the_service_ends_goes_on_from_the_last_modified_time(
    tmp_path: Path, zoho: Zoho, service: Service
) -> None:
    zoho.walk_ends_at = 200
    found = read(company(tmp_path, "zoho_crm", service).sources[0], table="account")
    assert len(found.rows) == 450


@pytest.mark.parametrize(("lost", "comes_by"), [(0, "bulk"), (66, "pages")])
def test_many_rows_come_by_bulk_job_and_by_pages_where_it_brings_too_few(
    tmp_path: Path, zoho: Zoho, service: Service, lost: int, comes_by: str
) -> None:
    zoho.lost_in_bulk = lost
    config = company(tmp_path, "zoho_crm", service, job={"over_rows": 400, "every": 0.01})
    found = read(config.sources[0], table="account")
    rows = sorted((str(r["id"]), r["Account_Name"], r["Owner.id"]) for r in found.rows)
    assert len(rows) == 450
    assert rows[1] == ("3652397000000000001", "上海云帆1科技有限公司", "3652397000000186017")
    assert bool(service.of("/Accounts")) == (comes_by == "pages")


def test_a_refused_login_says_so_and_shows_no_secret(tmp_path: Path, service: Service) -> None:
    config = company(tmp_path, "zoho_crm", service)
    service.answer = lambda call: Reply({"error": "invalid_code"})
    with pytest.raises(SourceHeldBack, match="the login is refused .*invalid_code.*check the secrets"):
        read(config.sources[0])
