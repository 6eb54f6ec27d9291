"""The tables of the CRM's database: columns, keys, types.

In: nothing. Out: names and a SQLAlchemy schema. Invariant: every table has a primary key.
What does not belong here: rows (`crm`, `sales`).
"""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

KEYS = {
    "account": ("account_id",),
    "contact": ("contact_id",),
    "account_contact": ("account_id", "contact_id", "role"),
    "opportunity": ("opportunity_id",),
    "opportunity_stage": ("opportunity_id", "step"),
    "activity": ("activity_id",),
    "service_case": ("case_id",),
    "sales_user": ("user_name",),
    "campaign": ("campaign_id",),
    "campaign_member": ("campaign_id", "contact_id"),
    "lead": ("lead_id",),
    "opportunity_contact": ("opportunity_id", "contact_id"),
    "contract": ("contract_id",),
    "installed_asset": ("asset_id",),
    "consent": ("consent_id",),
    "sales_target": ("owner", "starts_on"),
}
COLUMNS = {
    "account": (
        "account_id account_name account_name_en account_kind tax_no phone email website industry province "
        "city address postcode country birth_date gender owner status role parent_account_id former_name "
        "created_at updated_at"
    ),
    "contact": (
        "contact_id full_name first_name last_name name_local gender birth_date mobile phone email wechat "
        "id_number job_title address city country postcode created_at updated_at"
    ),
    "account_contact": "account_id contact_id role is_primary started_on ended_on",
    "opportunity": (
        "opportunity_id account_id name stage amount currency close_on owner lost_reason created_at updated_at"
    ),
    "opportunity_stage": "opportunity_id step stage entered_at",
    "activity": "activity_id account_id contact_id kind subject happened_at owner",
    "service_case": "case_id account_id contact_id subject priority status opened_at closed_at",
    "sales_user": "user_name employee_no email department status left_on",
    "campaign": "campaign_id name channel status starts_on ends_on budget cost currency business_unit owner",
    "campaign_member": "campaign_id contact_id status responded_at",
    "lead": (
        "lead_id name company_name phone email channel campaign_id status lost_reason account_id opportunity_id "
        "owner created_at first_contact_at converted_at updated_at"
    ),
    "opportunity_contact": "opportunity_id contact_id role attitude is_primary",
    "contract": (
        "contract_id account_id opportunity_id name kind status signed_on starts_on ends_on auto_renew "
        "payment_terms amount currency owner updated_at"
    ),
    "installed_asset": ("asset_id account_id product_no serial_no status installed_on warranty_until life_months"),
    "consent": "consent_id contact_id purpose channel status decided_at evidence",
    "sales_target": "owner starts_on ends_on business_unit target_wan currency",
}
TYPES = {
    "amount": sa.Float,
    "budget": sa.Float,
    "cost": sa.Float,
    "target_wan": sa.Float,
    "step": sa.Integer,
    "is_primary": sa.Integer,
    "auto_renew": sa.Integer,
    "life_months": sa.Integer,
}
POLARS_TYPES = {name: pl.Float64 if kind is sa.Float else pl.Int64 for name, kind in TYPES.items()}


def metadata() -> sa.MetaData:
    """The CRM's tables, with primary keys."""
    described = sa.MetaData()
    for name, columns in COLUMNS.items():
        sa.Table(
            name,
            described,
            *[
                sa.Column(column, TYPES.get(column, sa.Text)(), primary_key=column in KEYS[name])
                for column in columns.split()
            ],
        )
    return described
