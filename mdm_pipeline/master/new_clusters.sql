-- Clusters that need a new code, in the order in which codes are given.
select
    cluster_id,
    min(record_id) as first_record_id
from present_record
where cluster_id not in (select cluster_id from heir)
group by cluster_id
order by first_record_id;
