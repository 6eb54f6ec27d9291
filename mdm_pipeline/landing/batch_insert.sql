insert into landing.batch
select
    $batch_id,
    $source,
    $source_table,
    $run_id,
    $started_at::timestamp,
    $read,
    $inserted,
    $updated,
    $deleted,
    $unchanged,
    $rejected,
    $watermark::varchar,
    $files::varchar,
    $content_hash::varchar,
    $status,
    $reason::varchar,
    -- a stage reads no clock; the stage's own ledger has its duration
    null::double,
    $rows_live::bigint,
    $mode::varchar;
