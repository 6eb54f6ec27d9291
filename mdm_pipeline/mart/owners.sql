-- The customer of every party record, as events refer to it. A record that its source merged into another one stands
-- for the one that remained, or for itself where that one has no customer.
create or replace temp table owner_of as
with
owned as (
    select
        record_ref,
        master_id
    from master.xref
    where is_current
),

redirected as (
    select
        redirect.from_ref as record_ref,
        coalesce(survivor.master_id, merged.master_id) as master_id
    from staging.party_redirect as redirect
    left join owned as survivor on redirect.to_ref = survivor.record_ref
    left join owned as merged on redirect.from_ref = merged.record_ref
)

select
    record_ref,
    master_id
from redirected
where master_id is not null
union all
select
    record_ref,
    master_id
from owned
where record_ref not in (select record_ref from redirected);

-- The customer behind an order number; none where several customers use the same number.
create or replace temp table buyer_of_order as
select
    sales_order.order_no,
    min(owner_of.master_id) as master_id
from staging.sales_order as sales_order
inner join owner_of on sales_order.party_ref = owner_of.record_ref
group by sales_order.order_no
having count(distinct owner_of.master_id) = 1;

-- The invoice that a payment or credit note means: of several with that number, one of the same company and source.
create or replace temp table settled_invoice as
with
reference as (
    select
        record_id,
        invoice_no,
        legal_entity,
        source
    from staging.payment
    where invoice_no is not null
    union all
    select
        record_id,
        original_invoice_no as invoice_no,
        legal_entity,
        source
    from staging.invoice
    where kind = 'credit_note' and original_invoice_no is not null
)

select
    reference.record_id,
    invoice.record_id as invoice_record_id
from reference
inner join staging.invoice as invoice
    on reference.invoice_no = invoice.invoice_no and reference.record_id <> invoice.record_id
qualify row_number() over (
    partition by reference.record_id
    order by
        invoice.kind is not distinct from 'credit_note',
        reference.legal_entity is distinct from invoice.legal_entity,
        reference.source is distinct from invoice.source,
        invoice.record_id
) = 1;
