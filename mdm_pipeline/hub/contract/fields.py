"""Columns that occur in more than one table: same name, same type, same meaning everywhere."""

from __future__ import annotations

from mdm_pipeline.hub.contract.model import Column, Pii

RECORD_ID = Column(
    "record_id", "BIGINT", "Id of one row of one source; given once, never reused.", "源记录编号", is_required=True
)
RECORD_REF = Column(
    "record_ref",
    "VARCHAR",
    "The same row as people write it: source.table:key (crm.account:A0001).",
    "源记录引用(来源.表:主键)",
    is_required=True,
)
PARTY_REF = Column(
    "party_ref",
    "VARCHAR",
    "The party record that this row belongs to, as source.table:key; not necessarily landed yet.",
    "所属主体的源记录引用",
)
CONTACT_REF = Column("contact_ref", "VARCHAR", "The contact person's record, as source.table:key.", "联系人引用")
OWNER = Column("owner", "VARCHAR", "Our employee, as the source says.", "负责人")
OWNER_REF = Column(
    "owner_ref", "VARCHAR", "The same employee's record, as source.table:key (staging.employee).", "负责人引用"
)
CHANNEL = Column("channel", "VARCHAR", "By which channel, as the source says.", "渠道")
SOURCE = Column("source", "VARCHAR", "Name of the source system in the configuration.", "来源系统", is_required=True)
SOURCE_TABLE = Column("source_table", "VARCHAR", "Table or file set of that source.", "来源表", is_required=True)
SOURCE_KEY = Column(
    "source_key",
    "VARCHAR",
    "Key of the row in its source, as text; parts of a composite key are joined by '|' (escaped inside them).",
    "来源主键",
    is_required=True,
)
MASTER_ID = Column(
    "master_id",
    "VARCHAR",
    "Customer code: the stable id of one unified customer.",
    "客户编码(主数据编号)",
    is_required=True,
)
PARTY_TYPE = Column(
    "party_type",
    "VARCHAR",
    "What the record describes.",
    "主体类型",
    is_required=True,
    values=("person", "organization"),
)
RUN_ID = Column("run_id", "VARCHAR", "The run that wrote the row.", "运行编号", volatile=True)
SEQ = Column("seq", "BIGINT", "The hub's own sequence of stage commits.", "提交序号", is_required=True, volatile=True)
AMOUNT = "DECIMAL(18, 2)"
CURRENCY = Column("currency", "VARCHAR", "ISO 4217 code of the amounts in this row.", "币种")
LEGAL_ENTITY = Column("legal_entity", "VARCHAR", "Our own company that does the business (账套).", "法人/账套")
BUSINESS_UNIT = Column("business_unit", "VARCHAR", "Our own business unit.", "事业部")
UPDATED_AT = Column("updated_at", "TIMESTAMP", "When the source last changed the row (UTC).", "来源更新时间")
DISPLAY_NAME = Column("display_name", "VARCHAR", "The name to show, as the source wrote it.", "名称", pii=Pii.NAME)
IS_VALID = Column("is_valid", "BOOLEAN", "Passed the checks of its kind; null where none exists.", "是否有效")
IS_MASKED = Column("is_masked", "BOOLEAN", "Part of the value is hidden (139****1234).", "是否被遮蔽")
IS_PLACEHOLDER = Column("is_placeholder", "BOOLEAN", "Stands for 'unknown' (N/A, 无, 13800000000).", "是否占位值")
IS_USABLE = Column(
    "is_usable", "BOOLEAN", "May be compared: valid, not masked, not a placeholder.", "是否可用于比对", is_required=True
)
