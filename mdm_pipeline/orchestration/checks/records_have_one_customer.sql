with crosswalk as (
    select
        record_id,
        count(*) as times
    from master.xref
    where is_current
    group by record_id
),

wrong_record as (
    select 'record ' || coalesce(clustered.record_id, crosswalk.record_id) as what
    from matching.cluster as clustered
    full join crosswalk on clustered.record_id = crosswalk.record_id
    where crosswalk.times is distinct from 1 or clustered.record_id is null
),

wrong_customer as (
    select 'customer ' || coalesce(customer.master_id, known.master_id) as what
    from master.customer as customer
    full join (select distinct master_id from master.xref where is_current) as known
        on customer.master_id = known.master_id
    where customer.master_id is null or known.master_id is null
),

wrong as (
    select what from wrong_record
    union all
    select what from wrong_customer
)

select
    count(*) as failures,
    min(what) as example
from wrong;
