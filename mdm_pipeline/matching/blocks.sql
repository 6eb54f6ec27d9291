-- Keys as they are joined: hashed, split by a second key where the model says that too many records have them.
create or replace temp table matching_block as
with plain as (
    select distinct
        record_id,
        kind,
        md5_number_lower(kind || '|' || value) as key
    from matching_key
    where value is not null and value <> ''
),

split as (
    select distinct
        plain.record_id,
        plain.kind,
        md5_number_lower(plain.key::varchar || '|' || second.value) as key
    from plain
    inner join matching_stop as stop on plain.key = stop.key
    inner join matching_second as second on plain.record_id = second.record_id
    where second.value is not null
)

select * from plain
where key not in (select key from matching_stop)
union all
select * from split
where key not in (select key from matching_stop);
