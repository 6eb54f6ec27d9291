-- each code's last event decides; merges are followed to their end
with recursive
last_event as (
    select
        master_id,
        event,
        other_id,
        id_event.at as since
    from master.id_event as id_event
    qualify row_number() over (partition by master_id order by event_no desc) = 1
),

followed as (
    select
        master_id as code,
        master_id as reached
    from last_event
    union
    select
        followed.code,
        last_event.other_id as reached
    from followed
    inner join last_event on followed.reached = last_event.master_id
    where last_event.event = 'merged_into'
),

in_use as (
    select distinct master_id from master.xref
    where is_current
),

resolved as (
    select
        followed.code,
        max(in_use.master_id) as current_id
    from followed
    left join in_use on followed.reached = in_use.master_id
    group by followed.code
)

select
    resolved.code,
    resolved.current_id,
    case
        when resolved.current_id is null then 'retired'
        when resolved.current_id = resolved.code then 'current'
        else 'merged'
    end as state,
    last_event.since
from resolved
inner join last_event on resolved.code = last_event.master_id
