-- Keys whose delivered row is older than what a file that is not delivered now has said of them.
create or replace temp table landing_overruled as
with latest as (
    select
        record.source_key,
        max(file.position) as position
    from landing.file_record as file_record
    inner join landing.file as file
        on
            file_record.source = file.source
            and file_record.source_table = file.source_table
            and file_record.name = file.name
    inner join landing.record as record on file_record.record_id = record.record_id
    where
        file_record.source = $source
        and file_record.source_table = $source_table
        and file_record.name not in (select name from landing_file_position)
    group by record.source_key
)

select winner.source_key
from landing_winner as winner
inner join landing_row_file as row_file on winner._row = row_file._row
inner join latest on winner.source_key = latest.source_key
where latest.position > row_file.position;
