with in_scope as (
    select record_id
    from staging.party
    where scope <> 'excluded' and record_id not in (select record_id from quality.quarantined)
),

wrong as (
    select coalesce(in_scope.record_id, clustered.record_id) as record_id
    from in_scope
    full join (select record_id, count(*) as times from matching.cluster group by record_id) as clustered
        on in_scope.record_id = clustered.record_id
    where clustered.times is distinct from 1 or in_scope.record_id is null
)

select
    count(*) as failures,
    'record ' || min(record_id) as example
from wrong;
