-- Amounts that have no value in group currency.
insert into found_issue
with
event as (
    select
'mart.customer_order' as table_name,
source,
record_id,
currency,
net_amount as amount,
group_amount
    from wanted_customer_order
    union all
    select
'mart.customer_invoice',
source,
record_id,
currency,
net_amount,
group_amount
    from wanted_customer_invoice
    union all
    select
'mart.customer_payment',
source,
record_id,
currency,
amount,
group_amount
    from wanted_customer_payment
    union all
    select
'mart.customer_opportunity',
source,
record_id,
currency,
amount,
group_amount
    from wanted_customer_opportunity
)

select
    source,
    table_name,
    record_id,
    null as location,
    'currency' as column_name,
    'unknown_currency' as rule,
    'warn' as severity,
    currency as value,
    table_name || ', currency ' || coalesce(currency, '(none)') || ': no rate to ' || $group_currency
    || ' is known, so the amount counts in no group figure; deliver a rate or correct the currency' as message
from event
where amount is not null and group_amount is null;
