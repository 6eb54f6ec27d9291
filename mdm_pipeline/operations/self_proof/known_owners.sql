-- The parties of the events: their customers stand in a snapshot where they are not rebuilt themselves.
create or replace temp table proof_known as
with named as (
    select party_ref
    from staging.sales_order
    where record_id in (select proof_event.record_id from proof_event)
    union
    select party_ref
    from staging.invoice
    where record_id in (select proof_event.record_id from proof_event)
    union
    select party_ref
    from staging.payment
    where record_id in (select proof_event.record_id from proof_event)
    union
    select party_ref
    from staging.opportunity
    where record_id in (select proof_event.record_id from proof_event)
    union
    select unnest([party_ref, contact_ref]) as party_ref
    from staging.activity
    where record_id in (select proof_event.record_id from proof_event)
    union
    select unnest([party_ref, contact_ref]) as party_ref
    from staging.service_case
    where record_id in (select proof_event.record_id from proof_event)
),

meant as (
    select party_ref
    from named
    union
    select redirect.to_ref as party_ref
    from staging.party_redirect as redirect
    where redirect.from_ref in (select named.party_ref from named)
)

select record.record_id
from meant
inner join landing.record as record on meant.party_ref = record.record_ref
where record.record_id not in (select proof_record.record_id from proof_record);

create or replace temp table proof_rebuilt as
select proof_record.record_id
from proof_record
union
select proof_event.record_id
from proof_event;
