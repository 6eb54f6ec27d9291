"""Quality: verdicts of the suites, the one issue log, and who waits in quarantine."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Table

ISSUE_TABLE = Column("table_name", "VARCHAR", "Hub or source table in which the value stands.", "表", is_required=True)

VALIDATION_RUN = Table(
    "quality",
    "validation_run",
    "One run of one suite.",
    "校验运行",
    (
        Column("validation_id", "BIGINT", "Id.", "编号", is_required=True),
        f.RUN_ID,
        Column("suite", "VARCHAR", "Name of the suite.", "规则集", is_required=True),
        ISSUE_TABLE,
        Column("validated_at", "TIMESTAMP", "As of (UTC).", "校验时间", volatile=True),
        Column("outcome", "VARCHAR", "Verdict.", "结果", is_required=True, values=("passed", "failed", "broken")),
        Column("rules", "BIGINT", "Rules evaluated.", "规则数"),
        Column("rules_failed", "BIGINT", "Rules that found bad rows.", "未通过规则数"),
        Column("reason", "VARCHAR", "Why the suite is broken.", "原因"),
    ),
    key=("validation_id",),
    writer="quality",
    kind=Kind.LOG,
)

EXPECTATION_RESULT = Table(
    "quality",
    "expectation_result",
    "Verdict of one expectation in one validation run.",
    "规则结果",
    (
        Column("validation_id", "BIGINT", "The run of the suite.", "校验编号", is_required=True),
        Column("rule", "VARCHAR", "Name of the rule.", "规则", is_required=True),
        Column("expectation", "VARCHAR", "Type of the expectation.", "期望类型", is_required=True),
        Column("column_name", "VARCHAR", "Column it looks at.", "列"),
        Column("severity", "VARCHAR", "What a failure does.", "级别", values=("block", "quarantine", "warn")),
        Column("dimension", "VARCHAR", "accuracy | consistency | completeness | timeliness.", "维度"),
        Column("is_success", "BOOLEAN", "No bad row.", "是否通过"),
        Column("rows_checked", "BIGINT", "Rows looked at.", "检查行数"),
        Column("rows_failed", "BIGINT", "Rows that break it.", "失败行数"),
    ),
    key=("validation_id", "rule"),
    writer="quality",
    kind=Kind.LOG,
)

ISSUE = Table(
    "quality",
    "issue",
    "The one log of things wrong with a row or value; every stage may write it, through the hub.",
    "质量问题",
    (
        Column(
            "issue_key",
            "VARCHAR",
            "stage | table | record | column | rule, hashed: the same problem has the same key.",
            "问题键",
            is_required=True,
        ),
        Column("stage", "VARCHAR", "Stage that found it.", "发现阶段", is_required=True),
        f.SOURCE,
        ISSUE_TABLE,
        Column("record_id", "BIGINT", "The record, where it has an id.", "源记录编号"),
        Column("location", "VARCHAR", "File, line or key, for what has no record id.", "位置"),
        Column("column_name", "VARCHAR", "Column.", "列"),
        Column("rule", "VARCHAR", "Rule it breaks.", "规则", is_required=True),
        Column(
            "severity",
            "VARCHAR",
            "What it does.",
            "级别",
            is_required=True,
            values=("block", "quarantine", "reject", "warn"),
        ),
        Column("value", "VARCHAR", "The value, cut at 200 characters.", "值"),
        Column("message", "VARCHAR", "What, where, expected, what to do.", "说明", is_required=True),
        Column("first_seen_at", "TIMESTAMP", "First seen (UTC).", "首次发现", volatile=True),
        Column("last_seen_at", "TIMESTAMP", "Last seen (UTC).", "最近发现", volatile=True),
        Column("times", "BIGINT", "Runs in which it was seen.", "次数", volatile=True),
        Column("is_open", "BOOLEAN", "Still so at the last look.", "是否未解决", is_required=True),
        Column("released_by", "VARCHAR", "The steward's decision that lets the row pass.", "放行决定"),
    ),
    key=("issue_key",),
    writer="*",
    kind=Kind.STATE,
)

QUARANTINED = Table(
    "quality",
    "quarantined",
    "Records that wait: they take no part in matching until corrected or released.",
    "隔离记录",
    (
        f.RECORD_ID,
        f.RECORD_REF,
        Column("rules", "VARCHAR", "Rules they break, joined by ','.", "规则", is_required=True),
    ),
    key=("record_id",),
    writer="quality",
    change_key="record_id",
)

# A log of its own: an issue that comes or goes has to be published, but nobody is matched or mastered anew for it.
ISSUE_CHANGE = Table(
    "quality",
    "issue_change",
    "Issues opened, closed or changed in more than how often they were seen, with the commit that did it.",
    "质量问题变更日志",
    (
        f.SEQ,
        Column("entity", "VARCHAR", "Always 'issue'.", "表", is_required=True),
        Column("key", "VARCHAR", "Key of the issue.", "问题键", is_required=True),
    ),
    key=("seq", "entity", "key"),
    writer="*",
    kind=Kind.LOG,
)

TABLES = (VALIDATION_RUN, EXPECTATION_RESULT, ISSUE, QUARANTINED, ISSUE_CHANGE)
