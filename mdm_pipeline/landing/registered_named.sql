-- Only the records that a delivery of changes names in one way or another.
create or replace temp table landing_registered as
with named as (
    select source_key from landing_winner
    union
    select source_key from landing_gone_key
    union
    select delivered.source_key
    from landing_discarded as discarded
    inner join landing_delivered_key as delivered on discarded._row = delivered._row
)

-- two joins instead of one `or`: DuckDB then looks only at rows of the register that can match
select
    record.record_id,
    record.source_key
from landing.record as record
where
    record.source = $source
    and record.source_table = $source_table
    and record.source_key in (select named.source_key from named)
union
select
    record.record_id,
    record.source_key
from landing.record as record
where
    record.source = $source
    and record.source_table = $source_table
    and record.record_id in (select dropped.record_id from landing_dropped as dropped);
