-- Links between records lifted to customers: both ends known, no customer linked to itself, each link once.
-- One end at a time: the crosswalk may have been filled in this very transaction, when the optimizer still takes it for
-- empty and would pair every record with every other before it looks at the links.
create or replace temp table link_from as
select
    xref.master_id as from_id,
    link.to_ref,
    link.role,
    link.is_primary,
    split_part(link.record_ref, '.', 1) as source,
    link.started_on,
    link.ended_on
from staging.party_link as link
inner join master.xref as xref on link.from_ref = xref.record_ref
where xref.is_current;

create or replace temp table wanted_relationship as
with lifted as (
    select
        link_from.*,
        xref.master_id as to_id
    from link_from
    inner join master.xref as xref on link_from.to_ref = xref.record_ref
    where xref.is_current and link_from.from_id <> xref.master_id
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
