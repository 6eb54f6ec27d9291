select
    master_id,
    record_id,
    record_ref,
    source,
    source_table,
    source_key,
    valid_from
from master.xref
where is_current
