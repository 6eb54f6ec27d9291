-- What each delivered key means for the landed table; `landing_registered` and `landing_stored` hold at least the rows
-- that a key of this delivery can mean.
create or replace temp table landing_taken as
with known as (
    select
        winner.source_key,
        winner._row,
        winner.row_hash,
        registered.record_id,
        stored.first_seen_at,
        case
            when overruled.source_key is not null and stored.record_id is not null then 'same'
            when flagged._row is not null and stored.record_id is null then 'skip'
            when flagged._row is not null and stored.is_deleted then 'same'
            when flagged._row is not null then 'gone'
            when stored.record_id is null then 'insert'
            when stored.is_deleted then 'reappear'
            when stored.row_hash <> winner.row_hash then 'update'
            else 'same'
        end as action,
        stored.record_id is not null and stored.row_hash <> winner.row_hash as is_other
    from landing_winner as winner
    left join landing_registered as registered on winner.source_key = registered.source_key
    left join landing_stored as stored on registered.record_id = stored.record_id
    left join landing_flagged as flagged on winner._row = flagged._row
    left join landing_overruled as overruled on winner.source_key = overruled.source_key
),

numbered as (
    select
        *,
        row_number() over (partition by record_id is null order by source_key) as number
    from known
    where action <> 'skip'
)

select
    source_key,
    _row,
    row_hash,
    coalesce(record_id, number + (select coalesce(max(record_id), 0) from landing.record)) as record_id,
    record_id is null as is_new,
    coalesce(first_seen_at, $as_of::timestamp) as first_seen_at,
    action,
    action in ('insert', 'reappear', 'update') as is_written,
    is_other and action in ('reappear', 'update') as is_replaced
from numbered;

-- rows of which the source says, one way or another, that they are gone
create or replace temp table landing_named_gone as
select registered.record_id
from landing_registered as registered
where
    registered.source_key in (select gone.source_key from landing_gone_key as gone)
    or registered.record_id in (select dropped.record_id from landing_dropped as dropped)
    or (
        $has_present_keys
        and registered.source_key not in (select present.source_key from landing_present_key as present)
    );

-- rows that came but were refused: they are there all the same
create or replace temp table landing_refused as
select registered.record_id
from landing_discarded as discarded
inner join landing_delivered_key as delivered on discarded._row = delivered._row
inner join landing_registered as registered on delivered.source_key = registered.source_key;

create or replace temp table landing_absent as
select stored.record_id
from landing_stored as stored
where
    not stored.is_deleted
    and (
        stored.record_id in (select taken.record_id from landing_taken as taken where taken.action = 'gone')
        or (
            stored.record_id not in (select taken.record_id from landing_taken as taken)
            and stored.record_id not in (select refused.record_id from landing_refused as refused)
            and (
                $deletes_by_absence
                or stored.record_id in (select gone.record_id from landing_named_gone as gone)
            )
        )
    );

with counted as (
    select
        count(*) filter (action in ('insert', 'reappear')) as inserted,
        count(*) filter (action = 'update') as updated
    from landing_taken
),

absent as (
    select count(*) as absent from landing_absent
)

select
    counted.inserted,
    counted.updated,
    absent.absent
from counted
cross join absent;
