select
    count(*) as failures,
    any_value(source || '.' || source_table || ' batch ' || batch_id) as example
from landing.batch
where status = 'taken' and rows_read <> rows_inserted + rows_updated + rows_unchanged + rows_rejected;
