create or replace temp table landing_registered as
select
    record_id,
    source_key
from landing.record
where source = $source and source_table = $source_table;
