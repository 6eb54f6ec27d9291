"""Rows of a table that describe persons and organizations, in canonical form.

In: landed rows with a party mapping. Out: one frame per staging table. Invariant: every landed row gives
exactly one row of `staging.party`, with or without a usable name. Does not belong here: events, writing.
"""

from __future__ import annotations

import polars as pl

from mdm_pipeline.config.mappings import PartyLinkMapping, PartyMapping
from mdm_pipeline.hub.contract import Table
from mdm_pipeline.hub.contract import staging as contract
from mdm_pipeline.staging.addresses import address_countries, party_addresses
from mdm_pipeline.staging.billing import bank_accounts, billing_profiles, credit_limits
from mdm_pipeline.staging.contact_points import contact_points
from mdm_pipeline.staging.distinct import per_row
from mdm_pipeline.staging.events import coded
from mdm_pipeline.staging.findings import Findings
from mdm_pipeline.staging.identifiers import identifier_cells, party_identifiers, types_by_identifier
from mdm_pipeline.staging.landed import LandedRows
from mdm_pipeline.staging.names import FORMS, main_text, name_cells, party_names
from mdm_pipeline.staging.number_dates import with_iso_text
from mdm_pipeline.staging.redirects import delivered_redirects
from mdm_pipeline.staging.registrations import registrations
from mdm_pipeline.staging.translation import translate
from mdm_pipeline.staging.values import domains, plain_text, timestamps
from mdm_pipeline.standardize.countries import standardize_countries
from mdm_pipeline.standardize.dates import standardize_dates
from mdm_pipeline.standardize.party_types import guess_party_type
from mdm_pipeline.standardize.text import HAN, is_placeholder

Staged = dict[Table, pl.DataFrame]


def stage_parties(landed: LandedRows, party: PartyMapping, findings: Findings) -> Staged:
    """Standardize the rows of one table.

    Args:
        landed: the rows.
        party: their mapping.
        findings: receives what could not be read.

    Returns:
        Frame per table; party, its children, `party_link` and `party_redirect`.
    """
    addresses = party_addresses(landed, party)
    country = _countries(landed, party, addresses)
    cells = name_cells(landed, party)
    id_cells = identifier_cells(landed, party, country)
    types = _party_types(landed, party, cells, id_cells)
    typed = pl.DataFrame({"record_id": landed.ids, "party_type": types})
    names = party_names(cells, typed)
    identifiers = party_identifiers(id_cells, typed)
    embedded = addresses.filter(pl.col("embedded_phone").is_not_null()).join(
        pl.DataFrame({"record_id": landed.ids, "here": country}),
        on="record_id",
        how="left",
        maintain_order="left",
    )
    embedded = embedded.select("record_id", pl.col("embedded_phone").alias("raw"), pl.col("here").alias("country"))
    staged = {
        contract.PARTY: _party_rows(landed, party, types, names, identifiers, findings),
        contract.PARTY_NAME: names,
        contract.PARTY_IDENTIFIER: identifiers.drop("birth_on", "gender"),
        contract.PARTY_CONTACT_POINT: contact_points(landed, party, country, embedded),
        contract.PARTY_ADDRESS: addresses.drop("embedded_phone"),
        contract.PARTY_LINK: _links(landed, party),
    }
    if party.merged_into is not None:
        staged[contract.PARTY_REDIRECT] = delivered_redirects(landed, party)
    if party.billing:
        staged[contract.BILLING_PROFILE] = billing_profiles(landed, party.billing, country)
    if party.bank_accounts:
        staged[contract.BANK_ACCOUNT] = bank_accounts(landed, party, findings)
    if party.credit is not None:
        staged[contract.CREDIT_LIMIT] = credit_limits(landed, party.credit, findings)
    if party.registration is not None:
        staged[contract.REGISTRATION] = registrations(landed, party.registration, staged[contract.PARTY], findings)
    return staged


def _countries(landed: LandedRows, party: PartyMapping, addresses: pl.DataFrame) -> pl.Series:
    """Country that phones and identifiers default to: the mapped column, the address, or the source's."""
    text = landed.codes.configured(landed.source.name, "country", landed.column(party.country)).to_frame("text")
    named = per_row(text, lambda frame: standardize_countries(frame["text"]).to_frame("code"))["code"]
    frame = pl.DataFrame({"named": named, "lives": address_countries(addresses, landed.ids)})
    default = pl.lit(landed.source.default_country)
    return frame.select(pl.coalesce("named", "lives", default).alias("country"))["country"]


def _party_types(landed: LandedRows, party: PartyMapping, cells: pl.DataFrame, id_cells: pl.DataFrame) -> pl.Series:
    told = translate(party.type, landed)
    open_question = told.is_null() | (told == "guess").fill_null(False)
    if not open_question.any():
        return told
    asked = pl.DataFrame({"record_id": landed.ids.filter(open_question)})
    cells = cells.join(asked, on="record_id", how="semi", maintain_order="left")
    id_cells = id_cells.join(asked, on="record_id", how="semi", maintain_order="left")
    text = main_text(cells, landed.ids)
    guessed = per_row(
        text.to_frame("text"), lambda frame: guess_party_type(frame["text"]).to_frame("type"), name="party_types"
    )["type"]
    proven = types_by_identifier(id_cells, landed.ids)
    # What is left has neither a form, a known name nor a number: two or three words are more often a person.
    short = text.str.contains(
        rf"^(?:[{HAN}]{{2,3}}|\p{{L}}[\p{{L}}'.-]* (?:\p{{L}}[\p{{L}}'.-]* )?\p{{L}}[\p{{L}}'.-]+)$"
    )
    frame = pl.DataFrame({"told": told, "proven": proven, "guessed": guessed, "short": short})
    fallback = pl.when(pl.col("short").fill_null(False)).then(pl.lit("person")).otherwise(pl.lit("organization"))
    answer = pl.coalesce("guessed", "proven", fallback)
    return frame.with_columns(
        pl.when(pl.col("told").is_null() | (pl.col("told") == "guess")).then(answer).otherwise("told").alias("type")
    )["type"]


def _party_rows(
    landed: LandedRows,
    party: PartyMapping,
    types: pl.Series,
    names: pl.DataFrame,
    identifiers: pl.DataFrame,
    findings: Findings,
) -> pl.DataFrame:
    births = _births(landed, party, types, identifiers, findings)
    main = names.filter(pl.col("name_no") == 1).select("record_id", *FORMS)
    sole = translate(party.sole_trader, landed) == "yes" if party.sole_trader else pl.Series([False] * len(types))
    scope = translate(party.scope, landed).fill_null("match")
    frame = landed.frame.select("record_id", "record_ref", "source_key").with_columns(
        pl.lit(landed.source.name).alias("source"),
        pl.lit(landed.name).alias("source_table"),
        types.alias("party_type"),
        (sole.fill_null(False) & (types == "organization")).alias("is_sole_trader"),
        scope.alias("scope"),
        _roles(translate(party.roles, landed)).alias("roles"),
        births["birth_on"],
        births["birth_precision"],
        births["gender"],
        _filled(landed.column(party.industry)).alias("industry"),
        *_party_codes(landed, party, findings),
        _filled(landed.column(party.status)).alias("status"),
        _filled(landed.column(party.channel)).alias("channel"),
        _filled(landed.column(party.owner)).alias("owner"),
        _owner_ref(landed, party).alias("owner_ref"),
        domains(landed.column(party.website)).alias("website"),
        plain_text(landed.column(party.legal_entity)).alias("legal_entity"),
        plain_text(landed.column(party.business_unit)).alias("business_unit"),
        updated_at(landed, party, findings).alias("updated_at"),
    )
    joined = frame.join(main, on="record_id", how="left", maintain_order="left")
    _report_nameless(landed, party, joined, findings)
    return joined.select(contract.PARTY.column_names)


def _party_codes(landed: LandedRows, party: PartyMapping, findings: Findings) -> list[pl.Series]:
    """The columns of canonical codes."""
    lists = {"industry_code": "industry", "region_code": "region", "legal_form_code": "legal_form"}
    return [
        (
            coded(landed, landed.column(getattr(party, name)), column=name, codes=codes, findings=findings)
            if getattr(party, name)
            else landed.same(None)
        ).alias(name)
        for name, codes in lists.items()
    ]


def _owner_ref(landed: LandedRows, party: PartyMapping) -> pl.Series:
    if party.owner_table is None:
        return landed.same(None)
    return landed.reference(party.owner_table, _filled(landed.column(party.owner)))


def updated_at(landed: LandedRows, party: PartyMapping, findings: Findings) -> pl.Series:
    """Time of the last change at the source, in UTC."""
    column = landed.table.updated_at
    read = timestamps(landed.column(column), party.date_order, landed.source.time_zone, party.number_dates)
    if column is not None:
        findings.add(
            read.bad,
            column=column,
            rule="not_a_time",
            value=landed.column(column),
            expected="is not a date or time; the record counts as never changed, correct it at the source",
        )
    return read.values


def _births(
    landed: LandedRows, party: PartyMapping, types: pl.Series, identifiers: pl.DataFrame, findings: Findings
) -> pl.DataFrame:
    """birth_on, birth_precision and gender per row; an identity card tells where the columns do not."""
    raw = landed.column(party.birth_date)
    raw = with_iso_text(raw, party.number_dates, landed.source.time_zone, is_day=True)
    read = per_row(raw.to_frame("text"), lambda frame: standardize_dates(frame["text"], order=party.date_order))
    if party.birth_date is not None:
        findings.add(
            (~read["is_valid"].fill_null(True))
            & ~read["is_placeholder"].fill_null(False)
            & ~is_placeholder(raw).fill_null(False),
            column=party.birth_date,
            rule="not_a_date",
            value=raw,
            expected=f"is no date in the order {party.date_order}; it is left empty, correct the source",
        )
    card = identifiers.drop_nulls("birth_on").filter(pl.col("is_usable"))
    card = card.unique("record_id", keep="first", maintain_order=True)
    card = card.select("record_id", card_birth="birth_on", card_gender="gender")
    gender = translate(party.gender, landed) if party.gender else landed.column(None)
    frame = pl.DataFrame({"record_id": landed.ids, "type": types, "told": gender}).hstack(read)
    frame = frame.join(card, on="record_id", how="left", maintain_order="left")
    good = pl.col("is_valid") & ~pl.col("is_placeholder")
    is_person = pl.col("type") == "person"
    by_card = is_person & pl.col("card_birth").is_not_null()
    return frame.select(
        pl.when(good).then("date").when(by_card).then("card_birth").alias("birth_on"),
        pl.when(good).then("precision").when(by_card).then(pl.lit("day")).alias("birth_precision"),
        pl.coalesce("told", pl.when(is_person).then("card_gender")).alias("gender"),
    )


def _report_nameless(landed: LandedRows, party: PartyMapping, rows: pl.DataFrame, findings: Findings) -> None:
    mapping = party.names[0]
    columns = [c for c in (mapping.full, mapping.organization, mapping.family, mapping.given) if c]
    given = pl.select(pl.coalesce(pl.lit(landed.column(c)) for c in columns)).to_series()
    value = given if len(given) == rows.height else landed.column(columns[0])
    findings.add(
        rows["display_name"].is_null(),
        column=",".join(columns),
        rule="no_name",
        value=value,
        expected="is no name; the record is staged without one, enter it at the source",
    )


def _roles(text: pl.Series) -> pl.Series:
    """Several roles sorted and joined by ','."""
    parts = pl.col("roles").str.split(",").list.eval(pl.element().str.strip_chars()).list.unique().list.sort()
    joined = parts.list.eval(pl.element().filter(pl.element() != "")).list.join(",")
    return text.to_frame("roles").select(pl.when(pl.col("roles").is_not_null()).then(joined)).to_series()


def _filled(raw: pl.Series) -> pl.Series:
    text = plain_text(raw)
    return text.set(is_placeholder(text).fill_null(False), None)


def _links(landed: LandedRows, party: PartyMapping) -> pl.DataFrame:
    """Links from each record to the record whose key a column holds; a record has one link per role."""
    links = list(party.links)
    if party.merged_into is not None:
        links.append(PartyLinkMapping(role="merged_into", to_table=landed.entity, column=party.merged_into))
    empty = pl.DataFrame(schema={c: pl.String for c in ("record_ref", "from_ref", "to_ref", "role")})
    frames = [empty.select(pl.lit(None, dtype=pl.Int64).alias("record_id"), pl.all())]
    for link in links:
        target = landed.reference(link.to_table, landed.column(link.column))
        frame = landed.frame.select("record_id", "record_ref").with_columns(target.alias("to_ref"))
        frame = frame.select(
            "record_id",
            "record_ref",
            pl.col("record_ref").alias("from_ref"),
            "to_ref",
            pl.lit(link.role).alias("role"),
        )
        frames.append(frame.filter(pl.col("to_ref").is_not_null() & (pl.col("to_ref") != pl.col("from_ref"))))
    found = pl.concat(frames)
    return found.unique(["record_id", "role"], keep="first", maintain_order=True)
