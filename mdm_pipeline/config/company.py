"""Configuration of one company: the sections of all stages and its sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator

from mdm_pipeline.config.base import Section
from mdm_pipeline.config.codes import CodesConfig
from mdm_pipeline.config.mappings import PartyType
from mdm_pipeline.config.sources import SourceConfig


class ScheduleConfig(Section):
    """When the nightly run starts."""

    cron: str = Field(default="15 2 * * *", description="Cron expression.")
    time_zone: str = Field(default="Asia/Shanghai", description="IANA time zone of the cron expression.")


class ModelConfig(Section):
    """Matching of one party type."""

    threshold: float = Field(
        default=0.95, gt=0, lt=1, description="Match probability from which two records are linked."
    )
    review_threshold: float = Field(
        default=0.5, gt=0, lt=1, description="Probability from which a pair that is not linked is put up for review."
    )
    model: Literal["train", "shipped"] = Field(
        default="shipped",
        description="Model of the first run: trained on this company's data, or the shipped default.",
    )


class MatchingConfig(Section):
    """Which records are the same party."""

    version: Literal[1] = Field(default=1, description="Version of this section's form.")
    person: ModelConfig = Field(default=ModelConfig(), description="Persons.")
    organization: ModelConfig = Field(default=ModelConfig(), description="Organizations.")
    duplicate_free_sources: list[str] = Field(
        default_factory=list, description="source or source.table in which no party occurs twice."
    )

    def of(self, party_type: PartyType) -> ModelConfig:
        """The section of one party type."""
        return self.person if party_type == "person" else self.organization


Strategy = Literal[
    "source_priority", "most_recent", "most_frequent", "most_complete", "longest", "valid_first", "minimum", "maximum"
]


class SurvivorshipRule(Section):
    """Ordered strategies for one attribute or group of attributes; the first that tells two values apart decides."""

    strategies: list[Strategy] = Field(min_length=1, description="Strategies, in order.")
    sources: list[str] = Field(default_factory=list, description="Only values of these sources survive; empty: all.")


class MasteringConfig(Section):
    """Customer codes and survivorship."""

    version: Literal[1] = Field(default=1, description="Version of this section's form.")
    id_prefix: str = Field(default="C", pattern=r"^[A-Z]{1,4}$", description="Prefix of customer codes.")
    id_digits: int = Field(default=8, ge=4, le=15, description="Digits of customer codes; a check character follows.")
    default: SurvivorshipRule = Field(
        default=SurvivorshipRule(strategies=["most_recent", "source_priority"]),
        description="Rule of attributes that have none of their own.",
    )
    attributes: dict[str, SurvivorshipRule] = Field(
        default_factory=dict,
        description="Rule per attribute of master.customer; `address` and `billing` are groups that survive whole.",
    )


class ExpectationConfig(Section):
    """One rule of a suite: a Great Expectations expectation and what its failure does."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name of the rule; issues carry it.")
    expectation: str = Field(description="Type, for instance expect_column_values_to_not_be_null, or `custom_sql`.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Arguments of the expectation.")
    where: str | None = Field(
        default=None, description="Condition in SQL on the table's columns; other rows are not looked at."
    )
    severity: Literal["block", "quarantine", "warn"] = Field(description="What a failing row (or rule) does.")
    dimension: Literal["accuracy", "consistency", "completeness", "timeliness"] = Field(
        description="Dimension of quality."
    )
    max_share: float = Field(
        default=0.0, ge=0, le=1, description="For `block`: share of failing rows up to which nothing is held back."
    )
    message: str = Field(description="What is wrong and what to do, for the issue log.")


class SuiteConfig(Section):
    """The rules of one canonical table."""

    table: str = Field(description="Hub table, schema.name.")
    source: str | None = Field(default=None, description="Only rows of this source.")
    expectations: list[ExpectationConfig] = Field(min_length=1, description="Rules.")


class QualityConfig(Section):
    """Expectation suites."""

    version: Literal[1] = Field(default=1, description="Version of this section's form.")
    suites: dict[str, SuiteConfig] = Field(default_factory=dict, description="Suites by name.")


class RetentionConfig(Section):
    """How many days of history are kept; null: for ever. Whatever a later run needs stays in any case."""

    dagster_runs_days: int | None = Field(
        default=180, ge=1, description="Dagster's own runs, their events and logs; the last run of each job stays."
    )
    earlier_versions_days: int | None = Field(
        default=365, ge=1, description="Earlier contents of landed rows (landing.version)."
    )
    verdicts_days: int | None = Field(
        default=365,
        ge=1,
        description="Verdicts of suites (quality.validation_run, expectation_result); each suite's last one stays.",
    )
    ledger_days: int | None = Field(
        default=1095, ge=1, description="Run ledger of the hub (hub.run, hub.stage_commit); the last runs stay."
    )
    changes_days: int | None = Field(
        default=30, ge=1, description="Keys in the change logs that every stage has consumed."
    )


class OperationsConfig(Section):
    """Disk, recovery and how long history is kept."""

    retention: RetentionConfig = Field(default=RetentionConfig(), description="How many days of history are kept.")
    upkeep_cron: str = Field(
        default="30 5 1 * *",
        description="When the job monthly_upkeep prunes and compacts; in the time zone of `schedule`.",
    )

    keep_spare_copy: bool = Field(
        default=True, description="Keep a copy of the hub after each good run, beside it; recovery falls back to it."
    )
    free_space_gb: float = Field(
        default=1.0,
        ge=0,
        description="GB that must be free before a run, besides twice the hub and the published file.",
    )
    self_proof_components: int = Field(
        default=300,
        ge=0,
        description="Components that each run rebuilds from raw landing and compares with the hub; 0: none.",
    )
    ballast_mb: int = Field(
        default=0,
        ge=0,
        le=4096,
        description="Size of a file that `mdm doctor --repair` drops when the disk is full; 0: none.",
    )


class WebhookChannel(Section):
    """Any web service: the message as JSON (subject, text, fields, link) by POST."""

    kind: Literal["webhook"] = Field(description="Kind of channel.")
    url: SecretStr = Field(description="Address.")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="Additional headers, e.g. Authorization.")


class EmailChannel(Section):
    """E-mail by SMTP."""

    kind: Literal["email"] = Field(description="Kind of channel.")
    host: str = Field(description="SMTP server.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="Encryption: STARTTLS (usually 587), TLS from the start (465) or none (25)."
    )
    user: str | None = Field(default=None, description="User name, where the server asks for one.")
    password: SecretStr | None = Field(default=None, description="Password.")
    ca_file: Path | None = Field(
        default=None,
        description="PEM file (absolute path) of the authority that certified the server; by default the system's.",
    )
    sender: str = Field(description="Address that the messages come from.")
    recipients: list[str] = Field(min_length=1, description="Addresses that they go to.")

    @field_validator("ca_file")
    @classmethod
    def _is_absolute(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_absolute():
            raise ValueError("the path must be absolute; services are started in other folders")
        return path


class WecomChannel(Section):
    """A group robot of WeCom (企业微信群机器人)."""

    kind: Literal["wecom"] = Field(description="Kind of channel.")
    url: SecretStr = Field(description="The robot's webhook address, with its key.")


class DingtalkChannel(Section):
    """A custom group robot of DingTalk (钉钉自定义机器人); as its keyword take `mdm`, which every message contains."""

    kind: Literal["dingtalk"] = Field(description="Kind of channel.")
    url: SecretStr = Field(description="The robot's webhook address, with its access token.")
    sign_secret: SecretStr | None = Field(default=None, description="Secret of the robot's signature (加签, SEC...).")


Channel = Annotated[
    WebhookChannel | EmailChannel | WecomChannel | DingtalkChannel,
    Field(discriminator="kind"),
]


class NotifyConfig(Section):
    """The night watch: who is told of failed runs, of sources held back and, in a line, of what changed."""

    channels: list[Channel] = Field(default_factory=list, description="Where messages go; each gets every message.")
    ui_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Address of the UI as people reach it; messages link to the run.",
    )
    nightly_line: bool = Field(
        default=True, description="After each scheduled run, one line that says what changed for customers."
    )


class CompanyConfig(Section):
    """Everything the pipeline has to know about one company."""

    version: Literal[1] = Field(default=1, description="Version of this file's form.")
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Short name of the company.")
    title: str = Field(default="", description="Name for people.")
    group_currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$", description="Currency of group figures.")
    data_dir: str = Field(
        description="Folder that relative source paths are below, itself relative to the configuration folder."
    )
    decision_store: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the decision store; by default SQLite below the home."
    )
    schedule: ScheduleConfig = Field(default=ScheduleConfig(), description="The nightly run.")
    notify: NotifyConfig = Field(default=NotifyConfig(), description="Who is told of what happens at night.")
    operations: OperationsConfig = Field(
        default=OperationsConfig(), description="Disk, recovery and how long history is kept."
    )
    matching: MatchingConfig = Field(default=MatchingConfig(), description="Matching (matching.yaml).")
    mastering: MasteringConfig = Field(default=MasteringConfig(), description="Mastering (mastering.yaml).")
    quality: QualityConfig = Field(default=QualityConfig(), description="Suites (quality.yaml).")
    codes: CodesConfig = Field(default=CodesConfig(), description="Code lists of all sources (codes.yaml).")
    sources: list[SourceConfig] = Field(min_length=1, description="Sources (sources/*.yaml).")
    folder: Path = Field(description="The configuration folder; set by the loader.")

    @property
    def data_path(self) -> Path:
        """`data_dir`, absolute."""
        path = Path(self.data_dir)
        return path if path.is_absolute() else (self.folder / path).resolve()

    def source(self, name: str) -> SourceConfig:
        """The source of that name.

        Raises:
            KeyError: there is none.
        """
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(f"no source {name!r}; configured are {', '.join(s.name for s in self.sources)}")
