"""Staging, reference data: our own companies, units, people and products, rates, codes."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Pii, Table
from mdm_pipeline.hub.contract.staging_events import amount, code, event, on, text

LEGAL_ENTITY = event(
    "legal_entity",
    "Our own companies (法人/账套); what other rows call `legal_entity`.",
    "法人/账套",
    f.LEGAL_ENTITY.required,
    text("name", "Name.", "名称"),
    text("tax_id", "Tax number.", "纳税人识别号"),
    code("country_code", "Country, ISO 3166.", "国家代码", "country"),
    f.CURRENCY.named("currency", "Currency of its books, ISO 4217."),
    text("parent_legal_entity", "Company that it belongs to.", "上级法人"),
    Column("is_active", "BOOLEAN", "In use.", "是否启用"),
)
BUSINESS_UNIT = event(
    "business_unit",
    "Our own business units (事业部); what other rows call `business_unit`.",
    "事业部",
    f.BUSINESS_UNIT.required,
    text("name", "Name.", "名称"),
    text("parent_business_unit", "Unit that it belongs to.", "上级事业部"),
    f.LEGAL_ENTITY,
    f.OWNER.named("owner", "Who heads it, as the source says."),
    f.OWNER_REF,
    Column("is_active", "BOOLEAN", "In use.", "是否启用"),
)
EMPLOYEE = event(
    "employee",
    "Our people as each system knows them; `employee_no` tells which records are one person.",
    "员工",
    text("employee_no", "The person's number in the whole group.", "工号"),
    text("name", "Name.", "姓名", Pii.NAME).required,
    text("email", "E-mail.", "邮箱", Pii.EMAIL),
    text("phone", "Phone.", "电话", Pii.PHONE),
    text("job_title", "Job.", "职位"),
    text("department", "Department, as the source says.", "部门"),
    text("manager_no", "Number of the superior.", "上级工号"),
    f.LEGAL_ENTITY,
    f.BUSINESS_UNIT,
    Column("status", "VARCHAR", "Works here, or not any more.", "状态", values=("active", "left")),
    on("joined_on", "First day.", "入职日期"),
    on("left_on", "Last day.", "离职日期"),
)
PRODUCT = event(
    "product",
    "What is sold.",
    "产品",
    text("product_no", "Product number.", "产品编号").required,
    text("product_name", "Name.", "产品名称"),
    text("product_line", "Product line.", "产品线"),
    text("unit", "Unit of quantity, as the source says.", "单位"),
    code("unit_code", "Unit of quantity.", "单位代码", "unit"),
    amount("list_price", "List price.", "标价"),
    f.CURRENCY,
)
FX_RATE = event(
    "fx_rate",
    "Value of one unit of a currency in group currency from a day on.",
    "汇率",
    f.CURRENCY,
    on("valid_on", "First day of the rate.", "生效日期"),
    Column("rate", "DECIMAL(18, 8)", "Group currency per one unit of `currency`.", "汇率"),
    Column("quoted_rate", "DECIMAL(18, 8)", "The rate as the source quotes it.", "原始报价"),
    Column(
        "rate_unit", "INTEGER", "Units that the quote is for (100 for yen in many tables); 1 if not given.", "报价单位"
    ),
    Column(
        "is_inverse", "BOOLEAN", "The quote is the other way: units of `currency` per group currency.", "是否反向报价"
    ),
)

IDENTIFIER_SCHEME = Table(
    "staging",
    "identifier_scheme",
    "What an identifier of each scheme identifies.",
    "编码体系",
    (
        Column("scheme", "VARCHAR", "Code of the scheme.", "编码体系", is_required=True),
        Column(
            "identifies", "VARCHAR", "legal_entity | site | tax_group | person | account.", "标识对象", is_required=True
        ),
        Column("doc", "VARCHAR", "In words.", "说明"),
    ),
    key=("scheme",),
    writer="staging",
)

_LIST = Column("list", "VARCHAR", "Code list: industry, payment_term, unit ...", "代码表", is_required=True)
_SOURCE_CODE = Column("source_code", "VARCHAR", "The source's code or word.", "来源代码", is_required=True)

CODE_MAP = Table(
    "staging",
    "code_map",
    "What a source's codes mean, by configuration; source `*` holds for all of them.",
    "代码映射",
    (
        f.SOURCE,
        _LIST,
        _SOURCE_CODE,
        Column("canonical_code", "VARCHAR", "Canonical code.", "标准代码", is_required=True),
    ),
    key=("source", "list", "source_code"),
    writer="staging",
)
CANONICAL_CODE = Table(
    "staging",
    "canonical_code",
    "The codes of every canonical list, shipped or added by this company.",
    "标准代码",
    (
        _LIST,
        Column("code", "VARCHAR", "Canonical code.", "标准代码", is_required=True),
        Column("name", "VARCHAR", "Name in English.", "英文名称"),
        Column("name_zh", "VARCHAR", "Name in Chinese.", "中文名称"),
        Column("parent_code", "VARCHAR", "The code above it.", "上级代码"),
        Column("base_unit", "VARCHAR", "Units: the unit it counts in.", "基本单位"),
        Column("factor", "DECIMAL(18, 8)", "Units: how many of `base_unit` one is.", "换算系数"),
    ),
    key=("list", "code"),
    writer="staging",
)
UNCODED = Table(
    "staging",
    "uncoded",
    "Values of records that no code list knows, one row per record and column.",
    "未映射取值",
    (
        f.RECORD_ID,
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("column_name", "VARCHAR", "Canonical column that stays empty.", "字段", is_required=True),
        _LIST,
        _SOURCE_CODE,
    ),
    key=("record_id", "column_name"),
    writer="staging",
)
UNMAPPED_CODE = Table(
    "staging",
    "unmapped_code",
    "Work list: codes and words of sources that no code list knows.",
    "待映射代码",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        _LIST,
        _SOURCE_CODE,
        Column("rows", "BIGINT", "Records that have it now.", "记录数", is_required=True),
        Column(
            "first_seen", "TIMESTAMP", "First delivery of a record that has it now (UTC).", "首次出现", volatile=True
        ),
    ),
    key=("source", "source_table", "list", "source_code"),
    writer="staging",
)

REFERENCE_TABLES = (LEGAL_ENTITY, BUSINESS_UNIT, EMPLOYEE, PRODUCT, FX_RATE)
SOURCE_IN_FORCE = Table(
    "staging",
    "source_in_force",
    "The configuration by which each source table was last staged: one that is no longer configured keeps it.",
    "在用来源配置",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        Column(
            "settings",
            "VARCHAR",
            "The source's configuration, with this table only.",
            "配置",
            is_required=True,
            volatile=True,
        ),
    ),
    key=("source", "source_table"),
    writer="staging",
    kind=Kind.STATE,
)

CODE_TABLES = (CODE_MAP, CANONICAL_CODE, UNCODED, UNMAPPED_CODE)
