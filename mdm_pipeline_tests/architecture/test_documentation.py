"""Documentation that is generated is current; every configuration field says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from mdm_pipeline.cli.docs import generated_pages
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.contract import TABLES, Table
from mdm_pipeline.operations.reference import _models, stale_pages

ROOT = Path(__file__).parents[2]


def test_generated_pages_are_current() -> None:
    assert stale_pages(ROOT / "docs" / "reference", generated_pages()) == [], "run: mdm docs"


def test_every_error_rate_of_the_demo_company_is_explained() -> None:
    unexplained = [line for line in generated_pages()["demo-company.md"].splitlines() if line.endswith("|  |")]
    assert unexplained == []


def test_every_configuration_field_has_a_description() -> None:
    models: list[type[BaseModel]] = list(_models(CompanyConfig, set()))
    assert len(models) > 10
    assert [f"{m.__name__}.{n}" for m in models for n, f in m.model_fields.items() if not f.description] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.full_name)
def test_every_table_is_described_in_both_languages_and_has_its_key(table: Table) -> None:
    assert table.doc
    assert table.doc_zh
    assert set(table.key) <= set(table.column_names)
    assert len(set(table.column_names)) == len(table.columns)
    assert [c.name for c in table.columns if not c.doc] == []
    if table.change_key:
        assert table.change_key in table.column_names
