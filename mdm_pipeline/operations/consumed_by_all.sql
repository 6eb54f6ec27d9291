-- Up to which commit the changes of a schema are consumed by every stage, told to people and old enough to go.
with consumed as (
    select coalesce(min(consumed_seq), 0) as seq
    from hub.stage_state
    where upstream = $upstream
),

told as (
    select coalesce(max(stage_commit.seq), 0) as seq
    from hub.stage_commit
    inner join hub.run on stage_commit.run_id = run.run_id
    where run.outcome in ('done', 'held_back')
),

aged as (
    -- all before the first young commit: the ledger may have forgotten the old ones already
    select coalesce(min(seq) filter (as_of >= $before) - 1, max(seq), 0) as seq
    from hub.stage_commit
)

select least(consumed.seq, told.seq, aged.seq)
from consumed
cross join told
cross join aged;
