"""Codes of sources as canonical codes, and the work list of those that nobody mapped."""

from __future__ import annotations

from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from mdm_pipeline.config.codes import CodesConfig
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline.hub.connection import open_in_memory
from mdm_pipeline.staging.codes import LISTS, Codes, CodeUnknown, shipped
from mdm_pipeline.staging.stage import make_stage
from mdm_pipeline_tests.staging.landed_rows import company, delete, everything, given, land, stage

TABLES = """
p:
  key: [nr]
  party: {type: {otherwise: organization}, names: [{full: name}], industry: trade, industry_code: trade}
o: {key: [nr], event: {entity: opportunity, columns: {opportunity_no: nr, stage: stage, stage_code: stage}}}
"""


def with_codes(lists: dict[str, dict[str, str]], for_all: dict[str, Any] | None = None) -> CompanyConfig:
    config = company(TABLES, codes=lists)
    return config.model_copy(update={"codes": CodesConfig.model_validate(for_all or {})})


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("industry", "C", "C"),
        ("industry", "制造业", "C"),
        ("industry", "38", "38"),
        ("industry", " 批发业 ", "51"),
        ("region", "浙江", "330000"),
        ("region", "广西壮族自治区", "450000"),
        ("payment_term", "n30", "net_30"),
        ("stage", "Closed Won", "won"),
        ("unit", "台", "H87"),
        ("legal_form", "gmbh", "de_gmbh"),
        ("country", "Deutschland", "DE"),
        ("currency", "人民币", "CNY"),
        ("channel", "展会", "event"),
        ("industry", "光伏", None),
        ("industry", "", None),
        ("unit", None, None),
    ],
)
def test_names_and_codes_of_the_shipped_lists_are_known(name: str, text: str | None, code: str | None) -> None:
    assert Codes().translate("s", name, given([text])).to_list() == [code]


def test_the_shipped_lists_are_whole() -> None:
    industry = shipped("industry")
    assert [c.code for c in industry.values() if c.parent_code is None] == [chr(n) for n in range(ord("A"), ord("U"))]
    assert [c.code for c in industry.values() if c.parent_code] == [f"{n:02}" for n in range(1, 98)]
    assert {c.parent_code for c in industry.values()} - {None} <= set(industry)
    units = shipped("unit")
    assert {c.base_unit for c in units.values()} <= set(units)
    assert all(units[c.base_unit or ""].factor == 1 for c in units.values())
    assert len(shipped("region")) == 34
    assert {c.code for name in LISTS for c in shipped(name).values()} >= {"CNY", "H87", "DE", "net_30", "won"}


def test_a_sources_own_entry_wins_over_the_companys_and_that_over_the_shipped_names() -> None:
    config = CodesConfig(lists={"payment_term": {"N30": "net_60", "Z1": "cod"}})
    codes = Codes(config, {"erp": {"payment_term": {"z1": "prepaid"}}})
    assert codes.translate("erp", "payment_term", given(["n30", "Z1"])).to_list() == ["net_60", "prepaid"]
    assert codes.translate("crm", "payment_term", given(["n30", "Z1"])).to_list() == ["net_60", "cod"]


@pytest.mark.parametrize(
    ("lists", "for_all", "message"),
    [
        ({"stage": {"x": "wonn"}}, {}, r"sources/s.yaml, codes.stage.x: .* has no code 'wonn'; did you mean 'won'"),
        ({}, {"lists": {"unit": {"box": "QQ"}}}, r"codes.yaml, lists.unit.box: the code list unit has no code 'QQ'"),
        ({}, {"units": {"CT": {"base": "H99", "factor": 12}}}, r"codes.yaml, units.CT.base: .* 'H99'"),
    ],
)
def test_an_entry_that_leads_nowhere_is_refused_at_once(
    lists: dict[str, dict[str, str]], for_all: dict[str, Any], message: str
) -> None:
    with pytest.raises(CodeUnknown, match=message):
        make_stage(with_codes(lists, for_all))


def test_a_companys_own_codes_can_be_mapped_to(con: DuckDBPyConnection) -> None:
    config = with_codes({"stage": {"试用": "trial"}}, {"canonical": {"stage": {"trial": "Trial"}}})
    land(con, config, "s.o", {1: {"nr": "O1", "stage": "试用"}, 2: {"nr": "O2", "stage": "trial"}})
    stage(con, config)
    assert con.execute("select stage, stage_code from staging.opportunity order by record_id").fetchall() == [
        ("试用", "trial"),
        ("trial", "trial"),
    ]
    assert con.execute("select * from staging.code_map").fetchall() == [("s", "stage", "试用", "trial")]
    assert con.execute("select count(*) from staging.canonical_code where code = 'trial'").fetchall() == [(1,)]


def test_what_no_list_knows_waits_in_the_work_list_until_it_is_mapped(con: DuckDBPyConnection) -> None:
    config = with_codes({})
    land(con, config, "s.p", {n: {"name": "A 有限公司", "trade": "光伏"} for n in (1, 2)})
    land(con, config, "s.o", {3: {"nr": "O1", "stage": "dreaming"}, 4: {"nr": "O2", "stage": "N/A"}})
    stage(con, config)
    unmapped = "select source, source_table, list, source_code, rows from staging.unmapped_code order by all"
    issues = (
        "select table_name, record_id, column_name, rule, severity, value from quality.issue "
        "where is_open and rule = 'code_is_mapped' order by all"
    )
    assert con.execute(unmapped).fetchall() == [
        ("s", "o", "stage", "dreaming", 1),
        ("s", "p", "industry", "光伏", 2),
    ]
    assert con.execute(issues).fetchall() == [
        ("s.o", None, "stage", "code_is_mapped", "warn", "dreaming"),
        ("s.p", None, "industry", "code_is_mapped", "warn", "光伏"),
    ]
    mapped = with_codes({"industry": {"光伏": "38"}})
    stage(con, mapped)
    assert con.execute("select distinct industry, industry_code from staging.party").fetchall() == [("光伏", "38")]
    assert con.execute(unmapped).fetchall() == [("s", "o", "stage", "dreaming", 1)]
    delete(con, "s.o", 3)
    stage(con, mapped)
    assert (con.execute(unmapped).fetchall(), con.execute(issues).fetchall()) == ([], [])


STAGES = st.sampled_from(["won", "dreaming", "试用", "", None])


@settings(max_examples=3, deadline=None)
@draw(st.lists(st.tuples(st.integers(1, 4), STAGES), min_size=1, max_size=4), st.integers(0, 6))
def test_the_work_list_by_steps_is_that_of_a_rebuild(changes: list[tuple[int, str | None]], gone: int) -> None:
    config = with_codes({})
    by_steps, at_once = open_in_memory(), open_in_memory()
    last: dict[int, dict[str, str | None]] = {}
    for number, word in changes:
        row = {"nr": f"O{number}", "stage": word}
        land(by_steps, config, "s.o", {number: row})
        stage(by_steps, config)
        last[number] = row
    land(at_once, config, "s.o", last)
    if gone in last:
        for con in (by_steps, at_once):
            delete(con, "s.o", gone)
        stage(by_steps, config)
    stage(at_once, config)
    assert everything(by_steps) == everything(at_once)
    by_steps.close()
    at_once.close()
