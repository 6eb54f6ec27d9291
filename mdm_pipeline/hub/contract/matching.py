"""Matching: frozen models, scored pairs, clusters."""

from __future__ import annotations

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Table

MODEL = Table(
    "matching",
    "model",
    "A trained model, frozen: settings, frequencies and stop lists that every run with it uses.",
    "匹配模型",
    (
        Column("model_id", "VARCHAR", "Hash of its content.", "模型编号", is_required=True),
        f.PARTY_TYPE,
        Column("origin", "VARCHAR", "trained | shipped.", "来源", is_required=True, values=("trained", "shipped")),
        Column("settings", "VARCHAR", "Splink settings as JSON.", "参数(JSON)", is_required=True),
        Column("frequencies", "VARCHAR", "Frozen frequency and stop lists as JSON.", "频率与停用表(JSON)"),
        Column("metrics", "VARCHAR", "What training measured, as JSON.", "指标(JSON)"),
        Column("is_active", "BOOLEAN", "The one in force for its party type.", "是否生效", is_required=True),
        Column("trained_at", "TIMESTAMP", "When (UTC).", "训练时间", volatile=True),
    ),
    key=("model_id", "party_type"),
    writer="matching",
    kind=Kind.STATE,
)

RECORD_ID_L = f.RECORD_ID.named("record_id_l", "The smaller record id of the pair.", "记录甲")
RECORD_ID_R = f.RECORD_ID.named("record_id_r", "The larger record id of the pair.", "记录乙")

PAIR = Table(
    "matching",
    "pair",
    "Candidate pairs that scored above the storage threshold, with their evidence.",
    "候选对",
    (
        RECORD_ID_L,
        RECORD_ID_R,
        f.PARTY_TYPE,
        Column("match_weight", "DOUBLE", "Sum of log2 Bayes factors and prior.", "匹配权重", is_required=True),
        Column(
            "match_probability", "DOUBLE", "Probability that both are the same party.", "匹配概率", is_required=True
        ),
        Column(
            "levels", "VARCHAR", "Comparison vector: comparison=level, joined by ' '.", "比较向量", is_required=True
        ),
        Column("match_keys", "VARCHAR", "Blocking keys that met, joined by ','.", "命中键", is_required=True),
        Column("is_link", "BOOLEAN", "At or above the threshold of its model.", "是否达到阈值", is_required=True),
    ),
    key=("record_id_l", "record_id_r"),
    writer="matching",
    # a pair can become a link within a customer: its evidence changes, no cluster does
    change_key="record_id_l",
)

CLUSTER = Table(
    "matching",
    "cluster",
    "Which records are the same party. Every record in scope is in exactly one cluster.",
    "聚类",
    (
        f.RECORD_ID,
        Column("cluster_id", "BIGINT", "The smallest record id of the cluster.", "聚类编号", is_required=True),
        f.PARTY_TYPE,
    ),
    key=("record_id",),
    writer="matching",
    change_key="record_id",
)

REVIEW_ITEM = Table(
    "matching",
    "review_item",
    "Doubtful pairs for a steward: below the threshold of linking, above that of forgetting.",
    "待审核",
    (
        RECORD_ID_L,
        RECORD_ID_R,
        f.PARTY_TYPE,
        Column("match_weight", "DOUBLE", "Sum of log2 Bayes factors and prior.", "匹配权重", is_required=True),
        Column("reason", "VARCHAR", "Why a person should look.", "原因", is_required=True),
    ),
    key=("record_id_l", "record_id_r"),
    writer="matching",
)

TABLES = (MODEL, PAIR, CLUSTER, REVIEW_ITEM)
