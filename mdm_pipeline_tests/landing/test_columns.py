"""Every column that a mapping names is known with the place that names it."""

from __future__ import annotations

from mdm_pipeline.config.sources import TableConfig
from mdm_pipeline.landing.columns import mapped_columns

PARTY = {
    "key": ["no"],
    "updated_at": "changed",
    "party": {
        "type": {"column": "kind", "map": {"P": "person"}},
        "scope": {"otherwise": "match"},
        "names": [{"kind": "legal", "family": "last", "given": "first"}],
        "birth_date": "born",
        "identifiers": [{"column": "tax", "scheme": "uscc", "country_column": "land"}],
        "contact_points": [{"kind": "phone", "column": "tel"}],
        "addresses": [{"kind": "main", "raw": "street", "city": "town"}],
        "billing": {"title": "invoice_title"},
        "credit": {"amount": "limit"},
        "links": [{"role": "branch_of", "to_table": "erp.customers", "column": "parent"}],
    },
}


def test_the_columns_of_a_party_mapping() -> None:
    assert mapped_columns(TableConfig.model_validate(PARTY)) == {
        "no": "key",
        "changed": "updated_at",
        "kind": "party.type",
        "born": "party.birth_date",
        "last": "party.names[0].family",
        "first": "party.names[0].given",
        "tax": "party.identifiers[0].column",
        "land": "party.identifiers[0].country_column",
        "tel": "party.contact_points[0].column",
        "street": "party.addresses[0].raw",
        "town": "party.addresses[0].city",
        "parent": "party.links[0].column",
        "invoice_title": "party.billing[0].title",
        "limit": "party.credit.amount",
    }


def test_the_columns_of_an_event_mapping() -> None:
    event = {"entity": "sales_order", "columns": {"order_no": "no", "currency": {"constant": "CNY"}}}
    assert mapped_columns(TableConfig.model_validate({"key": ["no", "pos"], "event": event})) == {
        "no": "key",
        "pos": "key",
    }
