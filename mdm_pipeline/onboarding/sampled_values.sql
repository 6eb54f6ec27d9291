-- The same values of the sampled records, in the scratch hub.
with
valued as (
    select
        'identifier' as kind,
        concat(scheme, ':', value) as value,
        record_id
    from staging.party_identifier
    where is_usable and value is not null

    union all
    select
        kind,
        match_key as value,
        record_id
    from staging.party_contact_point
    where is_usable and match_key is not null and kind in ('phone', 'email')

    union all
    select
        case when legal_form is not null and legal_form <> 'none' then 'registered_name' else 'name' end as kind,
        name_norm as value,
        record_id
    from staging.party_name
    where name_norm is not null
)

select
    valued.kind,
    valued.value,
    valued.record_id,
    party.source_table
from valued
inner join staging.party as party on valued.record_id = party.record_id
where party.scope = 'match'
group by valued.kind, valued.value, valued.record_id, party.source_table
