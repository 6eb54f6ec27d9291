-- What waits for a mapping, counted.
create or replace temp table wanted_unmapped_code as
select
    uncoded.source,
    uncoded.source_table,
    uncoded.list,
    uncoded.source_code,
    count(distinct uncoded.record_id) as rows,
    min(record.first_seen_at) as first_seen
from staging.uncoded as uncoded
left join landing.record as record on uncoded.record_id = record.record_id
group by all;
