"""A source: how to reach it, which tables it has, and how their columns map to the canonical model.

One YAML file per source in `sources/`. Every field carries a description; the reference page is generated from them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from mdm_pipeline.config.base import Section

PartyType = Literal["person", "organization"]
Scope = Literal["match", "pass_through", "excluded"]
DateOrder = Literal["ymd", "mdy", "dmy", "auto"]


class SqlConnection(Section):
    """A database by SQLAlchemy URL."""

    kind: Literal["sql"] = Field(description="Kind of connection.")
    url: SecretStr = Field(
        description="SQLAlchemy URL; `${NAME}` comes from the environment, a relative SQLite path is below `data_dir`."
    )


class FilesConnection(Section):
    """A folder of files."""

    kind: Literal["files"] = Field(description="Kind of connection.")
    folder: str = Field(description="Folder, absolute or below `data_dir`; `${NAME}` is taken from the environment.")


Connection = Annotated[SqlConnection | FilesConnection, Field(discriminator="kind")]


class FileFormat(Section):
    """How the files of one table are written."""

    format: Literal["csv", "parquet", "excel"] | None = Field(
        default=None, description="Format; by default from the file's ending."
    )
    encoding: str = Field(
        default="auto", description="Text encoding; `auto` detects BOM, UTF-8, GB18030, Big5, cp1252."
    )
    delimiter: str = Field(default="auto", description="Column delimiter of CSV; `auto` detects , ; tab |.")
    quote: str = Field(default='"', max_length=1, description="Quote character of CSV.")
    sheet: str | int = Field(default=0, description="Sheet of a workbook, by name or position.")
    header_row: int = Field(default=0, ge=0, description="Row of the header, counted from 0.")


class ByValue(Section):
    """A canonical value translated from a source column."""

    column: str | None = Field(default=None, description="Source column.")
    map: dict[str, str] = Field(default_factory=dict, description="Source value to canonical value.")
    otherwise: str | None = Field(
        default=None, description="Value where the map has none; for party types `guess` guesses from the name."
    )


class NameMapping(Section):
    """One name of a party. Give `full`, or `family` and `given`."""

    kind: Literal["legal", "trading", "former", "alias", "transliterated", "native"] = Field(
        default="legal", description="Kind of name."
    )
    full: str | None = Field(default=None, description="Column with the whole name.")
    organization: str | None = Field(
        default=None, description="Column with the name where the party is an organization."
    )
    family: str | None = Field(default=None, description="Column with the family name.")
    given: str | None = Field(default=None, description="Column with the given name.")
    middle: str | None = Field(default=None, description="Column with the middle name.")


class IdentifierMapping(Section):
    """One identifier of a party."""

    column: str = Field(description="Source column.")
    scheme: str = Field(default="auto", description="Scheme, or `auto` to recognize it by form and party type.")
    scheme_column: str | None = Field(default=None, description="Column that names the scheme (VAT, EIN ...).")
    country: str | None = Field(default=None, description="ISO code of the issuer.")
    country_column: str | None = Field(default=None, description="Column with the issuer's country.")


class ContactMapping(Section):
    """One contact point of a party; a cell may hold several."""

    kind: Literal["phone", "email", "wechat"] = Field(description="Kind of contact point.")
    column: str = Field(description="Source column.")


class AddressMapping(Section):
    """One address of a party: a whole one in `raw`, parts, or both."""

    kind: str = Field(default="main", description="main, mailing, registered, delivery ...")
    raw: str | None = Field(default=None, description="Column with the address, or with street and number.")
    country: str | None = Field(default=None, description="Column.")
    province: str | None = Field(default=None, description="Column.")
    city: str | None = Field(default=None, description="Column.")
    district: str | None = Field(default=None, description="Column.")
    postcode: str | None = Field(default=None, description="Column.")


class BillingMapping(Section):
    """开票信息 of a party: column names."""

    legal_entity: str | None = Field(default=None, description="Column.")
    title: str | None = Field(default=None, description="Column.")
    tax_id: str | None = Field(default=None, description="Column.")
    registered_address: str | None = Field(default=None, description="Column.")
    registered_phone: str | None = Field(default=None, description="Column.")
    bank_name: str | None = Field(default=None, description="Column.")
    bank_account: str | None = Field(default=None, description="Column.")
    invoice_kind: str | None = Field(default=None, description="Column.")
    delivery_email: str | None = Field(default=None, description="Column.")
    delivery_phone: str | None = Field(default=None, description="Column.")


class CreditMapping(Section):
    """Credit limit of a party: column names."""

    legal_entity: str | None = Field(default=None, description="Column.")
    currency: str | None = Field(default=None, description="Column.")
    amount: str | None = Field(default=None, description="Column.")
    payment_terms: str | None = Field(default=None, description="Column.")
    blocked: str | None = Field(default=None, description="Column; 1, true, X, yes, 是 mean blocked.")


class PartyLinkMapping(Section):
    """A link from this party record to another one, by a column that holds the other's key."""

    role: str = Field(description="branch_of, subsidiary_of, owner_of, contact_of ...")
    to_table: str = Field(description="source.table of the other party.")
    column: str = Field(description="Column with the other's key.")


class PartyMapping(Section):
    """How a table's rows become parties."""

    type: ByValue = Field(description="Person or organization.")
    sole_trader: ByValue | None = Field(default=None, description="Which rows are shops of sole traders: values `yes`.")
    scope: ByValue = Field(default=ByValue(otherwise="match"), description="match, pass_through or excluded.")
    roles: ByValue = Field(default=ByValue(otherwise="customer"), description="Roles, several joined by ','.")
    names: list[NameMapping] = Field(min_length=1, description="Names; the first that is filled is the main one.")
    birth_date: str | None = Field(default=None, description="Column with birth or registration date.")
    date_order: DateOrder = Field(default="auto", description="Order of day, month, year in this table's dates.")
    gender: ByValue | None = Field(default=None, description="f, m or x.")
    industry: str | None = Field(default=None, description="Column.")
    status: str | None = Field(default=None, description="Column.")
    owner: str | None = Field(default=None, description="Column.")
    website: str | None = Field(default=None, description="Column.")
    legal_entity: str | None = Field(default=None, description="Column.")
    business_unit: str | None = Field(default=None, description="Column.")
    country: str | None = Field(default=None, description="Column with the country that phones and ids default to.")
    identifiers: list[IdentifierMapping] = Field(default_factory=list, description="Identifiers.")
    contact_points: list[ContactMapping] = Field(default_factory=list, description="Contact points.")
    addresses: list[AddressMapping] = Field(default_factory=list, description="Addresses.")
    billing: BillingMapping | None = Field(default=None, description="Billing profile.")
    credit: CreditMapping | None = Field(default=None, description="Credit limit.")
    links: list[PartyLinkMapping] = Field(default_factory=list, description="Links to other parties.")


class EventColumn(Section):
    """One canonical column of an event."""

    column: str | None = Field(default=None, description="Source column.")
    constant: str | None = Field(default=None, description="The same value for every row.")
    party: str | None = Field(
        default=None, description="source.table whose key the column holds; makes a reference source.table:key."
    )
    map: dict[str, str] = Field(
        default_factory=dict, description="Source value to canonical value; others pass as they are."
    )

    @model_validator(mode="before")
    @classmethod
    def _column_alone(cls, value: object) -> object:
        """`order_no: order_no` is short for `order_no: {column: order_no}`."""
        return {"column": value} if isinstance(value, str) else value


EventName = Literal[
    "party_link",
    "product",
    "sales_order",
    "sales_order_line",
    "invoice",
    "payment",
    "opportunity",
    "opportunity_stage",
    "activity",
    "service_case",
    "fx_rate",
]


class EventMapping(Section):
    """How a table's rows become business events (or links between parties)."""

    entity: EventName = Field(description="Canonical table.")
    columns: dict[str, EventColumn] = Field(description="Canonical column to source column.")
    date_order: DateOrder = Field(default="auto", description="Order of day, month, year in this table's dates.")


class TableConfig(Section):
    """One table (or set of files) of a source."""

    key: list[str] = Field(min_length=1, description="Columns that identify a row.")
    table: str | None = Field(default=None, description="Name at the source (SQL); by default the name of this entry.")
    query: str | None = Field(default=None, description="SELECT to run at the source instead of reading a table.")
    files: list[str] = Field(default_factory=list, description="File patterns (glob), for connections of kind files.")
    format: FileFormat = Field(default=FileFormat(), description="How the files are written.")
    updated_at: str | None = Field(default=None, description="Column with the time of the last change at the source.")
    deletes: Literal["by_absence", "never"] = Field(
        default="by_absence", description="Rows no longer delivered are deleted, or kept."
    )
    shrink_limit: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of rows that may vanish in one delivery before the source is held back.",
    )
    party: PartyMapping | None = Field(default=None, description="Set where rows are parties.")
    event: EventMapping | None = Field(default=None, description="Set where rows are business events.")

    @model_validator(mode="after")
    def _one_mapping(self) -> TableConfig:
        if (self.party is None) == (self.event is None):
            raise ValueError("exactly one of `party` and `event` must be given")
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
    connection: Connection = Field(description="How to reach it.")
    tables: dict[str, TableConfig] = Field(min_length=1, description="Its tables.")
