"""Configuration errors: all at once, one line each, with file, line, path and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdm_pipeline.config.loader import ConfigInvalid, load_company
from mdm_pipeline.config.sources import TableConfig
from mdm_pipeline.landing.progress import read_as

COMPANY = """\
version: 1
name: acme
group_currency: EUR
data_dir: ${ACME_DATA:-files}
"""
SOURCE = """\
version: 1
name: crm
connection:
  kind: sql
  url: sqlite:///crm.db
tables:
  account:
    key: [id]
    party:
      type: {otherwise: guess}
      names:
        - {full: name}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "company.yaml").write_text(COMPANY, encoding="utf-8")
    (tmp_path / "sources" / "crm.yaml").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def mistakes(folder: Path, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_company(folder, environment or {})
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_good_configuration_loads_with_defaults(folder: Path) -> None:
    company = load_company(folder, {"ACME_DATA": "elsewhere"})
    assert company.name == "acme"
    assert company.data_path == folder / "elsewhere"
    assert company.source("crm").tables["account"].key == ["id"]
    assert company.matching.person.threshold == 0.95


def test_a_query_may_stand_in_a_file_of_its_own(folder: Path) -> None:
    text = SOURCE.replace("    key: [id]", "    key: [id]\n    query_file: sql/accounts.sql")
    (folder / "sources" / "crm.yaml").write_text(text, encoding="utf-8")
    at = "sources/crm.yaml:9 tables.account.query_file: "
    assert mistakes(folder) == [at + "file sql/accounts.sql does not exist; expected it below the configuration folder"]
    (folder / "sql").mkdir()
    query = folder / "sql" / "accounts.sql"
    query.write_text(" \n", encoding="utf-8")
    assert mistakes(folder) == [at + "file sql/accounts.sql is empty; expected a SELECT"]
    query.write_text("select '${NOT_A_VARIABLE}' as 名\nfrom account -- all of them\n", encoding="utf-8")
    first = load_company(folder, {}).source("crm")
    assert first.tables["account"].query == "select '${NOT_A_VARIABLE}' as 名\nfrom account -- all of them"
    query.write_text("select 2", encoding="utf-8")
    assert read_as(load_company(folder, {}).source("crm"), "account") != read_as(first, "account")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("query_file: ../accounts.sql", "expected a .sql file below the configuration folder; found '../accounts.sql'"),
        ("query_file: company.yaml", "expected a .sql file below the configuration folder; found 'company.yaml'"),
        ("query_file: a.sql\n    query: select 1", "`query` is given as well; expected one of them"),
    ],
)
def test_a_query_file_is_one_sql_file_of_this_company(folder: Path, given: str, said: str) -> None:
    (folder.parent / "accounts.sql").write_text("select 1", encoding="utf-8")
    text = SOURCE.replace("    key: [id]", f"    key: [id]\n    {given}")
    (folder / "sources" / "crm.yaml").write_text(text, encoding="utf-8")
    assert mistakes(folder) == [f"sources/crm.yaml:9 tables.account.query_file: {said}"]


def test_a_misspelt_field_is_named_with_its_line_and_a_proposal(folder: Path) -> None:
    (folder / "sources" / "crm.yaml").write_text(SOURCE.replace("    key: [id]", "    kee: [id]"), encoding="utf-8")
    assert mistakes(folder) == [
        "sources/crm.yaml:7 tables.account.key: missing; this field is required",
        f"sources/crm.yaml:8 tables.account.kee: unknown field; expected one of {', '.join(TableConfig.model_fields)}; "
        "did you mean 'key'?",
    ]


def test_all_mistakes_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "company.yaml").write_text(COMPANY.replace("EUR", "euro"), encoding="utf-8")
    (folder / "matching.yaml").write_text("version: 1\nperson: {treshold: 0.9}\n", encoding="utf-8")
    (folder / "sources" / "crm.yaml").write_text(SOURCE.replace("kind: sql", "kind: sqll"), encoding="utf-8")
    found = mistakes(folder)
    assert [line.split(" ")[0] for line in found] == ["matching.yaml:2", "sources/crm.yaml:3", "company.yaml:3"]
    assert "did you mean 'threshold'?" in found[0]
    assert "expected 'sql', 'files'" in found[1]
    assert "'euro'" in found[2]


def test_a_secret_comes_from_the_environment_and_its_absence_is_named(folder: Path) -> None:
    text = SOURCE.replace("sqlite:///crm.db", "postgresql+psycopg2://u:${CRM_PASSWORD}@h/db")
    (folder / "sources" / "crm.yaml").write_text(text, encoding="utf-8")
    assert mistakes(folder) == [
        "sources/crm.yaml:5 connection.url: environment variable CRM_PASSWORD is not set; set it before the run"
    ]
    company = load_company(folder, {"CRM_PASSWORD": "s3cret"})
    assert "s3cret" not in repr(company)


def test_a_value_that_is_not_allowed_lists_those_that_are(folder: Path) -> None:
    (folder / "sources" / "crm.yaml").write_text(
        SOURCE.replace("{full: name}", "{full: name, kind: legl}"), encoding="utf-8"
    )
    (found,) = mistakes(folder)
    assert found.startswith(
        "sources/crm.yaml:12 tables.account.party.names.0.kind: 'legl' is not allowed; expected legal | "
    )
    assert found.endswith("did you mean 'legal'?")


def test_a_reference_to_a_table_that_is_not_there_is_found(folder: Path) -> None:
    text = SOURCE + "      links:\n        - {role: branch_of, to_table: crm.acount, column: parent}\n"
    (folder / "sources" / "crm.yaml").write_text(text, encoding="utf-8")
    assert mistakes(folder) == [
        "sources/crm.yaml:14 tables.account.party.links.0.to_table: no source table 'crm.acount'; expected "
        "source.table; did you mean 'crm.account'?"
    ]


def test_code_lists_of_the_company_stand_in_a_file_of_their_own(folder: Path) -> None:
    (folder / "codes.yaml").write_text("version: 1\nlists:\n  stage: {试用: qualified}\n", encoding="utf-8")
    assert load_company(folder).codes.lists == {"stage": {"试用": "qualified"}}
    (folder / "codes.yaml").write_text("version: 1\nlists:\n  stages: {试用: qualified}\n", encoding="utf-8")
    (found,) = mistakes(folder)
    assert found.startswith("codes.yaml:3 lists.stages") and "did you mean 'stage'?" in found


def test_an_employee_table_that_is_not_there_is_found(folder: Path) -> None:
    text = SOURCE + "      owner: boss\n      owner_table: crm.user\n"
    (folder / "sources" / "crm.yaml").write_text(text, encoding="utf-8")
    (found,) = mistakes(folder)
    assert found.startswith("sources/crm.yaml:14 tables.account.party.owner_table: no source table 'crm.user'")


def test_broken_yaml_names_the_line(folder: Path) -> None:
    (folder / "company.yaml").write_text("name: [unclosed\n", encoding="utf-8")
    assert any(line.startswith("company.yaml:2") and "not valid YAML" in line for line in mistakes(folder))


def test_no_such_company_lists_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="demo"):
        load_company(tmp_path / "nowhere")
