select format(
    '{:,} customers ({:,} persons, {:,} organizations) out of {:,} records; {:,} known to more than one source',
    count(*),
    count(*) filter (where party_type = 'person'),
    count(*) filter (where party_type = 'organization'),
    coalesce(sum(record_count), 0)::bigint,
    count(*) filter (where source_count > 1)
)
from customers;
