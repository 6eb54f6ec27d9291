-- asked only while nobody holds the hub, so a run that is still marked as running was killed
select run_id, as_of from hub.run
where outcome = 'running'
order by as_of, run_id
