delete from landing.progress
where source = $source and source_table = $source_table;

insert into landing.progress (source, source_table, watermark, read_as, full_read_at, taken_at, hash_probe)
values (
    $source,
    $source_table,
    $watermark::varchar,
    $read_as::varchar,
    $full_read_at::timestamp,
    $taken_at::timestamp,
    $hash_probe::ubigint
);
