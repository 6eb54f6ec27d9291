-- The codes in use that stand for some codes now: follows merges from each code's last event.
with recursive
last_event as (
    select
        master_id,
        event,
        other_id
    from master.id_event
    qualify row_number() over (partition by master_id order by event_no desc) = 1
),

followed as (
    select
        asked.code,
        asked.code as reached
    from (select distinct unnest($ids::varchar []) as code) as asked
    union
    select
        followed.code,
        last_event.other_id as reached
    from followed
    inner join last_event on followed.reached = last_event.master_id
    where last_event.event = 'merged_into'
)

select distinct
    followed.code,
    xref.master_id
from followed
inner join master.xref as xref on followed.reached = xref.master_id
where xref.is_current
order by followed.code, xref.master_id;
