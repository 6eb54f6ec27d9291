-- Rows whose key is blank, and rows that a later row of the same delivery contradicts.
insert into found_issue
select
    $source,
    $table_name,
    null,
    _location,
    $key_columns,
    'key_is_filled',
    'reject',
    null,
    $table_name || ', ' || _location || ': the key (' || $key_columns
    || ') is blank; expected a value in every key column; the row is not taken; correct the source'
from landing_delivered_key
where source_key is null;

insert into found_issue
select
    $source,
    $table_name,
    taken.record_id,
    delivered._location,
    null,
    'key_is_unique',
    'warn',
    contradicted.source_key,
    $table_name || ', ' || delivered._location || ': key ' || contradicted.source_key
    || ' comes again later with other content; expected one row per key; the last one is taken; correct the source'
from landing_contradicted as contradicted
inner join landing_delivered_key as delivered on contradicted._row = delivered._row
inner join landing_taken as taken on contradicted.source_key = taken.source_key;

-- Rows that the schema contract refuses.
insert into found_issue
select
    $source,
    $table_name,
    null,
    delivered._location,
    discarded.column_name,
    discarded.rule,
    'reject',
    left(discarded.value, 200),
    $table_name || ', ' || delivered._location || ', column ' || discarded.column_name || ': '
    || coalesce(left(discarded.value, 80), 'empty')
    || ' is not what the column held so far; its schema_contract is discard_row, so the row is not taken; '
    || 'correct the source or the contract'
from landing_discarded as discarded
inner join landing_delivered_key as delivered on discarded._row = delivered._row;
