-- The rate of every currency and day that events have: the latest one valid by then, else the earliest there is.
create or replace temp table day_rate as
with
used as (
    select
currency,
ordered_on as day
from staging.sales_order
    union
    select
currency,
invoiced_on
from staging.invoice
    union
    select
currency,
received_on
from staging.payment
    union
    select
currency,
coalesce(close_on, created_at::date)
from staging.opportunity
),

known as (
    select
        currency,
        valid_on,
        rate
    from staging.fx_rate
    where currency is not null and valid_on is not null and rate is not null
    qualify row_number() over (partition by currency, valid_on order by record_id desc) = 1
),

earliest as (
    select
        currency,
        arg_min(rate, valid_on) as rate
    from known
    group by currency
),

by_then as (
    select
        used.currency,
        used.day,
        known.rate
    from used
    asof left join known
        on used.currency = known.currency and used.day >= known.valid_on
)

select
    by_then.currency,
    by_then.day,
    case
        when by_then.currency = $group_currency then 1::decimal(18, 8)
        else coalesce(by_then.rate, earliest.rate)
    end as rate
from by_then
left join earliest on by_then.currency = earliest.currency
where by_then.currency is not null;
