-- Links between records lifted to customers: both ends known, no customer linked to itself, each link once.
create or replace temp table wanted_relationship as
with
known as (
    select
        record_ref,
        master_id
    from master.xref
    where is_current
),

lifted as (
    select
        one.master_id as from_id,
        other.master_id as to_id,
        link.role,
        link.is_primary,
        split_part(link.record_ref, '.', 1) as source,
        link.started_on,
        link.ended_on
    from staging.party_link as link
    inner join known as one on link.from_ref = one.record_ref
    inner join known as other on link.to_ref = other.record_ref
    where one.master_id <> other.master_id
)

select
    from_id,
    to_id,
    role,
    bool_or(is_primary) as is_primary,
    string_agg(distinct source, ',' order by source) as sources,
    min(started_on) as started_on,
    -- a link lasts as long as any source says so
    case when count(*) = count(ended_on) then max(ended_on) end as ended_on
from lifted
group by from_id, to_id, role;
