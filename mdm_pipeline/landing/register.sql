insert into landing.record
select
    record_id,
    $source,
    $source_table,
    source_key,
    $source || '.' || $source_table || ':' || source_key,
    $as_of::timestamp
from landing_taken
where is_new;
