-- The crosswalk and the events as they should be, from the heirs of this run.
create or replace temp table wanted_record as
select
    present.record_id,
    heir.master_id
from present_record as present
inner join heir on present.cluster_id = heir.cluster_id;

create or replace temp table wanted_xref as
with
kept as (
    select
        xref.* exclude (valid_to, is_current),
        case when xref.is_current and wanted.record_id is null then $at::timestamp else xref.valid_to end as valid_to,
        xref.is_current and wanted.record_id is not null as is_current
    from master.xref as xref
    left join wanted_record as wanted
        on xref.record_id = wanted.record_id and xref.master_id = wanted.master_id
),

last_period as (
    select
        record_id,
        max(xref_no) as xref_no
    from master.xref
    group by record_id
),

opened as (
    select
        wanted.master_id,
        party.record_id,
        party.record_ref,
        party.source,
        party.source_table,
        party.source_key,
        $at::timestamp as valid_from,
        coalesce(last_period.xref_no, 0) + 1 as xref_no,
        null::timestamp as valid_to,
        true as is_current
    from wanted_record as wanted
    inner join staging.party as party on wanted.record_id = party.record_id
    left join last_period on wanted.record_id = last_period.record_id
    where not exists (
        select 1 from master.xref as xref
        where xref.record_id = wanted.record_id and xref.master_id = wanted.master_id and xref.is_current
    )
)

select * from kept
union all by name
select * from opened;

create or replace temp table new_event as
with
numbered_heir as (
    select
        heir.*,
        try_cast(regexp_extract(heir.master_id, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint) as heir_number
    from heir
),

-- where most records of a customer went, and where most records of a cluster came from
destination as (
    select
        overlap.master_id,
        heir.master_id as heir_id
    from overlap
    inner join numbered_heir as heir on overlap.cluster_id = heir.cluster_id
    qualify row_number() over (
        partition by overlap.master_id order by overlap.records desc, heir.heir_number, heir.master_id
    ) = 1
),

origin as (
    select
        cluster_id,
        master_id
    from overlap
    qualify row_number() over (
        partition by cluster_id order by records desc, id_number, master_id
    ) = 1
),

was_current as (
    select distinct master_id from master.xref
    where is_current
),

gone as (
    select
        was_current.master_id,
        destination.heir_id as other_id,
        case when destination.heir_id is null then 'retired' else 'merged_into' end as event
    from was_current
    left join destination on was_current.master_id = destination.master_id
    where was_current.master_id not in (select master_id from heir)
),

come as (
    select
        heir.master_id,
        origin.master_id as other_id,
        case
            when heir.how = 'restored' then 'restored'
            when origin.master_id is not null then 'split_from'
            else 'created'
        end as event
    from heir
    left join origin on heir.cluster_id = origin.cluster_id
    where heir.how <> 'inherited'
),

happened as (
    select * from come
    union all by name
    select * from gone
),

last_event as (
    select coalesce(max(event_no), 0) as event_no from master.id_event
)

select
    last_event.event_no + row_number() over (order by happened.master_id) as event_no,
    happened.master_id,
    happened.event,
    happened.other_id,
    $run_id as run_id,
    $at::timestamp as at
from happened
cross join last_event;

create or replace temp table wanted_event as
select * from master.id_event
union all by name
select * from new_event;
