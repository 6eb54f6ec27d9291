-- Runs that have a commit left stay, and those that have not come to their end.
delete from hub.run
where
    as_of < $before
    and outcome <> 'running'
    and run_id not in (select run_id from hub.stage_commit);
