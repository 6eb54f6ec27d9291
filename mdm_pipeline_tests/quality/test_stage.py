"""What a run of the stage leaves behind: verdicts, issues, quarantine, reasons for holding back."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from mdm_pipeline.config.company import QualityConfig
from mdm_pipeline.hub.contract.landing import RECORD, source_table
from mdm_pipeline.hub.contract.master import XREF
from mdm_pipeline.hub.contract.staging import PARTY
from mdm_pipeline.hub.contract.steward import DECISION
from mdm_pipeline.hub.ddl import create_table
from mdm_pipeline.hub.worklist import Report, Work
from mdm_pipeline.quality.stage import validate
from mdm_pipeline_tests.rows import fetch, rows

NIGHT = datetime(2026, 11, 23, 18, 15, tzinfo=UTC)


def quality(*rules: dict[str, Any], table: str = "staging.party", **more: Any) -> QualityConfig:
    common = {"dimension": "accuracy", "message": "wrong; correct it", "severity": "quarantine"}
    return QualityConfig.model_validate(
        {
            "suites": {
                "party": {"table": table, "expectations": [{**common, **rule} for rule in rules]},
                **more,
            }
        }
    )


LETTERS = {
    "name": "name_has_letters",
    "expectation": "expect_column_values_to_match_regex",
    "arguments": {"column": "name_original", "regex": r"\p{L}"},
}
PAST = {
    "name": "birth_date_is_past",
    "expectation": "expect_column_values_to_be_between",
    "arguments": {"column": "birth_on", "max_value": "$as_of"},
    "where": "party_type = 'person'",
}
BAD_COLUMN = {
    "name": "bad",
    "expectation": "expect_column_values_to_not_be_null",
    "arguments": {"column": "nope"},
}


def run(con: DuckDBPyConnection, config: QualityConfig, seq: int = 1) -> Report:
    """As the pipeline does it: inside a transaction, over what staging committed before."""
    con.begin()
    report = validate(con, config, Work("quality", seq, True, ("staging", "steward"), 1, run_id="run1"), NIGHT)
    con.commit()
    return report


def parties(con: DuckDBPyConnection, *names: str, **columns: Any) -> None:
    given = [
        {
            "record_id": number,
            "record_ref": f"crm.account:{number}",
            "source": "crm",
            "name_original": name,
            "party_type": "person",
            **columns,
        }
        for number, name in enumerate(names, start=1)
    ]
    rows(con, PARTY, *given)


def waiting(con: DuckDBPyConnection) -> list[tuple[int, str]]:
    return con.execute("select record_id, rules from quality.quarantined order by record_id").fetchall()


def test_new_records_that_break_a_rule_wait_with_all_their_rules(con: DuckDBPyConnection):
    parties(con, "王伟", "???", "Ann")
    con.execute("update staging.party set birth_on = date '2031-01-01' where record_id in (2, 3)")

    report = run(con, quality(LETTERS, PAST))

    assert waiting(con) == [(2, "birth_date_is_past,name_has_letters"), (3, "birth_date_is_past")]
    assert (report.read, report.written, report.unchanged, report.rejected) == (3, 0, 1, 2)
    assert list(report.held_back) == []
    assert fetch(con, "select suite, table_name, outcome, rules, rules_failed, reason from quality.validation_run") == [
        {
            "suite": "party",
            "table_name": "staging.party",
            "outcome": "failed",
            "rules": 2,
            "rules_failed": 2,
            "reason": None,
        }
    ]
    assert fetch(
        con,
        "select rule, severity, is_success, rows_checked, rows_failed from quality.expectation_result order by rule",
    ) == [
        {
            "rule": "birth_date_is_past",
            "severity": "quarantine",
            "is_success": False,
            "rows_checked": 3,
            "rows_failed": 2,
        },
        {
            "rule": "name_has_letters",
            "severity": "quarantine",
            "is_success": False,
            "rows_checked": 3,
            "rows_failed": 1,
        },
    ]
    assert fetch(
        con,
        "select source, table_name, record_id, column_name, rule, severity, value, message, is_open "
        "from quality.issue where rule = 'name_has_letters'",
    ) == [
        {
            "source": "crm",
            "table_name": "staging.party",
            "record_id": 2,
            "column_name": "name_original",
            "rule": "name_has_letters",
            "severity": "quarantine",
            "value": "???",
            "message": "wrong; correct it",
            "is_open": True,
        }
    ]
    assert con.execute("select entity, key from quality.change order by key").fetchall() == [
        ("quarantined", 2),
        ("quarantined", 3),
    ]


def test_a_corrected_record_comes_free_and_its_issue_is_closed(con: DuckDBPyConnection):
    parties(con, "???")
    run(con, quality(LETTERS), seq=1)
    con.execute("update staging.party set name_original = '王伟'")

    report = run(con, quality(LETTERS), seq=2)

    assert waiting(con) == []
    assert (report.read, report.written, report.unchanged, report.rejected) == (1, 1, 0, 0)
    assert con.execute("select is_open from quality.issue").fetchall() == [(False,)]
    assert con.execute("select seq, key from quality.change order by seq").fetchall() == [(1, 1), (2, 1)]
    assert con.execute("select validation_id, outcome from quality.validation_run order by 1").fetchall() == [
        (1, "failed"),
        (2, "passed"),
    ]


def test_a_second_run_over_the_same_data_changes_nothing(con: DuckDBPyConnection):
    parties(con, "???")
    run(con, quality(LETTERS), seq=1)
    run(con, quality(LETTERS), seq=2)
    assert waiting(con) == [(1, "name_has_letters")]
    assert con.execute("select seq from quality.change").fetchall() == [(1,)]


def test_a_steward_releases_a_record_from_one_rule_or_from_all(con: DuckDBPyConnection):
    parties(con, "???", "!!!", "...", birth_on=date(2031, 1, 1))
    rows(
        con,
        DECISION,
        {"decision_id": "d1", "kind": "release", "ref_l": "crm.account:1", "rule": "name_has_letters"},
        {"decision_id": "d2", "kind": "release", "ref_l": "crm.account:2", "rule": "*"},
        {"decision_id": "d3", "kind": "judgement", "ref_l": "crm.account:3", "rule": "*"},
    )

    report = run(con, quality(LETTERS, PAST))

    assert waiting(con) == [(1, "birth_date_is_past"), (3, "birth_date_is_past,name_has_letters")]
    assert report.metadata["released_by_stewards"] == 2
    assert con.execute(
        "select record_id, rule, released_by from quality.issue where released_by is not null order by all"
    ).fetchall() == [
        (1, "name_has_letters", "d1"),
        (2, "birth_date_is_past", "d2"),
        (2, "name_has_letters", "d2"),
    ]


def test_an_update_never_takes_a_known_customer_away(con: DuckDBPyConnection):
    parties(con, "???", "!!!")
    rows(
        con,
        XREF,
        {"master_id": "C1", "record_id": 1, "xref_no": 1, "is_current": True},
        {"master_id": "C2", "record_id": 2, "xref_no": 1, "is_current": False},
    )

    report = run(con, quality(LETTERS))

    assert waiting(con) == [(2, "name_has_letters")]
    assert con.execute("select record_id from quality.issue where is_open order by 1").fetchall() == [
        (1,),
        (2,),
    ]
    assert report.metadata["known_customers_kept"] == 1


def test_a_broken_suite_is_named_and_quarantines_nothing_while_the_others_go_on(con: DuckDBPyConnection):
    parties(con, "???", "王伟", birth_on=date(2031, 1, 1))
    config = quality(
        LETTERS,
        BAD_COLUMN,
        other={
            "table": "staging.party",
            "expectations": [{**PAST, "severity": "quarantine", "dimension": "accuracy", "message": "m"}],
        },
    )

    report = run(con, config)

    assert waiting(con) == [(1, "birth_date_is_past"), (2, "birth_date_is_past")]
    (held_back,) = report.held_back
    assert held_back.startswith("party: broken: rule bad: ")
    assert "nope" in held_back
    assert con.execute("select suite, outcome, reason is null from quality.validation_run order by 1").fetchall() == [
        ("other", "failed", True),
        ("party", "broken", False),
    ]
    assert con.execute(
        "select location, severity, record_id from quality.issue where rule = 'suite_broken'"
    ).fetchall() == [("party", "warn", None)]


def test_issues_of_a_suite_that_breaks_later_stay_open(con: DuckDBPyConnection):
    parties(con, "???")
    run(con, quality(LETTERS), seq=1)
    run(con, quality(LETTERS, BAD_COLUMN), seq=2)
    assert con.execute("select rule, is_open from quality.issue order by 1").fetchall() == [
        ("name_has_letters", True),
        ("suite_broken", True),
    ]


def test_a_blocking_rule_holds_back_above_its_share_only(con: DuckDBPyConnection):
    table = source_table("crm", "account", ["名称"])
    create_table(con, table)
    rows(
        con,
        RECORD,
        *({"record_id": n, "source": "crm", "record_ref": f"crm.account:{n}"} for n in range(1, 6)),
    )
    deleted = datetime(2026, 1, 1)  # noqa: DTZ001
    rows(
        con,
        table,
        *({"record_id": n, "_row_hash": n, "名称": None if n < 3 else "x"} for n in range(1, 5)),
        {"record_id": 5, "_row_hash": 5, "名称": None, "_deleted_at": deleted},
    )
    filled = {
        "name": "filled",
        "expectation": "expect_column_values_to_not_be_null",
        "arguments": {"column": "名称"},
        "severity": "block",
    }

    strict = run(con, quality({**filled, "max_share": 0.2}, table="landing.crm__account"), seq=1)
    lenient = run(con, quality({**filled, "max_share": 0.5}, table="landing.crm__account"), seq=2)

    assert list(strict.held_back) == [
        "party.filled: 2 of 4 rows of landing.crm__account fail (50.0%, allowed 20.0%): wrong; correct it"
    ]
    assert list(lenient.held_back) == []
    assert con.execute("select source, record_id, severity from quality.issue order by 2").fetchall() == [
        ("crm", 1, "block"),
        ("crm", 2, "block"),
    ]


def test_no_suites_is_no_work(con: DuckDBPyConnection):
    report = run(con, QualityConfig())
    assert (report.read, report.rejected, list(report.held_back)) == (0, 0, [])


def test_nothing_is_written_to_disk(con: DuckDBPyConnection, tmp_path: Path, monkeypatch: Any):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    parties(con, "???")
    run(con, quality(LETTERS))
    assert list(tmp_path.iterdir()) == []


def test_the_stage_loads_great_expectations_only_when_a_suite_runs():
    code = "import sys, mdm_pipeline.quality.stage; print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_record_that_takes_no_part_waits_for_nothing(con: DuckDBPyConnection) -> None:
    parties(con, "4711", scope="excluded")
    run(con, quality(LETTERS))
    assert fetch(con, "select * from quality.quarantined") == []
    assert fetch(con, "select rule, is_open from quality.issue") == [{"rule": "name_has_letters", "is_open": True}]
