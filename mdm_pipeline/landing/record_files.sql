delete from landing.file
where source = $source and source_table = $source_table and name in (select name from landing_file_position);

insert into landing.file
(source, source_table, name, sha256, position, batch_id, rows_held, taken_at, bytes, modified_ns)
select
    $source,
    $source_table,
    delivered.name,
    delivered.sha256,
    delivered.position,
    $batch_id,
    (
        select count(*)
        from landing_row_file as row_file
        inner join landing_delivered_key as delivered_key on row_file._row = delivered_key._row
        where row_file.name = delivered.name and delivered_key.source_key is not null
    ),
    $as_of::timestamp,
    delivered.bytes,
    delivered.modified_ns
from landing_file_position as delivered;

create or replace temp table landing_file_holds as
select distinct
    row_file.name,
    taken.record_id
from landing_row_file as row_file
inner join landing_delivered_key as delivered_key on row_file._row = delivered_key._row
inner join landing_taken as taken on delivered_key.source_key = taken.source_key;

delete from landing.file_record
where
    source = $source
    and source_table = $source_table
    and name in (select position.name from landing_file_position as position)
    and (
        not $has_lost_rows
        or (name, record_id) in (select (holds.name, holds.record_id) from landing_file_holds as holds)
    );

insert into landing.file_record (source, source_table, name, record_id)
select
    $source,
    $source_table,
    name,
    record_id
from landing_file_holds;
