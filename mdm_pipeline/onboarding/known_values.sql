-- Values by which two records may be one party, of the customers in the published file `known`.
with
valued as (
    select
        'identifier' as kind,
        concat(scheme, ':', value) as value,
        master_id
    from known.identifier
    where is_usable and value is not null and not starts_with(record_ref, $besides)

    union all
    select
        kind,
        match_key as value,
        master_id
    from known.contact_point
    where is_usable and match_key is not null and kind in ('phone', 'email')
        and not starts_with(record_ref, $besides)

    union all
    select
        case when legal_form is not null and legal_form <> 'none' then 'registered_name' else 'name' end as kind,
        name_norm as value,
        master_id
    from known.name
    where name_norm is not null and not starts_with(record_ref, $besides)
)

select
    kind,
    value,
    master_id
from valued
where master_id is not null and (kind, value) in (select (sampled.kind, sampled.value) from sampled_value as sampled)
group by kind, value, master_id
