-- One row per delivered key: the last one delivered. What came before it with the same content is a repetition,
-- with another content a contradiction.
create or replace temp table landing_winner as
select
    source_key,
    max(_row) as _row,
    arg_max(row_hash, _row) as row_hash
from landing_delivered_key
where source_key is not null
group by source_key;

create or replace temp table landing_contradicted as
select
    delivered._row,
    delivered.source_key
from landing_delivered_key as delivered
inner join landing_winner as winner on delivered.source_key = winner.source_key
where delivered._row <> winner._row and delivered.row_hash <> winner.row_hash;
