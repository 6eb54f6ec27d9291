-- Keys that more records have than one block may hold.
select
    key,
    count(*) as records
from matching_block
group by key
having count(*) > $block_limit
order by key;
