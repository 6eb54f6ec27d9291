-- Records that are customers now, and how their clusters overlap with the customers of the crosswalk in force.
create or replace temp table present_record as
with
clustered as (
    select
        cluster.record_id,
        cluster.cluster_id,
        cluster.party_type
    from matching.cluster as cluster
    inner join staging.party as party on cluster.record_id = party.record_id
),

-- a record that passes through without matching is a customer of its own
alone as (
    select
        party.record_id,
        party.record_id as cluster_id,
        party.party_type
    from staging.party as party
    where
        party.scope = 'pass_through'
        and party.record_id not in (select record_id from matching.cluster)
        and party.record_id not in (select record_id from quality.quarantined)
)

select * from clustered
union all
select * from alone;

create or replace temp table overlap as
select
    present.cluster_id,
    xref.master_id,
    count(*) as records,
    try_cast(regexp_extract(xref.master_id, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint) as id_number
from present_record as present
inner join master.xref as xref on present.record_id = xref.record_id
where xref.is_current
group by present.cluster_id, xref.master_id;

-- the common case: the whole of one customer is in one cluster with nobody else's records
create or replace temp table simple_heir as
select
    cluster_id,
    master_id
from overlap
qualify
    count(*) over (partition by cluster_id) = 1
    and count(*) over (partition by master_id) = 1;

select
    cluster_id,
    master_id,
    records,
    coalesce(id_number, 0) as id_number
from overlap
where cluster_id not in (select cluster_id from simple_heir)
order by cluster_id, master_id;
