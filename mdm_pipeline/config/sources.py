"""A source: how to reach it, which tables it has, and how their columns map to the canonical model.

One YAML file per source in `sources/`. Every field carries a description; the reference page is generated from them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.codes import CodeMap
from mdm_pipeline.config.connections import Connection, FileFormat
from mdm_pipeline.config.mappings import EventMapping, PartyMapping
from mdm_pipeline.config.rest import RestTable


class CursorConfig(Section):
    """The column by which a source tells what changed."""

    column: str = Field(description="Source column that grows with every change: a time stamp or a sequence number.")
    kind: Literal["timestamp", "sequence"] = Field(default="timestamp", description="How its values compare.")
    lag: timedelta = Field(
        default=timedelta(minutes=15),
        description="Read again what is younger than the watermark less this, against late commits and clock skew "
        "(ISO 8601 duration such as PT15M, or seconds; for a sequence the number of seconds counts as its distance).",
    )
    full_every: timedelta | None = Field(
        default=timedelta(days=7),
        description="Read everything again when the last full read is older than this (P7D), and so find rows that "
        "changed without a new cursor value or vanished without a word; null: never by itself.",
    )


class DeletedFlag(Section):
    """How a row says of itself that it is deleted."""

    column: str = Field(description="Source column.")
    values: list[str] = Field(default=["1", "true", "t", "y", "yes", "x", "是"], description="Values that mean so.")


Contract = Literal["evolve", "freeze", "discard_row", "discard_value"]


class SchemaContract(Section):
    """What happens when a delivery is not of the form that the table had so far.

    `evolve` takes it and reports it, `freeze` holds the source back, `discard_row` refuses the rows concerned,
    `discard_value` takes the rows without the values concerned.
    """

    new_columns: Contract = Field(default="evolve", description="A column that was never delivered before.")
    changed_types: Contract = Field(
        default="freeze",
        description="A mapped column that held numbers or dates, and now holds something else in more than "
        "`type_share` of its values.",
    )
    type_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of values of another type up to which nothing is said."
    )

    @model_validator(mode="before")
    @classmethod
    def _word_alone(cls, value: object) -> object:
        """`schema_contract: freeze` is short for both kinds of change."""
        return {"new_columns": value, "changed_types": value} if isinstance(value, str) else value


class ExpectedDelivery(Section):
    """When a source is to have been taken, so that people are warned when it is late."""

    every: timedelta = Field(
        default=timedelta(days=1), description="Longest time between two deliveries taken (ISO 8601 duration, P1D)."
    )
    at: str | None = Field(
        default=None,
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Time of day by which today's is there (06:00); without it only the age counts.",
    )
    zone: str | None = Field(default=None, description="IANA time zone of `at`; by default the source's.")

    @model_validator(mode="after")
    def _at_is_daily(self) -> ExpectedDelivery:
        if self.at and self.every < timedelta(days=1):
            raise ValueError("`at` is a time of day: expected `every` of a day (P1D) or more, or no `at`")
        return self


class TableConfig(Section):
    """One table (or set of files) of a source."""

    key: list[str] = Field(min_length=1, description="Columns that identify a row.")
    table: str | None = Field(default=None, description="Name at the source (SQL); by default the name of this entry.")
    query: str | None = Field(default=None, description="SELECT to run at the source instead of reading a table.")
    query_file: str | None = Field(
        default=None,
        description="File with that SELECT (accounts.sql), below the configuration folder, instead of `query`; taken "
        "as it stands: no variables are replaced in it.",
    )
    files: list[str] = Field(default_factory=list, description="File patterns (glob), for connections of kind files.")
    format: FileFormat = Field(default=FileFormat(), description="How the files are written.")
    rest: RestTable | None = Field(default=None, description="How it is read, for connections of kind rest.")
    updated_at: str | None = Field(default=None, description="Column with the time of the last change at the source.")
    cursor: CursorConfig | None = Field(default=None, description="Set to read only what changed since the last run.")
    delivers: Literal["everything", "changes"] = Field(
        default="everything",
        description="What files hold: the whole table every time, or only changes (each file is then taken once, and "
        "one delivered again with other content replaces its earlier rows).",
    )
    deletes: Literal["by_absence", "never", "by_keys"] = Field(
        default="by_absence",
        description="Rows no longer delivered are deleted; or kept; or, for sources read by cursor, deleted when a "
        "list of all present keys, read in the same run, lacks them.",
    )
    deleted_flag: DeletedFlag | None = Field(
        default=None, description="Rows that say of themselves that they are gone."
    )
    shrink_limit: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of rows that may vanish in one delivery before the source is held back.",
    )
    schema_contract: SchemaContract | None = Field(
        default=None, description="What happens when columns or types change; by default the source's."
    )
    renumbered_from: list[str] = Field(
        default_factory=list,
        description="Columns that hold a row's earlier key, in the order of `key`, where the source gave its rows new "
        "keys: the rows keep their record ids.",
    )
    formerly: list[str] = Field(
        default_factory=list, description="Names that this entry had before: its rows and ids come along."
    )
    keep_versions: timedelta | None = Field(
        default=None,
        description="How long earlier contents of rows are kept (P400D); by default as long as the company's "
        "`operations.retention` says.",
    )
    sample: Literal["masked", "open", "none"] = Field(
        default="masked",
        description="First rows on the asset's page: mapped personal columns masked, all open, or no rows at all.",
    )
    party: PartyMapping | None = Field(default=None, description="Set where rows are parties.")
    event: EventMapping | None = Field(default=None, description="Set where rows are business events.")

    @model_validator(mode="after")
    def _one_mapping(self) -> TableConfig:
        if (self.party is None) == (self.event is None):
            raise ValueError("exactly one of `party` and `event` must be given")
        return self

    @field_validator("renumbered_from", mode="before")
    @classmethod
    def _column_alone(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _earlier_key_has_the_parts_of_the_key(self) -> TableConfig:
        if self.renumbered_from and len(self.renumbered_from) != len(self.key):
            raise ValueError(
                f"`renumbered_from` has {len(self.renumbered_from)} columns, `key` has {len(self.key)}; "
                "expected one earlier column for each column of the key"
            )
        return self


class SourceConfig(Section):
    """One source system."""

    version: Literal[1] = Field(default=1, description="Version of this file's form.")
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Short name, used in record references.")
    title: str = Field(default="", description="Name for people.")
    priority: int = Field(
        default=100, description="Lower is trusted first where survivorship asks for source priority."
    )
    default_country: str = Field(default="CN", pattern=r"^[A-Z]{2}$", description="Country assumed for phones and ids.")
    time_zone: str = Field(default="UTC", description="Zone of the source's local times.")
    codes: CodeMap = Field(
        default_factory=dict, description="Per code list: this source's code or word to the canonical code."
    )
    connection: Connection = Field(description="How to reach it.")
    tables: dict[str, TableConfig] = Field(min_length=1, description="Its tables.")
    enabled: bool = Field(default=True, description="false: the source is not read; what it said last stays in force.")
    retired: bool = Field(
        default=False,
        description="true: the source is gone for good; its rows are deleted with the next run, and then its file "
        "can be removed.",
    )
    formerly: list[str] = Field(
        default_factory=list, description="Names that the source had before: its rows, ids and ledger come along."
    )
    schema_contract: SchemaContract = Field(
        default=SchemaContract(), description="What happens when columns or types of its tables change."
    )
    expected: ExpectedDelivery | None = Field(
        default=None, description="When it is to have been taken; the UI and the morning line warn when it is late."
    )

    @model_validator(mode="after")
    def _changes_are_told_in_the_way_of_the_connection(self) -> SourceConfig:
        is_files = self.connection.kind == "files"
        for name, table in self.tables.items():
            if is_files and table.cursor:
                raise ValueError(f"tables.{name}.cursor: files have none; expected `delivers: changes`, or neither")
            if is_files and table.deletes == "by_keys":
                raise ValueError(f"tables.{name}.deletes: files have no list of keys; expected by_absence or never")
            if not is_files and table.delivers == "changes":
                raise ValueError(f"tables.{name}.delivers: `changes` is for files; expected a `cursor`")
        return self

    def contract_of(self, table_name: str) -> SchemaContract:
        """The schema contract of one table: its own or the source's."""
        return self.tables[table_name].schema_contract or self.schema_contract
