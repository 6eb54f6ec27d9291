-- Records that a delivered file held before and no file holds now.
create or replace temp table landing_dropped as
select distinct before.record_id
from landing.file_record as before
where
    before.source = $source
    and before.source_table = $source_table
    and before.name in (select name from landing_file_position)
    and before.record_id not in (
        select other.record_id
        from landing.file_record as other
        where
            other.source = $source
            and other.source_table = $source_table
            and other.name not in (select name from landing_file_position)
    );
