-- Totals for the run's page: events, and how many have no customer.
with event as (
    select
'orders' as what,
master_id,
group_amount
from mart.customer_order
    union all
    select
'invoices',
master_id,
group_amount
from mart.customer_invoice
    union all
    select
'payments',
master_id,
group_amount
from mart.customer_payment
    union all
    select
'opportunities',
master_id,
group_amount
from mart.customer_opportunity
    union all
    select
'activities',
master_id,
null
from mart.customer_activity
    union all
    select
'cases',
master_id,
null
from mart.customer_case
)

select
    what,
    count(*) as rows,
    count(*) - count(master_id) as without_customer,
    sum(group_amount)::double as group_amount
from event
group by what
order by what;
