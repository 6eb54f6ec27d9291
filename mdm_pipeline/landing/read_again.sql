-- A record that a delivered file held and holds no more, whose latest other file is not delivered now.
with held as (
    select
        file_record.record_id,
        file_record.name,
        file.position,
        file_record.name in (select position.name from landing_file_position as position) as is_delivered
    from landing.file_record as file_record
    inner join landing.file as file
        on
            file_record.source = file.source
            and file_record.source_table = file.source_table
            and file_record.name = file.name
    where file_record.source = $source and file_record.source_table = $source_table
),

delivered as (
    select distinct
        record.record_id,
        row_file.name
    from landing_row_file as row_file
    inner join landing_delivered_key as delivered_key on row_file._row = delivered_key._row
    inner join landing.record as record
        on
            record.source = $source
            and record.source_table = $source_table
            and delivered_key.source_key = record.source_key
),

dropped as (
    select
        held.record_id,
        max(held.position) as position
    from held
    where
        held.is_delivered
        and not exists (
            select 1 from delivered where held.record_id = delivered.record_id and held.name = delivered.name
        )
    group by held.record_id
),

left_over as (
    select
        held.record_id,
        max(held.position) as position,
        arg_max(held.name, held.position) as name,
        arg_max(held.is_delivered, held.position) as is_delivered
    from held
    inner join dropped on held.record_id = dropped.record_id
    where
        not held.is_delivered
        or exists (
            select 1 from delivered where held.record_id = delivered.record_id and held.name = delivered.name
        )
    group by held.record_id
)

select distinct left_over.name
from left_over
inner join dropped on left_over.record_id = dropped.record_id
where left_over.position < dropped.position and not left_over.is_delivered;
