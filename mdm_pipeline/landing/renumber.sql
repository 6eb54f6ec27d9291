-- Pairs of keys that were never followed, whose old key is a record and whose new key no other record keeps.
create or replace temp table landing_key_pair as
with pairs as (
    select distinct
        earlier.old_key,
        delivered_key.source_key as new_key
    from landing_delivered_key as delivered_key
    inner join landing_earlier_key as earlier on delivered_key._row = earlier._row
    where
        delivered_key.source_key is not null
        and earlier.old_key is not null
        and earlier.old_key <> delivered_key.source_key
        and not exists (
            select 1
            from landing.key_change as known
            where
                known.source = $source
                and known.source_table = $source_table
                and known.old_key = earlier.old_key
                and known.new_key = delivered_key.source_key
        )
),

-- one old key for two rows, or one row with two old keys, says nothing
clear as (
    select
        old_key,
        new_key
    from pairs
    qualify count(*) over (partition by old_key) = 1 and count(*) over (partition by new_key) = 1
),

registered as (
    select
        record_id,
        source_key
    from landing.record
    where source = $source and source_table = $source_table
)

select
    clear.old_key,
    clear.new_key,
    registered.record_id
from clear
inner join registered on clear.old_key = registered.source_key
where
    clear.new_key not in (select present.source_key from registered as present)
    or clear.new_key in (select moving.old_key from clear as moving);

-- a chain that ends at a record that stays where it is cannot be followed
create or replace temp table landing_key_stuck as
with recursive stuck as (
    select pair.old_key
    from landing_key_pair as pair
    inner join landing.record as record
        on
            record.source = $source
            and record.source_table = $source_table
            and pair.new_key = record.source_key
    where pair.new_key not in (select other.old_key from landing_key_pair as other)
    union
    select pair.old_key
    from landing_key_pair as pair
    inner join stuck on pair.new_key = stuck.old_key
)

select old_key from stuck;

delete from landing_key_pair
where old_key in (select old_key from landing_key_stuck);

update landing.record
set
    source_key = pair.new_key,
    record_ref = $source || '.' || $source_table || ':' || pair.new_key
from landing_key_pair as pair
where record.record_id = pair.record_id;

insert into landing.key_change (source, source_table, old_key, new_key, record_id, changed_at)
select
    $source,
    $source_table,
    old_key,
    new_key,
    record_id,
    $as_of::timestamp
from landing_key_pair;

select count(*) as renumbered
from landing_key_pair;
