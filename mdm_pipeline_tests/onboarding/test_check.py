"""`mdm source check`: each fault that would hold a source back is found, and a good source is let through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from mdm_pipeline.cli.main import app
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.errors import SourceHeldBack
from mdm_pipeline.onboarding.check import Checked, NotConfigured, check_source
from mdm_pipeline.orchestration.company_stages import company_stages
from mdm_pipeline_tests.onboarding.companies import new_company, write_csv

HEADER = ["id", "name", "mail", "phone", "vat", "born"]
ROWS = [
    [f"C{n:03}", f"Meyer {n} Handels GmbH", f"info{n}@meyer{n}-test.de", f"+49 30 {9018200 + n}", "", "2001-02-03"]
    for n in range(1, 21)
]
SOURCE = """
version: 1
name: shop
default_country: DE
connection: {kind: files, folder: shop}
tables:
  buyer:
    files: [buyer.csv]
    format: {encoding: ENCODING}
    key: [id]
    party:
      type: {otherwise: organization}
      names: [{kind: legal, full: name}]
      birth_date: born
      identifiers: [{column: vat, scheme: auto}]
      contact_points: [{kind: email, column: mail}, {kind: phone, column: phone}]
"""


def _check(
    tmp_path: Path,
    rows: Sequence[Sequence[str]] = ROWS,
    header: Sequence[str] = HEADER,
    *,
    encoding: str = "utf-8",
    configured: str = "auto",
    published: Path | None = None,
) -> Checked:
    config = new_company(tmp_path)
    (config / "sources").mkdir()
    (config / "sources" / "shop.yaml").write_text(SOURCE.replace("ENCODING", configured), "utf-8")
    write_csv(tmp_path / "data" / "shop" / "buyer.csv", header, rows, encoding=encoding)
    return check_source(
        "shop",
        load_company(config),
        rows=1000,
        stages_of=company_stages,
        inbox=None,
        published=published or tmp_path / "none.duckdb",
        as_of=datetime(2026, 11, 24, tzinfo=UTC),
    )


def _stops(checked: Checked) -> list[tuple[str, str]]:
    return [(finding.table, finding.column) for finding in checked.findings if finding.level == "stop"]


def test_a_good_source_has_nothing_that_holds_it_back(tmp_path: Path) -> None:
    checked = _check(tmp_path)
    (table,) = checked.tables
    assert (checked.is_good, _stops(checked)) == (True, [])
    assert (table.rows, table.is_whole, table.columns, table.mapped, table.unmapped) == (20, True, 6, 6, ())
    assert checked.forecast is not None
    assert (checked.forecast.parties, checked.forecast.quarantined, checked.forecast.overlap) == (20, 0, None)
    assert [(one.kind, one.found, one.valid) for one in checked.forecast.validity] == [
        ("email", 20, 20),
        ("phone", 20, 20),
    ]


def test_a_column_that_is_not_there_is_named_with_the_likely_one(tmp_path: Path) -> None:
    checked = _check(tmp_path, header=["id", "name", "mails", "phone", "vat", "born"])
    assert _stops(checked) == [("buyer", "mail")]
    assert "did you mean 'mails'" in checked.findings[0].text
    assert not checked.is_good


@pytest.mark.parametrize(("key", "words"), [("", "is blank"), ("C001", "the same as another row's")])
def test_a_key_that_is_blank_or_repeated_stops(key: str, words: str, tmp_path: Path) -> None:
    checked = _check(tmp_path, [[key, *row[1:]] if number < 4 else row for number, row in enumerate(ROWS)])
    assert _stops(checked) == [("buyer", "id")]
    assert words in checked.findings[0].text


def test_a_wrong_encoding_is_told_from_the_bytes(tmp_path: Path) -> None:
    rows = [[row[0], f"上海华兴{number}贸易有限公司", *row[2:]] for number, row in enumerate(ROWS)]
    checked = _check(tmp_path, rows, encoding="gb18030", configured="cp1252")
    assert not checked.is_good
    assert any("look like gb18030" in finding.text for finding in checked.findings if finding.level == "stop")


def test_dates_that_cannot_be_read_stop(tmp_path: Path) -> None:
    checked = _check(tmp_path, [[*row[:5], "sometime in spring"] for row in ROWS])
    assert _stops(checked) == [("buyer", "born")]
    assert "20 of 20 rows" in checked.findings[0].text


def test_phones_that_are_none_are_worth_a_look(tmp_path: Path) -> None:
    checked = _check(tmp_path, [[*row[:3], "12", *row[4:]] for row in ROWS])
    assert checked.is_good
    assert any("phone: 0 of 20 are valid" in finding.text for finding in checked.findings)


def test_a_mapped_column_that_is_always_empty_is_worth_a_look(tmp_path: Path) -> None:
    checked = _check(tmp_path)
    assert [(finding.column, finding.level) for finding in checked.findings] == [("vat", "look")]


def test_a_source_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    _check(tmp_path)
    (tmp_path / "data" / "shop" / "buyer.csv").unlink()
    company = load_company(tmp_path / "config")
    arguments = {"rows": 10, "stages_of": company_stages, "inbox": None, "as_of": datetime(2026, 11, 24, tzinfo=UTC)}
    with pytest.raises(SourceHeldBack, match=r"no file buyer\.csv"):
        check_source("shop", company, published=tmp_path / "none", **arguments)  # type: ignore[arg-type]
    with pytest.raises(NotConfigured, match="did you mean 'shop'"):
        check_source("shp", company, published=tmp_path / "none", **arguments)  # type: ignore[arg-type]


def _published(path: Path) -> Path:
    """Today's customers: one per way of being recognized, as the published file shows them."""
    con = duckdb.connect(str(path))
    con.execute("create table identifier (master_id text, record_ref text, scheme text, value text, is_usable boolean)")
    con.execute(
        "create table contact_point (master_id text, record_ref text, kind text, match_key text, is_usable boolean)"
    )
    con.execute("create table name (master_id text, record_ref text, legal_form text, name_norm text)")
    points = [
        ("M1", "crm.a:1", "email", "info1@meyer1-test.de", True),  # and the phone: known
        ("M1", "crm.a:1", "phone", "+49309018201", True),
        ("M2", "crm.a:2", "phone", "+49309018202", True),  # alone: unclear
        ("M3", "crm.a:3", "phone", "+49309018203", False),  # masked: tells nothing
        ("M4", "shop.buyer:C004", "email", "info4@meyer4-test.de", True),  # said by the source itself
        *[(f"S{number}", f"crm.b:{number}", "phone", "+49309018205", True) for number in range(4)],  # a switchboard
    ]
    con.executemany("insert into contact_point values (?, ?, ?, ?, ?)", points)
    con.execute("insert into name values ('M6', 'crm.a:6', 'de_gmbh', 'meyer 6 handels gmbh')")
    con.close()
    return path


def test_the_overlap_counts_known_new_and_unclear_parties(tmp_path: Path) -> None:
    before = _published(tmp_path / "customers.duckdb").read_bytes()
    checked = _check(tmp_path, published=tmp_path / "customers.duckdb")
    assert checked.forecast is not None
    assert checked.forecast.overlap is not None
    (found,) = checked.forecast.overlap
    assert (found.table, found.known, found.new, found.unclear) == ("buyer", 2, 17, 1)
    assert found.by == {"email + phone": 1, "phone": 1, "registered_name": 1}
    assert found.line == ("of 20 sampled parties 2 probably belong to known customers, 17 are new, 1 unclear")
    assert (tmp_path / "customers.duckdb").read_bytes() == before


def test_the_command_ends_with_three_where_somebody_has_to_correct_something(tmp_path: Path) -> None:
    _check(tmp_path, header=["id", "name", "mails", "phone", "vat", "born"])
    place = ["--config", str(tmp_path / "config"), "--home", str(tmp_path / "home")]
    run = CliRunner().invoke(app, ["source", "check", "shop", "--json", *place])
    assert run.exit_code == 3
    said = json.loads(run.stdout)
    assert (said["is_good"], said["findings"][0]["column"]) == (False, "mail")
    text = CliRunner().invoke(app, ["source", "check", "shop", *place])
    assert text.exit_code == 3
    assert "STOP  buyer, mail: no column 'mail' at the source" in text.stdout
    assert not (tmp_path / "home" / "hub").exists()
