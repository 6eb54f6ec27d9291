"""How the columns of a source table map to the canonical model.

Part of a source's YAML file. Every field carries a description; the reference page is generated from them.
Invariant: every text field of a mapping names a source column, but for those listed in its `not_columns`.
Does not belong here: what the values mean (code lists: `config.codes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from mdm_pipeline.config.base import Section

PartyType = Literal["person", "organization"]
Scope = Literal["match", "pass_through", "excluded", "reference"]
DateOrder = Literal["ymd", "mdy", "dmy", "auto"]
NumberDates = Literal["auto", "excel_1900", "excel_1904", "epoch_s", "epoch_ms"]
DecimalSign = Literal["auto", ".", ","]
AmountUnit = Literal["百", "千", "万", "十万", "百万", "千万", "亿", "thousand", "million"]

_NUMBER_DATES = (
    "What a bare number in a column of dates or times is: serial days of a workbook (1900 or 1904 system), "
    "or seconds or milliseconds since 1970; `auto` takes only whole serial days of the years 1927 to 2064."
)


class Mapping(Section):
    """A section whose text fields name source columns."""

    not_columns: ClassVar[frozenset[str]] = frozenset()

    def source_columns(self, where: str) -> Iterator[tuple[str, str]]:
        """Every source column that the section names, with the path of the field that names it.

        Args:
            where: path of this section.
        """
        for name in type(self).model_fields:
            if name not in self.not_columns:
                yield from _columns_in(getattr(self, name), f"{where}.{name}")


def _columns_in(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield value, where
    elif isinstance(value, Mapping):
        yield from value.source_columns(where)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _columns_in(item, f"{where}[{position}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _columns_in(item, f"{where}.{key}")


class OneColumn(Mapping):
    """A section about a single source column: its own path stands for it."""

    def source_columns(self, where: str) -> Iterator[tuple[str, str]]:
        """The column, where one is named."""
        column = getattr(self, "column", None)
        if column is not None:
            yield column, where


class ByValue(OneColumn):
    """A canonical value translated from a source column."""

    column: str | None = Field(default=None, description="Source column.")
    map: dict[str, str] = Field(default_factory=dict, description="Source value to canonical value.")
    otherwise: str | None = Field(
        default=None, description="Value where the map has none; for party types `guess` guesses from the name."
    )


class NameMapping(Mapping):
    """One name of a party. Give `full`, or `family` and `given`."""

    not_columns = frozenset({"kind"})

    kind: Literal["legal", "trading", "former", "alias", "transliterated", "native"] = Field(
        default="legal", description="Kind of name."
    )
    kind_by: ByValue | None = Field(
        default=None, description="Column that tells the kind where it varies by row; `kind` where it does not tell."
    )
    full: str | None = Field(default=None, description="Column with the whole name.")
    organization: str | None = Field(
        default=None, description="Column with the name where the party is an organization."
    )
    family: str | None = Field(default=None, description="Column with the family name.")
    given: str | None = Field(default=None, description="Column with the given name.")
    middle: str | None = Field(default=None, description="Column with the middle name.")


class IdentifierMapping(Mapping):
    """One identifier of a party."""

    not_columns = frozenset({"scheme", "country"})

    column: str = Field(description="Source column.")
    scheme: str = Field(default="auto", description="Scheme, or `auto` to recognize it by form and party type.")
    scheme_column: str | None = Field(default=None, description="Column that names the scheme (VAT, EIN ...).")
    country: str | None = Field(default=None, description="ISO code of the issuer.")
    country_column: str | None = Field(default=None, description="Column with the issuer's country.")


class ContactMapping(Mapping):
    """One contact point of a party; a cell may hold several."""

    not_columns = frozenset({"kind"})

    kind: Literal["phone", "email", "wechat"] = Field(description="Kind of contact point.")
    column: str = Field(description="Source column.")


class AddressMapping(Mapping):
    """One address of a party: a whole one in `raw`, parts, or both."""

    not_columns = frozenset({"kind"})

    kind: str = Field(default="main", description="main, mailing, registered, delivery ...")
    raw: str | None = Field(default=None, description="Column with the address, or with street and number.")
    country: str | None = Field(default=None, description="Column.")
    province: str | None = Field(default=None, description="Column.")
    city: str | None = Field(default=None, description="Column.")
    district: str | None = Field(default=None, description="Column.")
    postcode: str | None = Field(default=None, description="Column.")


class BillingMapping(Mapping):
    """One set of 开票信息 of a party: column names."""

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


class BankAccountMapping(Mapping):
    """One bank account of a party, and the SEPA mandate for it: column names."""

    account: str = Field(description="Column with the account number or IBAN.")
    holder: str | None = Field(default=None, description="Column.")
    bank_name: str | None = Field(default=None, description="Column.")
    bank_code: str | None = Field(default=None, description="Column with BIC, 联行号 or another code of the bank.")
    currency: str | None = Field(default=None, description="Column.")
    legal_entity: str | None = Field(default=None, description="Column.")
    mandate_no: str | None = Field(default=None, description="Column with the mandate reference.")
    mandate_signed_on: str | None = Field(default=None, description="Column.")
    mandate_sequence: str | None = Field(
        default=None, description="Column: one_off, first, recurring, final (or OOFF, FRST, RCUR, FNAL)."
    )
    mandate_status: str | None = Field(default=None, description="Column: active, canceled, expired, suspended.")


class CreditMapping(Mapping):
    """Credit limit of a party: column names."""

    legal_entity: str | None = Field(default=None, description="Column.")
    currency: str | None = Field(default=None, description="Column.")
    amount: str | None = Field(default=None, description="Column.")
    payment_terms: str | None = Field(default=None, description="Column; its codes go by the list `payment_term`.")
    blocked: str | None = Field(default=None, description="Column; 1, true, X, yes, 是 mean blocked.")


class RegistrationMapping(Mapping):
    """What a business registry (工商, GLEIF) says of a party besides names, numbers and addresses: column names."""

    not_columns = frozenset({"capital_unit", "capital_currency"})

    status: str | None = Field(
        default=None, description="Column with the status: 存续, 在业, 吊销, 注销, 迁出, ACTIVE, INACTIVE ..."
    )
    legal_representative: str | None = Field(default=None, description="Column with the name.")
    capital: str | None = Field(default=None, description="Column with the registered capital.")
    capital_unit: AmountUnit | None = Field(default=None, description="What its numbers count: 万 makes 1.5 15000.")
    capital_currency: str | None = Field(default=None, description="ISO 4217 code of the capital.")
    currency: str | None = Field(default=None, description="Column with the currency of the capital.")


class PartyLinkMapping(Mapping):
    """A link from this party record to another one, by a column that holds the other's key."""

    not_columns = frozenset({"role", "to_table"})

    role: str = Field(description="branch_of, subsidiary_of, owner_of, contact_of ...")
    to_table: str = Field(description="source.table of the other party.")
    column: str = Field(description="Column with the other's key.")


class PartyMapping(Mapping):
    """How a table's rows become parties."""

    not_columns = frozenset({"date_order", "number_dates", "owner_table"})

    type: ByValue = Field(description="Person or organization.")
    sole_trader: ByValue | None = Field(default=None, description="Which rows are shops of sole traders: values `yes`.")
    scope: ByValue = Field(
        default=ByValue(otherwise="match"),
        description="match, pass_through, excluded; or reference: rows of a registry, which join the customer that "
        "has their number or full name and are no customers by themselves.",
    )
    roles: ByValue = Field(default=ByValue(otherwise="customer"), description="Roles, several joined by ','.")
    names: list[NameMapping] = Field(min_length=1, description="Names; the first that is filled is the main one.")
    birth_date: str | None = Field(default=None, description="Column with birth or registration date.")
    date_order: DateOrder = Field(default="auto", description="Order of day, month, year in this table's dates.")
    number_dates: NumberDates = Field(default="auto", description=_NUMBER_DATES)
    gender: ByValue | None = Field(default=None, description="f, m or x.")
    industry: str | None = Field(default=None, description="Column.")
    industry_code: str | None = Field(default=None, description="Column; its values go by the code list `industry`.")
    region_code: str | None = Field(default=None, description="Column; its values go by the code list `region`.")
    legal_form_code: str | None = Field(
        default=None, description="Column; its values go by the code list `legal_form`."
    )
    status: str | None = Field(default=None, description="Column.")
    channel: str | None = Field(default=None, description="Column: how the party came to us.")
    owner: str | None = Field(default=None, description="Column.")
    owner_table: str | None = Field(
        default=None, description="source.table of employees whose key the column `owner` holds."
    )
    merged_into: str | None = Field(
        default=None,
        description="Column with the key of the row of this table that this one was merged into; its orders follow.",
    )
    website: str | None = Field(default=None, description="Column.")
    legal_entity: str | None = Field(default=None, description="Column.")
    business_unit: str | None = Field(default=None, description="Column.")
    country: str | None = Field(default=None, description="Column with the country that phones and ids default to.")
    identifiers: list[IdentifierMapping] = Field(default_factory=list, description="Identifiers.")
    contact_points: list[ContactMapping] = Field(default_factory=list, description="Contact points.")
    addresses: list[AddressMapping] = Field(default_factory=list, description="Addresses.")
    billing: list[BillingMapping] = Field(default_factory=list, description="Billing profiles; one or a list.")
    bank_accounts: list[BankAccountMapping] = Field(default_factory=list, description="Bank accounts.")
    credit: CreditMapping | None = Field(default=None, description="Credit limit.")
    links: list[PartyLinkMapping] = Field(default_factory=list, description="Links to other parties.")
    registration: RegistrationMapping | None = Field(
        default=None, description="Set for tables of a business registry, whose scope is `reference`."
    )

    @field_validator("billing", mode="before")
    @classmethod
    def _one_profile(cls, value: object) -> object:
        """A single profile may stand without its list."""
        return [value] if isinstance(value, dict | BillingMapping) else value


class EventColumn(OneColumn):
    """One canonical column of an event."""

    column: str | None = Field(default=None, description="Source column.")
    constant: str | None = Field(default=None, description="The same value for every row.")
    party: str | None = Field(
        default=None, description="source.table whose key the column holds; makes a reference source.table:key."
    )
    employee: str | None = Field(
        default=None, description="source.table of employees whose key the column holds; makes a reference as well."
    )
    map: dict[str, str] = Field(
        default_factory=dict, description="Source value to canonical value; others pass as they are."
    )
    codes: str | None = Field(
        default=None,
        description="Code list by which values become canonical codes; by default that of the canonical column, "
        "where it has one. Values that the list does not know are left empty and listed in staging.unmapped_code.",
    )
    amount_unit: AmountUnit | None = Field(
        default=None, description="What the numbers count: 万 makes 1.5 into 15000. A unit in the cell itself wins."
    )

    @model_validator(mode="before")
    @classmethod
    def _column_alone(cls, value: object) -> object:
        """`order_no: order_no` is short for `order_no: {column: order_no}`."""
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_meaning(self) -> EventColumn:
        if sum(bool(meaning) for meaning in (self.party, self.employee, self.codes)) > 1:
            raise ValueError("at most one of `party`, `employee` and `codes` can be given for a column")
        return self

    @property
    def refers_to(self) -> str | None:
        """The source.table whose key the column holds."""
        return self.party or self.employee


EventName = Literal[
    "party_link",
    "legal_entity",
    "business_unit",
    "employee",
    "product",
    "billing_profile",
    "bank_account",
    "credit_limit",
    "lead",
    "campaign",
    "campaign_member",
    "opportunity",
    "opportunity_stage",
    "opportunity_contact",
    "contract",
    "sales_order",
    "sales_order_line",
    "invoice",
    "payment",
    "installed_asset",
    "activity",
    "service_case",
    "sales_target",
    "consent",
    "fx_rate",
]


class EventMapping(Mapping):
    """How a table's rows become business events (or links between parties, or reference data)."""

    not_columns = frozenset({"entity", "date_order", "number_dates", "decimal", "time_zone"})

    entity: EventName = Field(description="Canonical table.")
    columns: dict[str, EventColumn] = Field(description="Canonical column to source column.")
    date_order: DateOrder = Field(default="auto", description="Order of day, month, year in this table's dates.")
    number_dates: NumberDates = Field(default="auto", description=_NUMBER_DATES)
    decimal: DecimalSign = Field(
        default="auto",
        description="Decimal sign of this table's numbers; `auto` tells it from the form, and takes 1,234 for "
        "thousands.",
    )
    time_zone: str | None = Field(
        default=None, description="Zone of this table's local times; by default the source's."
    )
