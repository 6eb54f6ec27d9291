-- live_rows: rows in force per landed table, counted; filled by the caller.
with taken as (
    select
        *,
        lag(rows_live) over (partition by source, source_table order by batch_id) as rows_live_before,
        row_number() over (partition by source, source_table order by batch_id desc) as place_from_end
    from landing.batch
    where status = 'taken'
),

wrong as (
    select
        taken.source,
        taken.source_table,
        taken.batch_id,
        case
            when
                taken.rows_read
                <> taken.rows_inserted + taken.rows_updated + taken.rows_unchanged + taken.rows_rejected
                then 'rows read are not inserted + updated + unchanged + rejected'
            when taken.rows_live <> taken.rows_live_before + taken.rows_inserted - taken.rows_deleted
                then 'rows in force are not those before + inserted - deleted'
            when taken.place_from_end = 1 and taken.rows_live <> coalesce(live_rows.rows_counted, 0)
                then 'rows in force are not those that stand in the table'
        end as reason
    from taken
    left join live_rows on taken.source = live_rows.source and taken.source_table = live_rows.source_table
)

select
    count(*) as failures,
    min(source || '.' || source_table || ' batch ' || batch_id || ': ' || reason) as example
from wrong
where reason is not null;
