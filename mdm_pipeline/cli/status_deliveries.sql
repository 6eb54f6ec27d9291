select
    source,
    source_table,
    status,
    started_at as delivered_at,
    rows_read,
    rows_inserted,
    rows_updated,
    rows_deleted,
    rows_rejected,
    reason
from landing.batch
qualify row_number() over (partition by source, source_table order by batch_id desc) = 1
order by source, source_table;
