-- The customers of the components, and the events and links of their records.
create or replace temp table proof_customer as
select proof_chosen.master_id
from proof_chosen
union
select xref.master_id
from master.xref as xref
where xref.is_current and xref.record_id in (select proof_record.record_id from proof_record);

-- what points to a record that its source merged into another one means that one
create or replace temp table proof_ref as
with own as (
    select record.record_ref
    from landing.record as record
    where record.record_id in (select proof_record.record_id from proof_record)
)

select own.record_ref
from own
union
select redirect.from_ref
from staging.party_redirect as redirect
where redirect.to_ref in (select own.record_ref from own);

create or replace temp table proof_event as
with happening as (
    select
        record_id,
        party_ref
    from staging.sales_order
    union all
    select
        record_id,
        party_ref
    from staging.invoice
    union all
    select
        record_id,
        party_ref
    from staging.payment
    union all
    select
        record_id,
        party_ref
    from staging.opportunity
    union all
    select
        record_id,
        coalesce(party_ref, contact_ref) as party_ref
    from staging.activity
    union all
    select
        record_id,
        coalesce(party_ref, contact_ref) as party_ref
    from staging.service_case
    union all
    select
        record_id,
        from_ref as party_ref
    from staging.party_link
    union all
    select
        record_id,
        to_ref as party_ref
    from staging.party_link
),

owned as (
    select
        record_id,
        master_id
    from mart.customer_order
    union all
    select
        record_id,
        master_id
    from mart.customer_invoice
    union all
    select
        record_id,
        master_id
    from mart.customer_payment
    union all
    select
        record_id,
        master_id
    from mart.customer_opportunity
    union all
    select
        record_id,
        master_id
    from mart.customer_activity
    union all
    select
        record_id,
        master_id
    from mart.customer_case
)

select happening.record_id
from happening
where happening.party_ref in (select proof_ref.record_ref from proof_ref)
union
select owned.record_id
from owned
where owned.master_id in (select proof_customer.master_id from proof_customer);
