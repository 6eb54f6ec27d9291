"""Hub: the hub's own tables (version, offsets, runs) and the audit log."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Table

VERSION = Table(
    "hub",
    "version",
    "Migrations applied; the highest is the schema's version.",
    "结构版本",
    (
        Column("schema_version", "INTEGER", "Number of the migration.", "结构版本", is_required=True),
        Column("product_version", "VARCHAR", "Release that applied it.", "产品版本", is_required=True),
        Column("duckdb_version", "VARCHAR", "DuckDB that applied it.", "DuckDB版本", is_required=True),
        Column("applied_at", "TIMESTAMP", "When (UTC).", "时间", volatile=True),
    ),
    key=("schema_version",),
    writer="hub",
    kind=Kind.LOG,
)

STAGE_STATE = Table(
    "hub",
    "stage_state",
    "How far each stage has consumed each upstream, and with which rules.",
    "阶段状态",
    (
        Column("stage", "VARCHAR", "Stage.", "阶段", is_required=True),
        Column("upstream", "VARCHAR", "Schema whose changes it consumes.", "上游", is_required=True),
        Column("consumed_seq", "BIGINT", "Changes up to here are in.", "已消费序号", is_required=True, volatile=True),
        Column(
            "fingerprint",
            "VARCHAR",
            "Hash of configuration section, stage version and model.",
            "指纹",
            is_required=True,
            volatile=True,
        ),
    ),
    key=("stage", "upstream"),
    writer="hub",
    kind=Kind.LOG,
)

STAGE_COMMIT = Table(
    "hub",
    "stage_commit",
    "One row per committed stage that did anything: the hub's own clock.",
    "阶段提交",
    (
        f.SEQ,
        Column("stage", "VARCHAR", "Stage.", "阶段", is_required=True),
        f.RUN_ID,
        Column("as_of", "TIMESTAMP", "The run's time (UTC).", "运行时间", is_required=True),
        Column("is_full", "BOOLEAN", "Did all keys.", "是否全量", is_required=True),
        Column("rows_read", "BIGINT", "Keys or rows looked at.", "读取"),
        Column("rows_written", "BIGINT", "Rows really changed.", "写入"),
        Column("rows_unchanged", "BIGINT", "Rows found as they were.", "未变"),
        Column("rows_rejected", "BIGINT", "Rows refused, each with an issue.", "拒绝"),
        Column("duration_s", "DOUBLE", "Seconds.", "耗时(秒)"),
    ),
    key=("seq",),
    writer="hub",
    kind=Kind.LOG,
)

RUN = Table(
    "hub",
    "run",
    "Run ledger.",
    "运行台账",
    (
        Column("run_id", "VARCHAR", "Run.", "运行编号", is_required=True),
        Column("as_of", "TIMESTAMP", "The run's time (UTC).", "运行时间", is_required=True),
        Column(
            "outcome",
            "VARCHAR",
            "How it ended.",
            "结果",
            is_required=True,
            values=("running", "done", "held_back", "failed"),
        ),
        Column("held_back", "VARCHAR", "Sources held back with their reasons, joined by '; '.", "被阻断来源"),
        Column("product_version", "VARCHAR", "Release.", "产品版本"),
        Column("components_rebuilt", "BIGINT", "Groups of records that the run rebuilt to prove itself.", "自证组件数"),
        Column("differences", "BIGINT", "Rows in which the rebuilt groups differ from the hub.", "自证差异数"),
        Column("proof", "VARCHAR", "What the self-proof found, or why there was none.", "自证结果"),
    ),
    key=("run_id",),
    writer="hub",
    kind=Kind.LOG,
)

CODE_FLOOR = Table(
    "hub",
    "code_floor",
    "Numbers of customer codes that a lost state of this hub had issued: no new code may have one of them.",
    "已失效编码下限",
    (
        Column("number", "BIGINT", "New codes have higher numbers.", "编号下限", is_required=True),
        Column("reason", "VARCHAR", "Where it was found.", "依据", is_required=True),
        Column("noted_at", "TIMESTAMP", "When (UTC).", "时间", volatile=True),
    ),
    key=("number",),
    writer="hub",
    kind=Kind.STATE,
)

AUDIT_EVENT = Table(
    "audit",
    "event",
    "Who did what, when: recoveries, migrations, decisions read in. Append-only.",
    "审计日志",
    (
        Column("event_no", "BIGINT", "Order.", "序号", is_required=True),
        Column("at", "TIMESTAMP", "When (UTC).", "时间", is_required=True),
        Column("who", "VARCHAR", "Person or component.", "主体", is_required=True),
        Column("what", "VARCHAR", "What was done.", "事件", is_required=True),
        Column("detail", "VARCHAR", "Details.", "详情"),
    ),
    key=("event_no",),
    writer="*",
    kind=Kind.LOG,
)

TABLES = (VERSION, STAGE_STATE, STAGE_COMMIT, RUN, CODE_FLOOR, AUDIT_EVENT)


def change_table(schema: str, key_type: str) -> Table:
    """Keys of one schema whose content really changed, by the sequence of the commit that changed them."""
    return Table(
        schema,
        "change",
        f"Keys of {schema} whose content really changed, with the commit that changed them.",
        "变更日志",
        (
            f.SEQ,
            Column("entity", "VARCHAR", "Table (or source table) that changed.", "表", is_required=True),
            Column(
                "key", key_type, "Key of what changed; of regroupings the old and the new one.", "键", is_required=True
            ),
        ),
        key=("seq", "entity", "key"),
        writer=schema if schema != "steward" else "stewardship",
        kind=Kind.LOG,
    )
