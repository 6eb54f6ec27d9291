-- Every cell that holds a value; masked values are nobody's. Not grouped: so a night reads only the cells it needs.
create or replace temp view profile_cell as
select
    record_id,
    kind,
    coalesce(match_key, lower(trim(raw))) as value,
    coalesce(is_placeholder, false) as is_filler,
    coalesce(
        (kind = 'phone' and (detail in ('fixed', 'toll_free', 'service', 'fax') or extension is not null))
        or (kind = 'email' and detail = 'role'),
        false
    ) as is_line
from staging.party_contact_point
where coalesce(match_key, raw) is not null and is_masked is not true

union all

-- An address without street and number names a town at best.
select
    record_id,
    'address' as kind,
    coalesce(address_key, address_norm) as value,
    address_key is null and street is null and house_number is null as is_filler,
    false as is_line
from staging.party_address
where coalesce(address_key, address_norm) is not null

union all

select
    record_id,
    'name' as kind,
    name_norm as value,
    false as is_filler,
    false as is_line
from staging.party_name
where name_norm is not null

union all

select
    record_id,
    case party_type when 'person' then 'birth_date' else 'registration_date' end as kind,
    case birth_precision
        when 'year' then strftime(birth_on, '%Y')
        when 'month' then strftime(birth_on, '%Y-%m')
        else strftime(birth_on, '%Y-%m-%d')
    end as value,
    false as is_filler,
    false as is_line
from staging.party
where birth_on is not null;
