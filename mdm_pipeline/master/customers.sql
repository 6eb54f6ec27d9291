-- The golden records of the customers in scope.
create or replace temp table wanted_customer as
with
role as (
    select distinct
        master_id,
        unnest(string_split(roles, ',')) as role
    from survivor_record
    where roles <> ''
),

roles_of as (
    select
        master_id,
        string_agg(role, ',' order by role) as roles
    from role
    group by master_id
),

known_by as (
    select distinct
        master_id,
        source
    from survivor_record
),

source_of as (
    select
        master_id,
        count(*) as source_count,
        string_agg(source, ',' order by source) as sources
    from known_by
    group by master_id
),

summary as (
    select
        master_id,
        min(party_type) as party_type,
        bool_or(is_sole_trader) as is_sole_trader,
        count(*) as record_count,
        max(updated_at) as updated_at
    from survivor_record
    group by master_id
),

golden as (
    select
        master_id,
        max(value) filter (where attribute = 'display_name') as display_name,
        max(value) filter (where attribute = 'name_latin') as name_latin,
        max(value) filter (where attribute = 'name_han') as name_han,
        max(value) filter (where attribute = 'family_name') as family_name,
        max(value) filter (where attribute = 'given_name') as given_name,
        max(value) filter (where attribute = 'legal_form') as legal_form,
        max(value) filter (where attribute = 'birth_on')::date as birth_on,
        max(value) filter (where attribute = 'gender') as gender,
        max(value) filter (where attribute = 'tax_id') as tax_id,
        max(value) filter (where attribute = 'person_id') as person_id,
        max(value) filter (where attribute = 'phone') as phone,
        max(value) filter (where attribute = 'email') as email,
        max(value) filter (where attribute = 'website') as website,
        max(value) filter (where attribute = 'address') as address,
        max(value) filter (where attribute = 'country') as country,
        max(value) filter (where attribute = 'province') as province,
        max(value) filter (where attribute = 'city') as city,
        max(value) filter (where attribute = 'district') as district,
        max(value) filter (where attribute = 'postcode') as postcode,
        max(value) filter (where attribute = 'industry') as industry,
        max(value) filter (where attribute = 'status') as status,
        max(value) filter (where attribute = 'owner') as owner,
        max(value) filter (where attribute = 'invoice_title') as invoice_title,
        max(value) filter (where attribute = 'invoice_tax_id') as invoice_tax_id,
        max(value) filter (where attribute = 'bank_name') as bank_name,
        max(value) filter (where attribute = 'bank_account') as bank_account
    from wanted_attribute_source
    where is_winner
    group by master_id
)

select
    summary.master_id,
    summary.party_type,
    summary.is_sole_trader,
    roles_of.roles,
    golden.* exclude (master_id),
    summary.record_count,
    source_of.source_count,
    source_of.sources,
    summary.updated_at
from summary
inner join source_of on summary.master_id = source_of.master_id
left join roles_of on summary.master_id = roles_of.master_id
left join golden on summary.master_id = golden.master_id;
