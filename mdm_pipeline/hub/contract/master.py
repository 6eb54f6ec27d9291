"""Master: customers, their stable ids, the crosswalk, and where every golden value came from."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Pii, Table

# The attributes that survive; `survivorship` in the configuration may name these and no others.
GOLDEN = (
    f.DISPLAY_NAME,
    Column("name_latin", "VARCHAR", "A name in Latin script, where any source has one.", "拉丁文名称", pii=Pii.NAME),
    Column("name_han", "VARCHAR", "A name in Chinese script, where any source has one.", "中文名称", pii=Pii.NAME),
    Column("family_name", "VARCHAR", "Family name (persons).", "姓", pii=Pii.NAME),
    Column("given_name", "VARCHAR", "Given name (persons).", "名", pii=Pii.NAME),
    Column("legal_form", "VARCHAR", "Legal form (organizations).", "企业组织形式"),
    Column(
        "birth_on", "DATE", "Birth date (persons) or registration date (organizations).", "出生/成立日期", pii=Pii.BIRTH
    ),
    Column("gender", "VARCHAR", "f | m | x.", "性别"),
    Column(
        "tax_id",
        "VARCHAR",
        "Number of the legal entity: USCC, VAT, EIN ...",
        "税号/统一社会信用代码",
        pii=Pii.IDENTIFIER,
    ),
    Column("person_id", "VARCHAR", "Number of the person: 居民身份证, passport ...", "个人证件号", pii=Pii.IDENTIFIER),
    Column("phone", "VARCHAR", "Phone, E.164.", "电话", pii=Pii.PHONE),
    Column("email", "VARCHAR", "E-mail.", "电子邮箱", pii=Pii.EMAIL),
    Column("website", "VARCHAR", "Domain of the web site.", "网站"),
    Column(
        "address",
        "VARCHAR",
        "Address, as the source wrote it; survives whole with the next five.",
        "地址",
        pii=Pii.ADDRESS,
    ),
    Column("country", "VARCHAR", "ISO 3166 alpha-2.", "国家"),
    Column("province", "VARCHAR", "Province or state.", "省"),
    Column("city", "VARCHAR", "City.", "市"),
    Column("district", "VARCHAR", "District.", "区县"),
    Column("postcode", "VARCHAR", "Postcode.", "邮编"),
    Column("industry", "VARCHAR", "Industry.", "行业"),
    Column("status", "VARCHAR", "Status.", "状态"),
    Column("owner", "VARCHAR", "Our employee in charge.", "负责人"),
    Column("invoice_title", "VARCHAR", "Invoice title; survives whole with the next three.", "发票抬头", pii=Pii.NAME),
    Column("invoice_tax_id", "VARCHAR", "Tax number on invoices.", "开票税号", pii=Pii.IDENTIFIER),
    Column("bank_name", "VARCHAR", "Bank.", "开户银行"),
    Column("bank_account", "VARCHAR", "Account.", "银行账号", pii=Pii.BANK),
)

CUSTOMER = Table(
    "master",
    "customer",
    "The unified customer table: one golden record per customer.",
    "统一客户表(黄金记录)",
    (
        f.MASTER_ID,
        f.PARTY_TYPE,
        Column("is_sole_trader", "BOOLEAN", "The shop of a sole trader.", "是否个体工商户"),
        Column("roles", "VARCHAR", "All roles its records have, sorted, joined by ','.", "角色"),
        *GOLDEN,
        Column("record_count", "BIGINT", "Source records behind it.", "源记录数", is_required=True),
        Column("source_count", "BIGINT", "Source systems that know it.", "来源系统数", is_required=True),
        Column("sources", "VARCHAR", "Their names, sorted, joined by ','.", "来源系统"),
        f.UPDATED_AT,
    ),
    key=("master_id",),
    writer="master",
    change_key="master_id",
)

XREF = Table(
    "master",
    "xref",
    "Crosswalk: which records are which customer, now and before (valid_to is null for the present).",
    "交叉引用",
    (
        f.MASTER_ID,
        f.RECORD_ID,
        f.RECORD_REF,
        f.SOURCE,
        f.SOURCE_TABLE,
        f.SOURCE_KEY,
        Column("valid_from", "TIMESTAMP", "Since the run of (UTC).", "生效时间", is_required=True, volatile=True),
        Column("valid_to", "TIMESTAMP", "Until the run of (UTC).", "失效时间", volatile=True),
        Column("is_current", "BOOLEAN", "In force.", "是否当前", is_required=True),
        Column("xref_no", "BIGINT", "Counts the periods of one record.", "序号", is_required=True),
    ),
    key=("record_id", "xref_no"),
    writer="master",
    kind=Kind.STATE,
    change_key="master_id",
)

ATTRIBUTE_SOURCE = Table(
    "master",
    "attribute_source",
    "Where each golden value came from: record and rule; losing alternatives with the reason they lost.",
    "属性来源",
    (
        f.MASTER_ID,
        Column("attribute", "VARCHAR", "Attribute of master.customer.", "属性", is_required=True),
        Column("rank", "INTEGER", "1 is the surviving value.", "名次", is_required=True),
        Column("value", "VARCHAR", "The value as text.", "值"),
        f.RECORD_ID,
        f.RECORD_REF,
        Column("rule", "VARCHAR", "The strategy that decided.", "规则", is_required=True),
        Column("is_winner", "BOOLEAN", "Survived.", "是否胜出", is_required=True),
        Column("reason", "VARCHAR", "Why it lost.", "落选原因"),
    ),
    key=("master_id", "attribute", "rank"),
    writer="master",
    change_key="master_id",
)

ID_EVENT = Table(
    "master",
    "id_event",
    "What happened to customer codes; any code ever issued is resolved through it.",
    "编码事件",
    (
        Column("event_no", "BIGINT", "Order of events.", "事件序号", is_required=True),
        f.MASTER_ID,
        Column(
            "event",
            "VARCHAR",
            "What happened.",
            "事件",
            is_required=True,
            values=("created", "merged_into", "split_from", "retired", "restored"),
        ),
        Column("other_id", "VARCHAR", "The other customer (merged_into, split_from).", "相关客户编码"),
        f.RUN_ID,
        Column("at", "TIMESTAMP", "As of (UTC).", "时间", is_required=True, volatile=True),
    ),
    key=("event_no",),
    writer="master",
    kind=Kind.STATE,
    change_key="master_id",
)

RELATIONSHIP = Table(
    "master",
    "relationship",
    "Links between customers, carried over from the sources and de-duplicated.",
    "客户关系",
    (
        Column("from_id", "VARCHAR", "The one who has the role.", "起点", is_required=True),
        Column("to_id", "VARCHAR", "The one it has it towards.", "终点", is_required=True),
        Column("role", "VARCHAR", "contact_of, branch_of ...", "关系", is_required=True),
        Column("is_primary", "BOOLEAN", "The main one of its kind in any source.", "是否主要"),
        Column("sources", "VARCHAR", "Who says so, joined by ','.", "来源"),
        Column("started_on", "DATE", "Since.", "开始日期"),
        Column("ended_on", "DATE", "Until.", "结束日期"),
    ),
    key=("from_id", "to_id", "role"),
    writer="master",
    change_key="from_id",
)

TABLES = (CUSTOMER, XREF, ATTRIBUTE_SOURCE, ID_EVENT, RELATIONSHIP)
