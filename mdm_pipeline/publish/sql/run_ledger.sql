select
    run.run_id,
    run.as_of,
    run.outcome,
    run.held_back,
    run.product_version,
    count(done.seq) as stages,
    coalesce(sum(done.rows_written), 0)::bigint as rows_written,
    coalesce(sum(done.duration_s), 0) as duration_s,
    run.components_rebuilt,
    run.differences
from hub.run as run
left join hub.stage_commit as done on run.run_id = done.run_id
group by all
