"""A table's proposal as the mapping of the canonical model.

In: a `Proposal`. Out: `Mapped`: nested fields for the YAML file, and which column went where. Invariant: what is made
here is a valid `PartyMapping` or `EventMapping`. Does not belong here: YAML's layout and comments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mdm_pipeline.onboarding.meanings import Column
from mdm_pipeline.onboarding.table_proposal import Proposal
from mdm_pipeline.onboarding.word_tables import event_columns, folded

_TYPES = {
    "organization": "企业 公司 单位 机构 法人 company organization organisation org corporate business b2b firma "
    "unternehmen geschaftlich gewerblich societe entreprise empresa professionnel 个体工商户 o c b2g juridique",
    "person": "个人 自然人 散户 person individual private consumer b2c privat privatperson privatkunde particulier "
    "persona particular p i 会员",
}
_GENDERS = {
    "f": "f w female 女 weiblich femme mujer 2 frau mme mrs ms",
    "m": "m male 男 mannlich homme hombre 1 herr mr h",
}


@dataclass
class Mapped:
    """A mapping in the making.

    Args:
        body: fields of `party` or `event`, as they will stand in the file.
        used: column to the path of the field that it fills.
        warnings: what the person who adds the source has to decide.
    """

    body: dict[str, Any] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def take(self, column: Column | None, where: str) -> str | None:
        """Name of a column that is used here; None stays None."""
        if column is not None:
            self.used.setdefault(column.name, where)
        return column.name if column is not None else None


def mapping_of(one: Proposal) -> Mapped:
    """The mapping of one table."""
    return _party(one) if one.kind in ("party", "contact") else _event(one)


def _event(one: Proposal) -> Mapped:
    mapped = Mapped()
    columns: dict[str, Any] = {}
    for canonical, meanings in event_columns()[one.kind]:
        column = one.best(*meanings)
        if column is None:
            continue
        if canonical == "party_ref" or canonical == "contact_ref":
            target = one.parties.get(column.name)
            if target is None:
                mapped.warnings.append(
                    f"column {column.name} holds a customer's key, but of no table of this source: EDIT, write "
                    f"`{canonical}: {{column: {column.name}, party: source.table}}`"
                )
                continue
            columns[canonical] = {"column": mapped.take(column, canonical), "party": target}
        else:
            columns[canonical] = mapped.take(column, canonical)
    number = event_columns()[one.kind][0][0]
    if number.endswith("_no") and number not in columns and one.kind not in ("activity",) and len(one.key) == 1:
        columns = {number: one.key[0], **columns}
        mapped.used.setdefault(one.key[0], number)
    mapped.body = {"entity": one.kind, "columns": columns}
    order = _date_order(one)
    if order:
        mapped.body["date_order"] = order
    return mapped


def _party(one: Proposal) -> Mapped:
    mapped = Mapped()
    body = mapped.body
    body["type"] = _type(one, mapped)
    body["roles"] = {"otherwise": "contact" if one.kind == "contact" else "customer"}
    body["names"] = _names(one, mapped)
    for name in ("birth_date", "industry", "status", "channel", "owner", "website", "legal_entity", "business_unit"):
        if taken := mapped.take(one.best(name), name):
            body[name] = taken
    if taken := mapped.take(one.best("legal_form"), "legal_form_code"):
        body["legal_form_code"] = taken
    if column := one.best("gender"):
        known = _by_words(column, _GENDERS)
        if known:
            body["gender"] = {"column": mapped.take(column, "gender"), "map": known}
    for name in ("country", "merged_into"):
        if taken := mapped.take(one.best(name), name):
            body[name] = taken
    parts = {
        "identifiers": _identifiers(one, mapped),
        "contact_points": _contact_points(one, mapped),
        "addresses": _addresses(one, mapped),
        "billing": _billing(one, mapped),
    }
    body |= {name: part for name, part in parts.items() if part}
    accounts = _bank_accounts(one, mapped) if not parts["billing"] else []
    if accounts:
        body["bank_accounts"] = accounts
    if credit := _credit(one, mapped):
        body["credit"] = credit
    if links := _links(one, mapped):
        body["links"] = links
    if order := _date_order(one):
        body["date_order"] = order
    return mapped


def _type(one: Proposal, mapped: Mapped) -> dict[str, Any]:
    if one.kind == "contact":
        return {"otherwise": "person"}
    column = one.best("party_kind")
    if column is not None:
        known = _by_words(column, _TYPES)
        if known:
            mapped.take(column, "type")
            return {"column": column.name, "map": known, "otherwise": "guess"}
    family, organization = one.best("family_name"), one.best("organization_name")
    return {"otherwise": "person" if family and not organization else "guess"}


def _names(one: Proposal, mapped: Mapped) -> list[dict[str, str]]:
    family, given = one.best("family_name"), one.best("given_name")
    organization, full = one.best("organization_name"), one.best("full_name")
    first: dict[str, str] = {"kind": "legal"}
    if family and given:
        first |= {"family": family.name, "given": given.name}
        for column in (family, given):
            mapped.take(column, "names")
        if middle := mapped.take(one.best("middle_name"), "names"):
            first["middle"] = middle
        if organization and one.kind == "party":
            first["organization"] = organization.name
            mapped.take(organization, "names")
    elif one.kind == "contact":
        first["full"] = (mapped.take(full or family or one.best("contact_person") or organization, "names")) or ""
    elif organization and full and organization is not full:
        # a person's name in a table of organizations is a contact's, unless the organization's is empty there
        both = organization.content.filled < 0.98
        first |= {"organization": organization.name, "full": full.name} if both else {"full": organization.name}
        for used in (organization, *([full] if both else [])):
            mapped.take(used, "names")
    else:
        first["full"] = mapped.take(organization or full or one.best("invoice_title", "short_name"), "names") or ""
    if not first.get("full", first.get("family")):
        mapped.warnings.append("no column looks like a name: EDIT `names`")
        first = {"kind": "legal", "full": one.key[0]}
    names = [first]
    for meaning, kind in (("short_name", "trading"), ("foreign_name", "transliterated")):
        more = one.best(meaning)
        if more and more.name not in mapped.used:
            names.append({"kind": kind, "full": mapped.take(more, "names") or ""})
    return names


def _identifiers(one: Proposal, mapped: Mapped) -> list[dict[str, str]]:
    found = one.every("tax_id", "person_id", "identifier")
    return [{"column": mapped.take(column, "identifiers") or "", "scheme": "auto"} for column in found]


def _contact_points(one: Proposal, mapped: Mapped) -> list[dict[str, str]]:
    kinds = {"phone": "phone", "email": "email", "wechat": "wechat", "registered_phone": "phone"}
    if not _has_billing(one):
        kinds |= {"invoice_email": "email", "invoice_phone": "phone"}
    found = one.every(*kinds)
    return [
        {"kind": kinds[column.meaning or ""], "column": mapped.take(column, "contact_points") or ""}
        for column in found
        if _is_worth(column)
    ]


def _is_worth(column: Column) -> bool:
    return column.content.values > 0 or column.content.rows == 0 or column.confidence > 0.8


def _addresses(one: Proposal, mapped: Mapped) -> list[dict[str, str]]:
    main: dict[str, str] = {}
    if raw := mapped.take(one.best("street", "address"), "addresses"):
        main["raw"] = raw
    for part in ("province", "city", "district", "postcode"):
        if taken := mapped.take(one.best(part), "addresses"):
            main[part] = taken
    if main and (country := one.best("country")):
        main["country"] = country.name
    found = [{"kind": "main", **main}] if main else []
    street = one.best("street")
    whole = [column for column in one.every("address", "street") if column.name != main.get("raw") and street is None]
    more = [
        ("mailing", whole),
        ("registered", one.every("registered_address")),
        ("delivery", one.every("delivery_address")),
    ]
    for kind, columns in more:
        found += [{"kind": kind, "raw": mapped.take(column, "addresses") or ""} for column in columns]
    return found


def _billing(one: Proposal, mapped: Mapped) -> dict[str, str]:
    """开票信息 are what they are by the title or by tax number and bank together."""
    if not _has_billing(one):
        return {}
    title, tax, bank = one.best("invoice_title"), one.best("tax_id"), one.best("bank_name")
    fields = {
        "title": title or one.best("organization_name"),
        "tax_id": tax,
        "registered_address": one.best("registered_address"),
        "registered_phone": one.best("registered_phone"),
        "bank_name": bank,
        "bank_account": one.best("bank_account"),
        "invoice_kind": one.best("invoice_kind"),
        "delivery_email": one.best("invoice_email"),
        "delivery_phone": one.best("invoice_phone"),
    }
    return {name: mapped.take(column, "billing") or "" for name, column in fields.items() if column is not None}


def _has_billing(one: Proposal) -> bool:
    tax_and_bank = one.best("tax_id") is not None and one.best("bank_name") is not None
    return tax_and_bank or one.best("invoice_title", "registered_phone", "invoice_kind") is not None


def _bank_accounts(one: Proposal, mapped: Mapped) -> list[dict[str, str]]:
    account = one.best("bank_account")
    if account is None:
        return []
    fields = {
        "account": account,
        "holder": one.best("account_holder"),
        "bank_name": one.best("bank_name"),
        "bank_code": one.best("bank_code"),
        "mandate_no": one.best("mandate_no"),
    }
    return [{name: mapped.take(column, "bank_accounts") or "" for name, column in fields.items() if column is not None}]


def _credit(one: Proposal, mapped: Mapped) -> dict[str, str]:
    limit, terms = one.best("credit_limit"), one.best("payment_terms")
    if limit is None and terms is None:
        return {}
    fields = {"amount": limit, "currency": one.best("currency"), "payment_terms": terms, "blocked": one.best("blocked")}
    return {name: mapped.take(column, "credit") or "" for name, column in fields.items() if column is not None}


def _links(one: Proposal, mapped: Mapped) -> list[dict[str, str]]:
    links = []
    for column in one.every("party_no", "parent_no"):
        target = one.parties.get(column.name)
        if target and not (one.kind == "party" and column.meaning == "party_no"):
            role = "contact_of" if one.kind == "contact" else "subsidiary_of"
            links.append({"role": role, "to_table": target, "column": mapped.take(column, "links") or ""})
    return links


def _by_words(column: Column, words: dict[str, str]) -> dict[str, str]:
    """Values of the column that one of our words means."""
    meant = {word: code for code, text in words.items() for word in folded(text.split())}
    values = list(column.content.examples)
    return {value: meant[text] for value, text in zip(values, folded(values), strict=True) if text in meant}


def _date_order(one: Proposal) -> str | None:
    """Order of day and month where the values prove it: a 13th month cannot be."""
    firsts, seconds = 0, 0
    for column in one.columns:
        if column.content.share("date") < 0.6:
            continue
        for value in column.content.examples:
            parts = value.replace(".", "/").replace("-", "/").split(" ")[0].split("/")
            if len(parts) == 3 and all(part.isdigit() for part in parts) and len(parts[0]) <= 2:
                firsts += int(parts[0]) > 12
                seconds += int(parts[1]) > 12
    if firsts and not seconds:
        return "dmy"
    return "mdy" if seconds and not firsts else None
