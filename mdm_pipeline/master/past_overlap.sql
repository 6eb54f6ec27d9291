-- Codes out of use that the records of clusters without a code once had.
with
in_use as (
    select master_id from master.xref
    where is_current
),

homeless as (
    select
        record_id,
        cluster_id
    from present_record
    where cluster_id not in (select cluster_id from heir)
)

select
    homeless.cluster_id,
    xref.master_id,
    count(distinct xref.record_id) as records,
    coalesce(try_cast(regexp_extract(xref.master_id, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint), 0) as id_number
from homeless
inner join master.xref as xref on homeless.record_id = xref.record_id
where
    not xref.is_current
    and xref.master_id not in (select master_id from in_use)
group by homeless.cluster_id, xref.master_id
order by homeless.cluster_id, xref.master_id;
