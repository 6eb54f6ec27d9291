select content_hash
from landing.batch
where source = $source and source_table = $source_table and status = 'taken'
order by batch_id desc
limit 1;
