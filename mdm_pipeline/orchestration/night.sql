-- What changed since the last run that came to its end: a run that was killed half-way is told with its successor.
with last_finished as (
    select coalesce(max(stage_commit.seq), 0) as seq
    from hub.stage_commit
    join hub.run on stage_commit.run_id = run.run_id
    where run.outcome in ('done', 'held_back') and run.run_id <> $run_id
),

commits as (
    select stage_commit.run_id
    from hub.stage_commit, last_finished
    where stage_commit.seq > last_finished.seq and stage_commit.stage = 'master'
),

events as (
    select
        event,
        count(distinct master_id) as customers
    from master.id_event
    where run_id in (select commits.run_id from commits)
    group by event
),

created as (
    select master_id
    from master.id_event
    where event = 'created' and run_id in (select commits.run_id from commits)
),

changed as (
    select count(distinct change.key) as customers
    from master.change, last_finished
    where
        change.seq > last_finished.seq
        and change.entity = 'customer'
        and change.key in (select customer.master_id from master.customer)
        and change.key not in (select created.master_id from created)
),

newly_quarantined as (
    select count(distinct change.key) as records
    from quality.change, last_finished
    where
        change.seq > last_finished.seq
        and change.entity = 'quarantined'
        and change.key in (select quarantined.record_id from quality.quarantined)
),

last_delivery as (
    select
        source,
        arg_max(status, batch_id) as status
    from landing.batch
    group by source
)

select
    coalesce((select customers from events where event = 'created'), 0) as created,
    coalesce((select customers from events where event = 'merged_into'), 0) as merged,
    coalesce((select customers from events where event = 'split_from'), 0) as split,
    (select customers from changed) as changed,
    coalesce((select list(source order by source) from last_delivery where status = 'held_back'), []) as held_back,
    (select records from newly_quarantined) as quarantined,
    (select count(*) from quality.quarantined) as waiting,
    (select count(*) from mart.billing_check) as rejected,
    (select count(*) from mart.billing_check where open_order_amount > 0) as rejected_soon;
