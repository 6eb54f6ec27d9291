"""Landing: what the sources said, verbatim as text; `source_table` makes the tables of configured sources."""

from __future__ import annotations

from collections.abc import Iterable

from mdm_pipeline.hub.contract import fields as f
from mdm_pipeline.hub.contract.model import Column, Kind, Table

BATCH_ID = Column("_batch_id", "BIGINT", "The delivery that last wrote the row.", "批次", volatile=True)

RECORD = Table(
    "landing",
    "record",
    "Register of every row ever seen in any source: its id, given once and never reused.",
    "源记录登记表",
    (
        f.RECORD_ID,
        f.SOURCE,
        f.SOURCE_TABLE,
        f.SOURCE_KEY,
        f.RECORD_REF,
        Column("first_seen_at", "TIMESTAMP", "When it was first delivered (UTC).", "首次出现时间", volatile=True),
    ),
    key=("record_id",),
    writer="landing",
    kind=Kind.STATE,
)

BATCH = Table(
    "landing",
    "batch",
    "Ledger of deliveries: one row per source table and run; read = inserted + updated + unchanged + rejected.",
    "批次台账",
    (
        Column("batch_id", "BIGINT", "Id of the delivery.", "批次编号", is_required=True),
        f.SOURCE,
        f.SOURCE_TABLE,
        f.RUN_ID,
        Column("started_at", "TIMESTAMP", "Start of the run (UTC).", "开始时间", volatile=True),
        Column(
            "rows_read",
            "BIGINT",
            "Rows delivered; of files also those read again because a corrected one dropped a row.",
            "读取行数",
            is_required=True,
        ),
        Column(
            "rows_inserted",
            "BIGINT",
            "Rows with a key not seen before (or seen as deleted).",
            "新增行数",
            is_required=True,
        ),
        Column("rows_updated", "BIGINT", "Rows whose content changed.", "更新行数", is_required=True),
        Column(
            "rows_deleted",
            "BIGINT",
            "Landed rows that are gone at the source: absent, named as deleted, or saying so of themselves.",
            "删除行数",
            is_required=True,
        ),
        Column(
            "rows_unchanged",
            "BIGINT",
            "Rows delivered as they were, repeated, overruled by a later file, or saying that they are deleted.",
            "未变行数",
            is_required=True,
        ),
        Column(
            "rows_rejected",
            "BIGINT",
            "Rows that could not be taken; each is in quality.issue.",
            "拒收行数",
            is_required=True,
        ),
        Column("watermark", "VARCHAR", "Highest cursor value seen, where the table has one.", "水位"),
        Column("files", "VARCHAR", "Files read, with their content hash, as JSON.", "文件"),
        Column(
            "content_hash",
            "VARCHAR",
            "Hash of the delivery's raw content, where it can be had without reading rows.",
            "内容哈希",
        ),
        Column("status", "VARCHAR", "taken | held_back.", "状态", is_required=True, values=("taken", "held_back")),
        Column("reason", "VARCHAR", "Why it was held back.", "原因"),
        Column("duration_s", "DOUBLE", "Seconds it took.", "耗时(秒)", volatile=True),
        Column(
            "rows_live",
            "BIGINT",
            "Rows in force after it: those before, plus inserted, less deleted.",
            "有效行数",
        ),
        Column("mode", "VARCHAR", "How it was read: full | changes | none.", "读取方式"),
    ),
    key=("batch_id",),
    writer="landing",
    kind=Kind.LOG,
)

VERSION = Table(
    "landing",
    "version",
    "Earlier contents of landed rows, kept as long as configured.",
    "历史版本",
    (
        f.RECORD_ID,
        Column("batch_id", "BIGINT", "The delivery that replaced this version.", "替换批次", is_required=True),
        Column("row", "VARCHAR", "The row's columns as JSON text.", "行内容(JSON)", is_required=True),
        Column(
            "replaced_at",
            "TIMESTAMP",
            "When a newer version or a deletion replaced it (UTC).",
            "替换时间",
            volatile=True,
        ),
    ),
    key=("record_id", "batch_id"),
    writer="landing",
    kind=Kind.STATE,
)

PROGRESS = Table(
    "landing",
    "progress",
    "How far each source table is taken: moves only with the commit that made its rows visible.",
    "取数进度",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("watermark", "VARCHAR", "Highest cursor value taken, in the source's own text.", "水位"),
        Column("read_as", "VARCHAR", "Fingerprint of how it was read; another one means a full read.", "读取方式指纹"),
        Column("full_read_at", "TIMESTAMP", "Last time that everything was read (UTC).", "最近全量读取", volatile=True),
        Column(
            "taken_at", "TIMESTAMP", "Last time that it was taken or found unchanged (UTC).", "最近取数", volatile=True
        ),
        Column(
            "hash_probe",
            "UBIGINT",
            "What hash('probe') gave when the row hashes were made; another value means to hash anew.",
            "哈希探针",
            volatile=True,
        ),
    ),
    key=("source", "source_table"),
    writer="landing",
    kind=Kind.STATE,
)

FILE = Table(
    "landing",
    "file",
    "Every file taken of tables that are delivered as changes: each once, a corrected one in the place of its first.",
    "已取文件",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("name", "VARCHAR", "Name below the source's folder.", "文件名", is_required=True),
        Column("sha256", "VARCHAR", "Hash of its content as last taken.", "内容哈希", is_required=True),
        Column(
            "position", "BIGINT", "Its order among the table's files: a later one overrules.", "次序", is_required=True
        ),
        Column("batch_id", "BIGINT", "The delivery that took it last.", "最近批次", is_required=True),
        Column("rows_held", "BIGINT", "Rows with a key in it.", "行数", is_required=True),
        Column("taken_at", "TIMESTAMP", "When it was taken last (UTC).", "取入时间", volatile=True),
        Column("bytes", "BIGINT", "Its size when it was taken last.", "字节数"),
        Column(
            "modified_ns",
            "BIGINT",
            "Its time of last change then, in nanoseconds: a file of the same size and time is not hashed again.",
            "修改时间(纳秒)",
            volatile=True,
        ),
    ),
    key=("source", "source_table", "name"),
    writer="landing",
    kind=Kind.STATE,
)

FILE_RECORD = Table(
    "landing",
    "file_record",
    "Which file holds which rows, for tables that are delivered as changes.",
    "文件与记录",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("name", "VARCHAR", "The file.", "文件名", is_required=True),
        f.RECORD_ID,
    ),
    key=("source", "source_table", "name", "record_id"),
    writer="landing",
    kind=Kind.STATE,
)

COLUMN_PROFILE = Table(
    "landing",
    "column_profile",
    "What the mapped columns of a source table hold, so that a change of type is noticed.",
    "列内容画像",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("column_name", "VARCHAR", "Column.", "列", is_required=True),
        Column(
            "content",
            "VARCHAR",
            "What (almost) all of its values are.",
            "内容类型",
            is_required=True,
            values=("integer", "number", "date", "text"),
        ),
        Column("values_seen", "BIGINT", "Filled values in the sample.", "样本值数", is_required=True),
    ),
    key=("source", "source_table", "column_name"),
    writer="landing",
    kind=Kind.STATE,
)

KEY_CHANGE = Table(
    "landing",
    "key_change",
    "Rows to which their source gave another key; each change is followed once.",
    "主键变更",
    (
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("old_key", "VARCHAR", "Key before.", "原主键", is_required=True),
        Column("new_key", "VARCHAR", "Key since.", "新主键", is_required=True),
        f.RECORD_ID,
        Column("changed_at", "TIMESTAMP", "When it was followed (UTC).", "变更时间", volatile=True),
    ),
    key=("source", "source_table", "old_key", "new_key"),
    writer="landing",
    kind=Kind.STATE,
)

GO_AHEAD = Table(
    "landing",
    "go_ahead",
    "One-time permissions to take a delivery that the guards would hold back.",
    "放行许可",
    (
        Column("go_ahead_id", "BIGINT", "Number.", "编号", is_required=True),
        f.SOURCE,
        f.SOURCE_TABLE,
        Column("given_by", "VARCHAR", "Who gave it.", "许可人", is_required=True),
        Column("given_at", "TIMESTAMP", "When (UTC).", "许可时间", volatile=True),
        Column("used_batch_id", "BIGINT", "The delivery that used it; null: not used yet.", "使用批次"),
    ),
    key=("go_ahead_id",),
    writer="landing",
    kind=Kind.STATE,
)


# Names (without trailing underscores) that source columns may not have in landing.
RESERVED_COLUMNS = frozenset(
    {"record_id", "_row_hash", "_batch_id", "_first_seen_at", "_changed_at", "_deleted_at", "_location", "_row"}
)


def source_table(source: str, table: str, columns: Iterable[str]) -> Table:
    """Contract of one landed source table: the source's own columns as text, then ours.

    Args:
        source: name of the source in the configuration.
        table: name of its table in the configuration.
        columns: the source's columns, in the source's order.
    """
    ours = (
        f.RECORD_ID,
        Column("_row_hash", "UBIGINT", "Hash over the text of all columns.", "行哈希", is_required=True),
        BATCH_ID,
        Column("_first_seen_at", "TIMESTAMP", "First delivery (UTC).", "首次出现", volatile=True),
        Column("_changed_at", "TIMESTAMP", "Last real change (UTC).", "变更时间", volatile=True),
        Column("_deleted_at", "TIMESTAMP", "No longer delivered since (UTC).", "删除时间", volatile=True),
    )
    theirs = tuple(Column(landed_column(name), "VARCHAR", f"{source}.{table}.{name} as delivered.") for name in columns)
    return Table(
        "landing",
        landed_name(source, table),
        f"Rows of {source}.{table} as last delivered, verbatim text.",
        f"{source}.{table} 落地数据",
        ours + theirs,
        key=("record_id",),
        writer="landing",
        kind=Kind.STATE,
    )


def landed_column(name: str) -> str:
    """Name of a source column in its landing table: its own, with `_` appended where ours has that name.

    DuckDB knows no case in names, so a source's `RECORD_ID` would be our `record_id`; it lands as `RECORD_ID_`.
    """
    return f"{name}_" if name.rstrip("_").lower() in RESERVED_COLUMNS else name


def landed_name(source: str, table: str) -> str:
    """Name of the landing table of one source table: `crm__account`."""
    return f"{source}__{table}"


TABLES = (RECORD, BATCH, VERSION, PROGRESS, FILE, FILE_RECORD, COLUMN_PROFILE, KEY_CHANGE, GO_AHEAD)
