-- The highest number ever issued.
with issued as (
    select master_id from master.id_event
    union all
    select master_id from master.xref
)

select coalesce(max(try_cast(regexp_extract(master_id, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint)), 0)
from issued;
