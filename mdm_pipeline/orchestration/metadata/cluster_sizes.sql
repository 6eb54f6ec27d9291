with sized as (
    select
        party_type,
        cluster_id,
        count(*) as records
    from matching.cluster
    group by all
)

select
    party_type,
    records,
    count(*) as clusters
from sized
group by all
order by all;
