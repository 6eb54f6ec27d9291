-- Everything that could survive: one row per unit (an attribute, or a group that survives whole), record and item.
create or replace temp table survivor_record as
select
    xref.master_id,
    party.*,
    coalesce(priority.priority, 1000000) as source_priority,
    len(list_filter(
        [
            party.display_name, party.legal_form, party.birth_on::varchar, party.gender, party.industry, party.status,
            party.owner, party.website
        ],
        lambda cell: cell is not null
    )) as filled
from master.xref as xref
inner join staging.party as party on xref.record_id = party.record_id
left join source_priority as priority on party.source = priority.source
where xref.is_current and xref.master_id in (select key from customer_scope);

create or replace temp table address_item as
select
    record_id,
    address_no as item_no,
    raw as address,
    country,
    province,
    city,
    district,
    postcode
from staging.party_address
where
    record_id in (select record_id from survivor_record)
    and coalesce(raw, province, city, district, postcode) is not null;

create or replace temp table billing_item as
select
    record_id,
    profile_no as item_no,
    title as invoice_title,
    tax_id as invoice_tax_id,
    bank_name,
    bank_account
from staging.billing_profile
where
    record_id in (select record_id from survivor_record)
    and coalesce(title, tax_id, bank_name, bank_account) is not null;

create or replace temp table item as
with
from_party as (
    unpivot (
        select
            record_id,
            birth_precision,
            display_name,
            family_name,
            given_name,
            legal_form,
            birth_on::varchar as birth_on,
            gender,
            industry,
            status,
            owner,
            website
        from survivor_record
    )
    on display_name, family_name, given_name, legal_form, birth_on, gender, industry, status, owner, website
    into name attribute value value
),

-- parts of a name that follow the whole name are no candidates of their own
of_party as (
    select
        from_party.attribute as unit,
        from_party.record_id,
        0 as item_no,
        from_party.value,
        case
            when from_party.attribute = 'birth_on' then coalesce(from_party.birth_precision, 'day') = 'day'
        end as is_valid,
        null::bigint as filled
    from from_party
    inner join attribute_unit as listed on from_party.attribute = listed.attribute
    where listed.unit = listed.attribute
),

of_name as (
    select
        case when name_script = 'latin' then 'name_latin' else 'name_han' end as unit,
        record_id,
        name_no as item_no,
        display_name as value,
        name_script <> 'mixed' as is_valid,
        null::bigint as filled
    from staging.party_name
    where
        name_script in ('latin', 'han', 'mixed')
        and kind <> 'former'
        and display_name is not null
),

of_identifier as (
    select
        case when scheme.identifies = 'person' then 'person_id' else 'tax_id' end as unit,
        identifier.record_id,
        identifier.identifier_no as item_no,
        identifier.value,
        identifier.is_valid,
        null::bigint as filled
    from staging.party_identifier as identifier
    inner join staging.identifier_scheme as scheme on identifier.scheme = scheme.scheme
    where
        identifier.is_usable
        and identifier.value is not null
        and scheme.identifies in ('legal_entity', 'tax_group', 'person')
),

of_contact as (
    select
        contact.kind as unit,
        contact.record_id,
        contact.contact_no as item_no,
        contact.value,
        contact.is_valid,
        null::bigint as filled
    from staging.party_contact_point as contact
    -- what a crowd of strangers has is no way to reach this customer
    anti join staging.value_profile as nobodys
        on contact.kind = nobodys.kind and contact.match_key = nobodys.value and nobodys.class = 'placeholder'
    where contact.is_usable and contact.value is not null and contact.kind in ('phone', 'email')
),

of_address as (
    select
        'address' as unit,
        record_id,
        item_no,
        concat_ws(chr(31), address, country, province, city, district, postcode) as value,
        null::boolean as is_valid,
        len(list_filter(
            [address, country, province, city, district, postcode], lambda cell: cell is not null
        )) as filled
    from address_item
),

of_billing as (
    select
        'billing' as unit,
        record_id,
        item_no,
        concat_ws(chr(31), invoice_title, invoice_tax_id, bank_name, bank_account) as value,
        null::boolean as is_valid,
        len(list_filter(
            [invoice_title, invoice_tax_id, bank_name, bank_account], lambda cell: cell is not null
        )) as filled
    from billing_item
)

select * from of_party
union all
select * from of_name
union all
select * from of_identifier
union all
select * from of_contact
union all
select * from of_address
union all
select * from of_billing;
