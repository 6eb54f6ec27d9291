-- whoever holds the connection is the only writer, so any other run still marked as running was killed
update hub.run set outcome = 'failed'
where outcome = 'running' and run_id <> $run_id;

delete from hub.run
where run_id = $run_id;

insert into hub.run by name
select
    $run_id as run_id,
    $as_of as as_of,
    'running' as outcome,
    $version as product_version;
