-- Customers in scope that were or are: the new ones are in the crosswalk, the old ones have a golden record.
with known as (
    select master_id from master.xref
    where is_current
    union
    select master_id from master.customer
)

select count(*)
from customer_scope
where key in (select master_id from known);
