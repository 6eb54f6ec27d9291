-- Shares of the parts of names, for rarity; a part that occurs once or twice is left to the share of rare ones.
create or replace temp table matching_frequency as
with parts as (
    select
        'family' as part,
        family_key as value
    from matching_name
    where name_no = 1
    union all
    select
        'given',
        given_key
    from matching_name
    where name_no = 1
    union all
    select
        'piece',
        unnest(
            case
                when name_script = 'latin' then string_split(core_key, ' ')
                else string_split(replace(replace(core_name, coalesce(region_word, ''), ''), ' ', ''), '')
            end
        )
    from matching_name
    where name_no = 1
),

records as (select greatest(count(*), 1) as number from matching_record)

select
    parts.part,
    parts.value,
    count(*) / any_value(records.number) as share
from parts
cross join records
where parts.value is not null and parts.value <> ''
group by parts.part, parts.value
having count(*) >= 3
order by parts.part, parts.value;
