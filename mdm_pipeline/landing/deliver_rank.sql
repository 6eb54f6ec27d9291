-- One row per delivered key: of several files the row of the latest one, within one the last delivered. What came
-- before it in the same file with the same content is a repetition, with another content a contradiction.
create or replace temp table landing_winner as
with ranked as (
    select
        delivered.source_key,
        delivered._row,
        delivered.row_hash,
        coalesce(row_file.position, 0) * 1000000000000 + delivered._row as place
    from landing_delivered_key as delivered
    left join landing_row_file as row_file on delivered._row = row_file._row
    where
        delivered.source_key is not null
        and delivered._row not in (select discarded._row from landing_discarded as discarded)
)

select
    source_key,
    arg_max(_row, place) as _row,
    arg_max(row_hash, place) as row_hash
from ranked
group by source_key;

create or replace temp table landing_contradicted as
select
    delivered._row,
    delivered.source_key
from landing_delivered_key as delivered
inner join landing_winner as winner on delivered.source_key = winner.source_key
left join landing_row_file as row_file on delivered._row = row_file._row
left join landing_row_file as winner_file on winner._row = winner_file._row
where
    delivered._row <> winner._row
    and delivered.row_hash <> winner.row_hash
    and row_file.name is not distinct from winner_file.name
    and delivered._row not in (select discarded._row from landing_discarded as discarded);
