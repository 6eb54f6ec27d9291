with staged as (
    select record_id from staging.party
    union all
    select record_id from staging.party_link
    union all
    select record_id from staging.product
    union all
    select record_id from staging.sales_order
    union all
    select record_id from staging.sales_order_line
    union all
    select record_id from staging.invoice
    union all
    select record_id from staging.payment
    union all
    select record_id from staging.opportunity
    union all
    select record_id from staging.opportunity_stage
    union all
    select record_id from staging.activity
    union all
    select record_id from staging.service_case
    union all
    select record_id from staging.fx_rate
    union all
    select record_id from staging.billing_profile
    union all
    select record_id from staging.bank_account
    union all
    select record_id from staging.credit_limit
    union all
    select record_id from staging.legal_entity
    union all
    select record_id from staging.business_unit
    union all
    select record_id from staging.employee
    union all
    select record_id from staging.campaign
    union all
    select record_id from staging.campaign_member
    union all
    select record_id from staging.lead
    union all
    select record_id from staging.opportunity_contact
    union all
    select record_id from staging.contract
    union all
    select record_id from staging.installed_asset
    union all
    select record_id from staging.sales_target
    union all
    select record_id from staging.consent
    union all
    select record_id from quality.issue
    where severity = 'reject' and is_open and record_id is not null
),

wrong as (
    select live_record.record_id
    from live_record
    where live_record.record_id not in (select record_id from staged)
)

select
    count(*) as failures,
    min(record.record_ref) as example
from wrong
inner join landing.record as record on wrong.record_id = record.record_id;
