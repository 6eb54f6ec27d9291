"""Every shipped configuration loads as a company's own, its mappings name real columns, and it says what it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.config.loader import load_company
from mdm_pipeline.config.rest import RestAuth, RestConnection, RestPages, RestTable
from mdm_pipeline.config.sources import SourceConfig
from mdm_pipeline.hub.contract import TABLES
from mdm_pipeline.sources.rest.reader import merged, named_columns, table_rules
from mdm_pipeline.sources.rest.template import FILTERS
from mdm_pipeline.staging.stage import make_stage
from mdm_pipeline_tests.sources.rest.companies import TEMPLATES

FILES = sorted([*TEMPLATES.glob("*.yaml"), *TEMPLATES.glob("recipes/*.yaml")])
_COLUMNS = {table.name: set(table.column_names) for table in TABLES if table.schema == "staging"}


TEMPLATE_NAMES = ["business_registry", "fxiaoke", "gleif", "kingdee_k3cloud", "zoho_crm"]


def loaded(path: Path, folder: Path) -> CompanyConfig:
    text = path.read_text(encoding="utf-8")
    (folder / "sources").mkdir()
    (folder / "company.yaml").write_text("version: 1\nname: t\ndata_dir: .\n", encoding="utf-8")
    (folder / "sources" / path.name).write_text(text, encoding="utf-8")
    names = set(re.findall(r"\$\{([A-Z0-9_]+)", text))
    return load_company(folder, {name: "1" for name in names})


def test_there_are_five_templates_and_seven_recipes() -> None:
    assert [path.stem for path in FILES if path.parent == TEMPLATES] == TEMPLATE_NAMES
    assert [path.stem for path in FILES if path.parent != TEMPLATES] == [
        "business_central",
        "hubspot",
        "odoo",
        "salesforce",
        "sap_exports",
        "sap_s4",
        "yonyou",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_template_loads_and_maps_to_columns_that_exist(path: Path, tmp_path: Path) -> None:
    config = loaded(path, tmp_path)
    make_stage(config)  # staging's own check of mappings
    source = config.sources[0]
    for name, table in source.tables.items():
        if table.event:
            unknown = set(table.event.columns) - _COLUMNS[table.event.entity]
            assert unknown == set(), f"{name}: {unknown}"
        if isinstance(source.connection, RestConnection):
            rules = table_rules(source, name)
            listed = {*rules.columns, *rules.extra, *rules.rename.values()}
            assert set(named_columns(table)) - listed <= {"from.id"}, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_template_says_that_nobody_has_tried_it_and_holds_no_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.stem != "sap_exports":
        head = " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
        assert re.search(r"tried (it )?against (no|the) (real )?(service|system)", head), head
    secrets = yaml.safe_load(text)["connection"].get("secrets", {})
    assert [name for name, value in secrets.items() if not re.fullmatch(r"\$\{[A-Z0-9_]+\}", value)] == []


def test_a_table_is_laid_over_the_defaults_and_a_null_takes_away() -> None:
    under = {"body": {"a": 1, "b": {"c": 2, "d": [1, 2]}}, "window": {"rows": 5}}
    over = {"body": {"a": None, "b": {"d": [3]}, "e": None}, "window": None, "x": {"y": 1}}
    assert merged(under, over) == {"body": {"b": {"c": 2, "d": [3]}, "e": None}, "x": {"y": 1}}


GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "rest-sources.md"
_FRAGMENTS: dict[str, type[Section]] = {"auth": RestAuth, "pages": RestPages, "rest": RestTable}


def test_every_example_of_the_guide_is_valid() -> None:
    blocks = [yaml.safe_load(b) for b in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)]
    assert [next(iter(block)) for block in blocks] == ["version", "auth", "pages", "rest"]
    assert SourceConfig.model_validate(blocks[0]).name == "shop"
    for block in blocks[1:]:
        for name, section in block.items():
            _FRAGMENTS[name].model_validate(section)


def test_the_guide_names_every_filter_and_every_way_of_paging() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    ways = get_args(RestPages.model_fields["by"].annotation)
    assert [word for word in (*FILTERS, *ways) if f"`{word}" not in text and word != "none"] == []
