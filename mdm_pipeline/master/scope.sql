-- Customers whose golden record may change: their records, their crosswalk rows, or the rules did.
create or replace temp table customer_scope as
with
touched_record as (
    select key as record_id from work_matching
    union
    select key as record_id from work_staging
),

by_record as (
    select xref.master_id
    from master.xref as xref
    inner join touched_record on xref.record_id = touched_record.record_id
),

by_crosswalk as (
    select key as master_id from master.change
    where seq = $seq and entity = 'xref'
),

everything as (
    select master_id from master.xref
    where $is_full
    union
    select master_id from master.customer
    where $is_full
)

select master_id as key from by_record
union
select master_id as key from by_crosswalk
union
select master_id as key from everything;
