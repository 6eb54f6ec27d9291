with staged as (
    select 'sales_order' as entity, coalesce(sum(net_amount), 0) as amount, count(*) as times from staging.sales_order
    union all
    select 'invoice', coalesce(sum(gross_amount), 0), count(*) from staging.invoice
    union all
    select 'payment', coalesce(sum(amount), 0), count(*) from staging.payment
    union all
    select 'opportunity', coalesce(sum(amount), 0), count(*) from staging.opportunity
),

built as (
    select 'sales_order' as entity, coalesce(sum(net_amount), 0) as amount, count(*) as times from mart.customer_order
    union all
    select 'invoice', coalesce(sum(gross_amount), 0), count(*) from mart.customer_invoice
    union all
    select 'payment', coalesce(sum(amount), 0), count(*) from mart.customer_payment
    union all
    select 'opportunity', coalesce(sum(amount), 0), count(*) from mart.customer_opportunity
)

select
    count(*) as failures,
    min(staged.entity || ': staging ' || staged.amount || ', mart ' || built.amount) as example
from staged
inner join built on staged.entity = built.entity
where staged.amount <> built.amount or staged.times <> built.times;
