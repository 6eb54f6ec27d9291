select
    run.as_of,
    run.outcome,
    run.held_back,
    coalesce(sum(done.rows_written), 0)::bigint as rows_changed,
    round(coalesce(sum(done.duration_s), 0), 1) as stage_seconds,
    run.proof as self_proof
from hub.run as run
left join hub.stage_commit as done on run.run_id = done.run_id
group by run.run_id, run.as_of, run.outcome, run.held_back, run.proof
order by run.as_of desc, run.run_id
limit 10;
