-- File and position of each delivered row. A location is the file's name and a number behind a colon.
create or replace temp table landing_file_position as
with known as (
    select
        name,
        position
    from landing.file
    where source = $source and source_table = $source_table
)

select
    delivered.name,
    delivered.sha256,
    delivered.bytes,
    delivered.modified_ns,
    coalesce(
        known.position,
        (select coalesce(max(taken.position), 0) from known as taken)
        + row_number() over (partition by known.name is null order by delivered.number)
    ) as position
from landing_delivered_file as delivered
left join known on delivered.name = known.name;

create or replace temp table landing_row_file as
with named as (
    select
        _row,
        _location,
        regexp_replace(_location, ':[0-9]+$', '') as name
    from landing_delivered_key
    where (select count(*) from landing_delivered_file) > 0
),

-- where a reader says more than a number (a sheet), the name is what the location begins with
unnamed as (
    select
        named._row,
        max(file.name) as name
    from named
    inner join landing_file_position as file on starts_with(named._location, file.name || ':')
    where named.name not in (select position.name from landing_file_position as position)
    group by named._row
)

select
    named._row,
    file.name,
    file.position
from named
left join unnamed on named._row = unnamed._row
inner join landing_file_position as file on coalesce(unnamed.name, named.name) = file.name;
