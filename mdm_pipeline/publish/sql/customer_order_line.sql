-- of several orders with one number, the one of the same source
with owner_by_order as (
    select
        order_no,
        source,
        min(master_id) as master_id
    from mart.customer_order
    group by order_no, source
),

owner_by_number as (
    select
        order_no,
        min(master_id) as master_id
    from mart.customer_order
    group by order_no
    having count(*) = 1
)

select
    coalesce(same_source.master_id, any_source.master_id) as master_id,
    line.*
from staging.sales_order_line as line
left join owner_by_order as same_source
    on line.order_no = same_source.order_no and line.source = same_source.source
left join owner_by_number as any_source on line.order_no = any_source.order_no
