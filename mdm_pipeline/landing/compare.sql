-- What each delivered key means for the landed table.
create or replace temp table landing_registered as
select
    record_id,
    source_key
from landing.record
where source = $source and source_table = $source_table;

create or replace temp table landing_taken as
with known as (
    select
        winner.source_key,
        winner._row,
        winner.row_hash,
        registered.record_id,
        stored.first_seen_at,
        case
            when stored.record_id is null then 'insert'
            when stored.is_deleted then 'reappear'
            when stored.row_hash <> winner.row_hash then 'update'
            else 'same'
        end as action,
        stored.record_id is not null and stored.row_hash <> winner.row_hash as is_replaced
    from landing_winner as winner
    left join landing_registered as registered on winner.source_key = registered.source_key
    left join landing_stored as stored on registered.record_id = stored.record_id
),

numbered as (
    select
        *,
        row_number() over (partition by record_id is null order by source_key) as number
    from known
)

select
    source_key,
    _row,
    row_hash,
    coalesce(record_id, number + (select coalesce(max(record_id), 0) from landing.record)) as record_id,
    record_id is null as is_new,
    coalesce(first_seen_at, $as_of::timestamp) as first_seen_at,
    action,
    is_replaced
from numbered;

create or replace temp table landing_absent as
select stored.record_id
from landing_stored as stored
where
    $deletes_by_absence
    and not stored.is_deleted
    and stored.record_id not in (select record_id from landing_taken);

with counted as (
    select
        count(*) filter (action in ('insert', 'reappear')) as inserted,
        count(*) filter (action = 'update') as updated
    from landing_taken
),

absent as (
    select count(*) as absent from landing_absent
),

live as (
    select count(*) filter (not is_deleted) as live from landing_stored
)

select
    counted.inserted,
    counted.updated,
    absent.absent,
    live.live
from counted
cross join absent
cross join live;
