-- Records of one party type that take part in matching, and the values that several of them can share.
create or replace temp table matching_record as
select
    party.record_id,
    party.record_ref,
    party.source,
    party.source_table
from staging.party as party
where
    party.scope = 'match'
    and party.party_type = $party_type
    and party.record_id not in (select quarantined.record_id from quality.quarantined as quarantined);

create or replace temp table matching_name as
select
    party_name.* exclude (family_key, given_key, core_key, name_key),
    nullif(party_name.name_key, '') as name_key,
    nullif(replace(party_name.family_key, ' ', ''), '') as family_key,
    nullif(replace(party_name.given_key, ' ', ''), '') as given_key,
    nullif(party_name.core_key, '') as core_key
from staging.party_name as party_name
inner join matching_record using (record_id)
where party_name.name_norm is not null;

-- What is shared: one row per record, kind and value. `value` carries its kind, so that kinds never meet.
-- A value that stands for nobody (test@test.com, or what a crowd of strangers has) is no evidence: it never comes here.
create or replace temp table matching_value as
with nobodys as (
    select
        profile.kind,
        profile.value
    from staging.value_profile as profile
    where profile.class = 'placeholder'
),

usable as (
    select
        contact.record_id,
        contact.kind,
        contact.match_key as value,
        contact.detail
    from staging.party_contact_point as contact
    inner join matching_record using (record_id)
    anti join nobodys on contact.kind = nobodys.kind and contact.match_key = nobodys.value
    where contact.is_usable and contact.match_key is not null
),

contact_points as (
    select distinct
        record_id,
        kind,
        value
    from usable
),

identifiers as (
    select distinct
        identifier.record_id,
        coalesce(scheme.identifies, 'legal_entity') as kind,
        identifier.scheme || ':' || identifier.value as value
    from staging.party_identifier as identifier
    inner join matching_record using (record_id)
    left join staging.identifier_scheme as scheme on identifier.scheme = scheme.scheme
    where identifier.is_usable and identifier.value is not null
),

-- A domain of one's own says something about a company; that of a public mail service does not.
domains as (
    select distinct
        record_id,
        'domain' as kind,
        split_part(value, '@', 2) as value
    from usable
    where kind = 'email' and detail is distinct from 'public' and split_part(value, '@', 2) <> ''
),

addresses as (
    select distinct
        address.record_id,
        'address' as kind,
        address.address_key as value
    from staging.party_address as address
    inner join matching_record using (record_id)
    anti join nobodys on nobodys.kind = 'address' and address.address_key = nobodys.value
    where address.address_key is not null
)

select * from contact_points
union all
select * from identifiers
union all
select * from domains
union all
select * from addresses;

-- By how many differently named records a value is used: what many share proves little.
create or replace temp table matching_value_profile as
with named as (
    select
        record_id,
        case when $party_type = 'person' then name_key else coalesce(core_key, name_key) end as name
    from matching_name
    where name_no = 1
)

select
    shared.kind,
    shared.value,
    count(distinct named.name) as names
from matching_value as shared
left join named on shared.record_id = named.record_id
group by all;

create or replace temp table matching_place as
with places as (
    select
        address.record_id,
        nullif(coalesce(left(address.division_code, 4), lower(address.city), ''), '') as city,
        nullif(lower(address.postcode), '') as postcode,
        nullif(lower(concat_ws(' ', address.street, address.house_number)), '') as street,
        address.house_number is not null and address.street is not null as has_number,
        nullif(lower(address.country), '') as country
    from staging.party_address as address
    inner join matching_record using (record_id)
)

select
    record_id,
    list_sort(list_distinct(list(city) filter (where city is not null))) as cities,
    list_sort(list_distinct(list(postcode) filter (where postcode is not null))) as postcodes,
    list_sort(list_distinct(list(street) filter (where street is not null and has_number))) as streets,
    min(street) as street,
    list_sort(list_distinct(list(country) filter (where country is not null))) as countries
from places
group by record_id;

create or replace temp table matching_shared as
select
    shared.record_id,
    list_sort(list(shared.value) filter (where shared.kind = 'phone' and profile.names <= 2)) as phones,
    list_sort(list(shared.value) filter (where shared.kind = 'phone' and profile.names > 2)) as shared_phones,
    list_sort(list(shared.value) filter (where shared.kind in ('email', 'wechat') and profile.names <= 2)) as emails,
    list_sort(list(shared.value) filter (where shared.kind in ('email', 'wechat') and profile.names > 2))
        as shared_emails,
    list_sort(list_distinct(
        list(split_part(shared.value, '@', 1))
            filter (where shared.kind = 'email' and length(split_part(shared.value, '@', 1)) >= 5)
    )) as mailboxes,
    list_sort(list(shared.value) filter (where shared.kind = 'domain' and profile.names <= 6)) as domains,
    list_sort(list(shared.value) filter (where shared.kind = 'address' and profile.names <= 2)) as addresses,
    list_sort(list(shared.value) filter (where shared.kind = 'address' and profile.names > 2)) as shared_addresses,
    list_sort(list(shared.value) filter (where shared.kind = 'person')) as person_ids,
    list_sort(list_distinct(list(split_part(shared.value, ':', 1)) filter (where shared.kind = 'person')))
        as person_schemes,
    list_sort(list(shared.value) filter (where shared.kind = 'legal_entity' and profile.names <= 2)) as entity_ids,
    list_sort(list(shared.value) filter (where shared.kind = 'legal_entity' and profile.names > 2)) as shared_entity_ids,
    list_sort(list_distinct(list(split_part(shared.value, ':', 1)) filter (where shared.kind = 'legal_entity')))
        as entity_schemes,
    list_sort(list(shared.value) filter (where shared.kind = 'tax_group')) as group_ids,
    list_sort(list_distinct(list(split_part(shared.value, ':', 1)) filter (where shared.kind = 'tax_group')))
        as group_schemes,
    list_sort(list(shared.value) filter (where shared.kind = 'site')) as site_ids,
    list_sort(list(shared.value) filter (where shared.kind = 'account')) as accounts
from matching_value as shared
inner join matching_value_profile as profile on shared.kind = profile.kind and shared.value = profile.value
group by shared.record_id;
