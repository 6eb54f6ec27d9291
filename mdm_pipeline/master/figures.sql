-- Totals for the run's page.
select
    count(*) as customers,
    count(*) filter (where party_type = 'person') as persons,
    count(*) filter (where party_type = 'organization') as organizations,
    coalesce(sum(record_count), 0)::bigint as records,
    count(*) filter (where source_count > 1) as customers_in_several_sources,
    (select count(*) from master.relationship) as relationships
from master.customer;
