-- A registry's row is in the cluster of the customer that it is about, or in none.
with in_scope as (
    select record_id
    from staging.party
    where
        scope in ('match', 'pass_through')
        and record_id not in (select record_id from quality.quarantined)
),

may_be as (
    select record_id
    from staging.party
    where scope = 'reference' and record_id not in (select record_id from quality.quarantined)
),

wrong as (
    select coalesce(in_scope.record_id, clustered.record_id) as record_id
    from in_scope
    full join (select record_id, count(*) as times from matching.cluster group by record_id) as clustered
        on in_scope.record_id = clustered.record_id
    where
        clustered.times is distinct from 1
        or (in_scope.record_id is null and clustered.record_id not in (select may_be.record_id from may_be))
)

select
    count(*) as failures,
    'record ' || min(record_id) as example
from wrong;
