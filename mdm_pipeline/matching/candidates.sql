-- Pairs that met on at least one key. Two records of one duplicate-free source never do.
create or replace temp table matching_candidate as
with met as (
    select
        l.record_id as record_id_l,
        r.record_id as record_id_r,
        string_agg(distinct l.kind, ',' order by l.kind) as match_keys
    from matching_block as l
    inner join matching_block as r on l.key = r.key and l.record_id < r.record_id
    group by all
)

select met.*
from met
inner join matching_feature as l on met.record_id_l = l.record_id
inner join matching_feature as r on met.record_id_r = r.record_id
where
    l.source_table <> r.source_table
    or not list_contains($duplicate_free, l.source_table)
order by met.record_id_l, met.record_id_r;
