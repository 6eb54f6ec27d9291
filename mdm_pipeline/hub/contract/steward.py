"""Steward: the decision store as it was at the start of the run."""

from __future__ import annotations

from mdm_pipeline.hub.contract.model import Column, Table

DECISION = Table(
    "steward",
    "decision",
    "Decisions in force at the start of the run; a decision made meanwhile waits for the next.",
    "治理决定(快照)",
    (
        Column("decision_id", "VARCHAR", "Id in the decision store.", "决定编号", is_required=True),
        Column("kind", "VARCHAR", "judgement | release.", "种类", is_required=True, values=("judgement", "release")),
        Column("judgement", "VARCHAR", "For judgements.", "判断", values=("match", "no_match", "unsure", "related")),
        Column("ref_l", "VARCHAR", "First record, as source.table:key.", "记录甲", is_required=True),
        Column("ref_r", "VARCHAR", "Second record (judgements).", "记录乙"),
        Column("rule", "VARCHAR", "Rule released; '*' is all (releases).", "放行规则"),
        Column("who", "VARCHAR", "Who decided.", "决定人", is_required=True),
        Column("why", "VARCHAR", "Reason given.", "理由"),
        Column("origin", "VARCHAR", "person | import | settlement.", "来源", is_required=True),
        Column("decided_at", "TIMESTAMP", "When (UTC).", "决定时间", is_required=True),
    ),
    key=("decision_id",),
    writer="stewardship",
    change_key="decision_id",
)

TABLES = (DECISION,)
