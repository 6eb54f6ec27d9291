"""What the published file holds: every table declared as a contract, with where its rows come from.

In: hub contracts. Out: `PUBLISHED`. Invariant: names and columns here are what analysts' queries rely on; no nested
types, no keys or indexes. Does not belong here: writing the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mdm_pipeline.hub.contract import Column, Kind, Table, mart, master, matching, quality, staging
from mdm_pipeline.hub.contract import fields as f

CUSTOMER_OR_NONE = replace(
    f.MASTER_ID,
    doc="Customer it belongs to; null when its record is no customer's (yet).",
    doc_zh="客户编码",
    is_required=False,
)


@dataclass(frozen=True)
class Published:
    """One table of the published file.

    Args:
        table: its contract, schema `main`.
        source: hub table that it copies; None: `sql/<name>.sql` selects its rows, or the stage fills it.
        is_filled_by_stage: the stage writes its few rows itself.
    """

    table: Table
    source: Table | None = None
    is_filled_by_stage: bool = False

    @property
    def sort_columns(self) -> tuple[str, ...]:
        """Rows lie in this order: a look-up by customer code then reads few blocks, without an index."""
        lead = ("master_id",) if "master_id" in self.table.column_names else ()
        return lead + tuple(column for column in self.table.key if column not in lead)


def _copy(source: Table, name: str | None = None, doc: str = "", doc_zh: str = "") -> Published:
    table = replace(
        source,
        schema="main",
        name=name or source.name,
        doc=doc or source.doc,
        doc_zh=doc_zh or source.doc_zh,
        writer="publish",
    )
    return Published(table, source)


def _table(
    name: str, doc: str, doc_zh: str, columns: tuple[Column, ...], key: tuple[str, ...], kind: Kind = Kind.DERIVED
) -> Table:
    return Table("main", name, doc, doc_zh, columns, key=key, writer="publish", kind=kind)


def _of_customer(source: Table, name: str, doc: str, doc_zh: str, *further: Column) -> Published:
    """Rows of a party's child table with customer and record reference in front."""
    rest = tuple(column for column in source.columns if column.name != "record_id")
    columns = (CUSTOMER_OR_NONE, f.RECORD_ID, f.RECORD_REF, *rest, *further)
    return Published(_table(name, doc, doc_zh, columns, source.key))


def _text(name: str, doc: str, doc_zh: str) -> Column:
    return Column(name, "VARCHAR", doc, doc_zh)


def _number(name: str, doc: str, doc_zh: str) -> Column:
    return Column(name, "BIGINT", doc, doc_zh)


PROFILE = replace(
    staging.VALUE_PROFILE.column("class"),
    name="profile",
    doc="Whose value it is, by who shares it; null for masked ones. Only those that are not placeholders are worth "
    "a call or a letter.",
    doc_zh="取值类别",
    is_required=False,
)
A_READ_ME = _table(
    "a_read_me",
    "Start here: what is in this file and how to ask it.",
    "请先阅读: 本文件的内容与用法",
    (
        Column("n", "INTEGER", "Order.", "序号", is_required=True),
        _text("topic", "Topic.", "主题"),
        _text("english", "In English.", "英文说明"),
        _text("chinese", "In Chinese.", "中文说明"),
    ),
    ("n",),
    Kind.LOG,
)
GENERATION = _table(
    "generation",
    "Which publication this is; one row.",
    "发布版本",
    (
        Column(
            "generation", "BIGINT", "Number of the publication: the hub's commit number.", "发布序号", is_required=True
        ),
        Column("as_of", "TIMESTAMP", "The run's time (UTC).", "数据时间", is_required=True),
        _text("run_id", "The run that published it.", "运行编号"),
        _text("product_version", "Release that wrote it.", "产品版本"),
        _text("company", "Whose customers.", "公司"),
        _text("group_currency", "Currency of group figures (ISO 4217).", "本位币"),
    ),
    ("generation",),
    Kind.LOG,
)
DATA_DICTIONARY = _table(
    "data_dictionary",
    "Every table and column of this file, explained.",
    "数据字典",
    (
        Column("table_name", "VARCHAR", "Table.", "表", is_required=True),
        Column("column_no", "INTEGER", "Order in the table.", "列序号", is_required=True),
        Column("column_name", "VARCHAR", "Column.", "列", is_required=True),
        _text("column_type", "DuckDB type.", "类型"),
        _text("english", "What it means.", "英文说明"),
        _text("chinese", "What it means, in Chinese.", "中文说明"),
        Column("is_key", "BOOLEAN", "Part of the table's key.", "是否主键"),
        Column("is_required", "BOOLEAN", "Never null.", "是否必填"),
        _text("allowed_values", "Values it may have, joined by ' | '.", "取值范围"),
        _text("pii", "Class of personal data.", "个人信息类别"),
        Column("is_volatile", "BOOLEAN", "Depends on when a run happened.", "是否随运行变化"),
        _text("table_kind", "state | derived | log.", "表类别"),
        _text("table_english", "What the table holds.", "表英文说明"),
        _text("table_chinese", "What the table holds, in Chinese.", "表中文说明"),
    ),
    ("table_name", "column_no"),
)
EXAMPLE_QUERY = _table(
    "example_query",
    "Questions with the query that answers them.",
    "示例查询",
    (
        Column("n", "INTEGER", "Order.", "序号", is_required=True),
        _text("question_en", "Question.", "问题(英文)"),
        _text("question_zh", "Question, in Chinese.", "问题"),
        _text("sql", "Query to copy.", "查询语句"),
    ),
    ("n",),
)
RUN_LEDGER = _table(
    "run_ledger",
    "Runs and what each did; the run that published this file is still under way in it.",
    "运行台账",
    (
        Column("run_id", "VARCHAR", "Run.", "运行编号", is_required=True),
        Column("as_of", "TIMESTAMP", "The run's time (UTC).", "运行时间"),
        _text("outcome", "How it ended: running, done, held_back, failed.", "结果"),
        _text("held_back", "Sources held back, with reasons.", "被阻断来源"),
        _text("product_version", "Release.", "产品版本"),
        _number("stages", "Stages that committed work.", "提交阶段数"),
        _number("rows_written", "Rows really changed.", "写入行数"),
        Column("duration_s", "DOUBLE", "Seconds in stages.", "耗时(秒)"),
        _number("components_rebuilt", "Groups of records that the run rebuilt to prove itself.", "自证组件数"),
        _number("differences", "Rows in which they differed from the hub.", "自证差异数"),
    ),
    ("run_id",),
    Kind.LOG,
)
CUSTOMER_CODE = _table(
    "customer_code",
    "Every customer code ever issued and the code in use that stands for it now.",
    "客户编码解析",
    (
        Column("code", "VARCHAR", "A code.", "客户编码", is_required=True),
        _text("current_id", "The code in use; null when retired.", "当前客户编码"),
        _text("state", "current | merged | retired.", "状态"),
        Column("since", "TIMESTAMP", "When that happened (UTC).", "变更时间", volatile=True),
    ),
    ("code",),
)
CUSTOMER_SEARCH = _table(
    "customer_search",
    "Names, numbers and references of a customer in one lower-case text; find_customer() looks here.",
    "客户检索",
    (f.MASTER_ID, _text("search_text", "Everything the customer can be found by.", "检索文本")),
    ("master_id",),
)
CROSSWALK = _table(
    "crosswalk",
    "Which source record is which customer, now.",
    "交叉引用(当前)",
    tuple(column for column in master.XREF.columns if column.name not in {"valid_to", "is_current", "xref_no"}),
    ("record_id",),
)
MATCH_PAIR = _table(
    "match_pair",
    "Pairs of records that were linked, with the evidence.",
    "匹配对",
    (
        CUSTOMER_OR_NONE.named("master_id", "Customer of the first record.", "客户编码(甲)"),
        CUSTOMER_OR_NONE.named("master_id_r", "Customer of the second record.", "客户编码(乙)"),
        f.RECORD_REF.named("record_ref_l", "First record.", "记录引用甲"),
        f.RECORD_REF.named("record_ref_r", "Second record.", "记录引用乙"),
        *matching.PAIR.columns,
    ),
    matching.PAIR.key,
)
ORDER_LINE = _table(
    "customer_order_line",
    "Order lines with their customer.",
    "客户订单行",
    (CUSTOMER_OR_NONE, *staging.SALES_ORDER_LINE.columns),
    ("record_id",),
)

PUBLISHED: tuple[Published, ...] = (
    Published(A_READ_ME, is_filled_by_stage=True),
    _copy(master.CUSTOMER, "customers"),
    _copy(mart.CUSTOMER_360),
    Published(CROSSWALK),
    _copy(master.XREF, "crosswalk_history"),
    _copy(master.ATTRIBUTE_SOURCE),
    _copy(master.ID_EVENT),
    _copy(master.RELATIONSHIP),
    Published(CUSTOMER_CODE),
    Published(CUSTOMER_SEARCH),
    _copy(mart.CUSTOMER_ORDER),
    Published(ORDER_LINE),
    _copy(mart.CUSTOMER_INVOICE),
    _copy(mart.CUSTOMER_PAYMENT),
    _copy(mart.CUSTOMER_OPPORTUNITY),
    _copy(mart.CUSTOMER_ACTIVITY),
    _copy(mart.CUSTOMER_CASE),
    _of_customer(
        staging.PARTY_CONTACT_POINT,
        "contact_point",
        "All phones, e-mails and messenger ids.",
        "全部联系方式",
        PROFILE,
    ),
    _of_customer(staging.PARTY_IDENTIFIER, "identifier", "All identifiers.", "全部证件号"),
    _of_customer(staging.PARTY_ADDRESS, "address", "All addresses, taken apart.", "全部地址", PROFILE),
    _of_customer(staging.PARTY_NAME, "name", "All names.", "全部名称"),
    Published(
        replace(
            staging.VALUE_PROFILE,
            schema="main",
            doc="Phones, e-mails, addresses, names and dates that are not one party's own, and why.",
            doc_zh="非个人取值画像",
            writer="publish",
        )
    ),
    _of_customer(staging.REGISTRATION, "registration", "What business registries say.", "工商登记信息"),
    _copy(staging.REGISTRY_EVENT),
    _copy(mart.BILLING_CHECK),
    Published(MATCH_PAIR),
    _copy(quality.ISSUE, "quality_issue"),
    _copy(quality.QUARANTINED),
    Published(RUN_LEDGER),
    Published(GENERATION, is_filled_by_stage=True),
    Published(DATA_DICTIONARY, is_filled_by_stage=True),
    Published(EXAMPLE_QUERY, is_filled_by_stage=True),
)
