select
    event,
    count(*) as events
from master.id_event
group by all
order by all;
