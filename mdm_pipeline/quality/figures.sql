with

records as (
    select record_id from looked_at
    where record_id is not null
    union
    select record_id from waited_before
    union
    select record_id from quality.quarantined
),

known_failing as (
    select distinct failing.record_id
    from failing_row as failing
    semi join master.xref as crosswalk
        on failing.record_id = crosswalk.record_id and crosswalk.is_current
    where failing.severity = 'quarantine'
)

select
    (select count(*) from records) as looked_at,
    (select count(*) from quality.quarantined) as waiting,
    (
        select count(*) from waited_before
        where record_id not in (select record_id from quality.quarantined)
    ) as freed,
    (select count(*) from known_failing) as known_kept,
    (select count(distinct record_id) from released_rule) as released;
