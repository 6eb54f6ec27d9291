-- How many customers have how many records.
select
    case when record_count >= 10 then '10+' else record_count::varchar end as records,
    count(*) as customers
from master.customer
group by all
order by min(record_count);
