-- Events that decide about those found so far: of the same order or invoice number. To be repeated until none is added.
create or replace temp table proof_number as
select
    'order' as kind,
    order_no as number
from staging.sales_order
where record_id in (select proof_event.record_id from proof_event)
union
select
    'order' as kind,
    order_no as number
from staging.invoice
where record_id in (select proof_event.record_id from proof_event)
union
select
    'invoice' as kind,
    unnest([invoice_no, original_invoice_no]) as number
from staging.invoice
where record_id in (select proof_event.record_id from proof_event)
union
select
    'invoice' as kind,
    invoice_no as number
from staging.payment
where record_id in (select proof_event.record_id from proof_event);

insert into proof_event
with reached as (
    select record_id
    from staging.sales_order
    where order_no in (select proof_number.number from proof_number where proof_number.kind = 'order')
    union
    select record_id
    from staging.invoice
    where
        order_no in (select proof_number.number from proof_number where proof_number.kind = 'order')
        or invoice_no in (select proof_number.number from proof_number where proof_number.kind = 'invoice')
        or original_invoice_no in (select proof_number.number from proof_number where proof_number.kind = 'invoice')
    union
    select record_id
    from staging.payment
    where invoice_no in (select proof_number.number from proof_number where proof_number.kind = 'invoice')
)

select reached.record_id
from reached
where reached.record_id not in (select proof_event.record_id from proof_event);

select count(*) from proof_event;
