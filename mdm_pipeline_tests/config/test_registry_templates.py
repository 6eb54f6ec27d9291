"""The templates of registries read files of the form that the registries deliver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from duckdb import DuckDBPyConnection

from mdm_pipeline.config import templates
from mdm_pipeline.config.company import CompanyConfig
from mdm_pipeline_tests.rows import fetch
from mdm_pipeline_tests.staging.landed_rows import land, stage

HUAXIA, BRANCH, TWIN = "5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55", "213800WSGIIZCXF1P572"
NAMES = "Entity.OtherEntityNames.OtherEntityName"
ENTITY: dict[str, str | None] = {
    "LEI": HUAXIA,
    "Entity.LegalName": "北京华夏电子有限公司",
    f"{NAMES}.1": "Beijing Huaxia Electronics Co., Ltd.",
    f"{NAMES}.1.type": "ALTERNATIVE_LANGUAGE_LEGAL_NAME",
    f"{NAMES}.2": "北京华夏无线电厂",
    f"{NAMES}.2.type": "PREVIOUS_LEGAL_NAME",
    f"{NAMES}.3": "HUAXIA",
    f"{NAMES}.3.type": "TRADING_OR_OPERATING_NAME",
    "Entity.LegalAddress.FirstAddressLine": "海淀区中关村大街1号",
    "Entity.LegalAddress.City": "北京",
    "Entity.LegalAddress.Country": "CN",
    "Entity.RegistrationAuthority.RegistrationAuthorityEntityID": "91110108551385082Q",
    "Entity.EntityStatus": "ACTIVE",
    "Entity.EntityCreationDate": "2001-03-04T00:00:00Z",
    "Registration.LastUpdateDate": "2026-01-02T03:04:05Z",
}
START, END, TYPE = "Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID", "Relationship.RelationshipType"


def template(name: str) -> CompanyConfig:
    text = (Path(templates.__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    source: dict[str, Any] = yaml.safe_load(text)
    return CompanyConfig(name="test", data_dir=".", folder=".", sources=[source])


def test_gleif_gives_names_of_their_kinds_numbers_and_parents(con: DuckDBPyConnection) -> None:
    config = template("gleif")
    land(con, config, "gleif.entity", {1: ENTITY, 2: {"LEI": BRANCH, "Entity.LegalName": "Huaxia GmbH"}})
    link = {START: "k2", END: "k1", TYPE: "IS_DIRECTLY_CONSOLIDATED_BY"}
    top = link | {TYPE: "IS_ULTIMATELY_CONSOLIDATED_BY"}
    land(con, config, "gleif.relationship", {11: link, 12: top})
    stage(con, config)
    assert fetch(con, "select kind, name_original from staging.party_name where record_id = 1 order by name_no") == [
        {"kind": "legal", "name_original": "北京华夏电子有限公司"},
        {"kind": "transliterated", "name_original": "Beijing Huaxia Electronics Co., Ltd."},
        {"kind": "former", "name_original": "北京华夏无线电厂"},
        {"kind": "trading", "name_original": "HUAXIA"},
    ]
    assert fetch(
        con, "select scheme, value from staging.party_identifier where record_id = 1 and is_valid order by scheme"
    ) == [{"scheme": "cn_uscc", "value": "91110108551385082Q"}, {"scheme": "lei", "value": HUAXIA}]
    assert fetch(con, "select from_ref, to_ref, role from staging.party_link order by role") == [
        {"from_ref": "gleif.entity:k2", "to_ref": "gleif.entity:k1", "role": "subsidiary_of"},
        {"from_ref": "gleif.entity:k2", "to_ref": "gleif.entity:k1", "role": "ultimate_subsidiary_of"},
    ]
    assert fetch(con, "select distinct scope from staging.party") == [{"scope": "reference"}]
    assert fetch(con, "select status_code from staging.registration where record_id = 1") == [{"status_code": "active"}]


def test_a_duplicate_lei_leads_to_the_one_that_remained(con: DuckDBPyConnection) -> None:
    config = template("gleif")
    duplicate = {"LEI": TWIN, "Entity.LegalName": "北京华夏电子有限公司", "Entity.SuccessorEntity.1.SuccessorLEI": "k1"}
    land(con, config, "gleif.entity", {1: ENTITY, 2: duplicate})
    stage(con, config)
    assert fetch(con, "select from_ref, to_ref from staging.party_redirect") == [
        {"from_ref": "gleif.entity:k2", "to_ref": "gleif.entity:k1"}
    ]


def test_the_chinese_registry_gives_former_names_heads_and_capital(con: DuckDBPyConnection) -> None:
    config = template("business_registry")
    row = {
        "统一社会信用代码": "91110108551385082Q",
        "企业名称": "北京华夏电子有限公司",
        "曾用名": "北京华夏无线电厂",
        "成立日期": "2001-03-04",
        "登记状态": "吊销，未注销",
        "法定代表人": "张伟",
        "注册资本": "1500万元人民币",
        "住所": "北京市海淀区中关村大街1号",
        "隶属企业代码": "k2",
    }
    land(con, config, "registry.company", {1: row})
    stage(con, config)
    assert fetch(
        con, "select status_code, legal_representative, capital::bigint as capital from staging.registration"
    ) == [{"status_code": "revoked", "legal_representative": "张伟", "capital": 15_000_000}]
    assert fetch(con, "select role, to_ref from staging.party_link") == [
        {"role": "branch_of", "to_ref": "registry.company:k2"}
    ]
