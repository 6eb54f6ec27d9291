-- What matching found, and every pass-through record alone.
create or replace temp table wanted_cluster as
select
    record_id,
    cluster_id,
    party_type
from found_clusters
union all
select
    party.record_id,
    party.record_id as cluster_id,
    party.party_type
from staging.party as party
where
    party.scope = 'pass_through'
    and party.record_id not in (select quarantined.record_id from quality.quarantined as quarantined);
