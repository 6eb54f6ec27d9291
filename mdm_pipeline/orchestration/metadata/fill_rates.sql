select
    source || '.' || source_table as source_table,
    party_type,
    count(*) as records,
    round(100.0 * count(display_name) / count(*), 1) as name_pct,
    round(100.0 * count(birth_on) / count(*), 1) as birth_pct,
    round(100.0 * count(*) filter (where record_id in (
        select record_id from staging.party_contact_point where is_usable and kind = 'phone'
    )) / count(*), 1) as phone_pct,
    round(100.0 * count(*) filter (where record_id in (
        select record_id from staging.party_contact_point where is_usable and kind = 'email'
    )) / count(*), 1) as email_pct,
    round(100.0 * count(*) filter (where record_id in (
        select record_id from staging.party_identifier where is_usable
    )) / count(*), 1) as identifier_pct,
    round(100.0 * count(*) filter (where record_id in (
        select record_id from staging.party_address where address_key is not null
    )) / count(*), 1) as address_pct
from staging.party
group by all
order by all;
