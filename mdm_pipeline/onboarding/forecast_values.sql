-- How many of the values that can be checked are valid, per table and kind of value.
with
valued as (
    select
        record_id,
        kind,
        is_valid
    from staging.party_contact_point
    where kind in ('phone', 'email') and not coalesce(is_masked, false)

    union all
    select
        record_id,
        concat('identifier ', scheme) as kind,
        is_valid
    from staging.party_identifier
    where is_valid is not null and not coalesce(is_masked, false)
)

select
    party.source_table,
    valued.kind,
    count(*) as found,
    count_if(valued.is_valid) as valid
from valued
inner join staging.party as party on valued.record_id = party.record_id
group by all
order by all
