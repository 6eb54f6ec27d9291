-- Each stage's last commit stays (the hub's clock goes on from the highest), and so do those of the last whole run.
delete from hub.stage_commit
where
    as_of < $before
    and seq not in (select max(seq) from hub.stage_commit group by stage)
    and run_id not in (
        select arg_max(stage_commit.run_id, stage_commit.seq)
        from hub.stage_commit
        inner join hub.run on stage_commit.run_id = run.run_id
        where run.outcome in ('done', 'held_back')
    );
