-- Who is compared with the records of the components, and who decides how common their values are.
create or replace temp view proof_value as
with shared as (
    select
        record_id,
        kind,
        match_key as value
    from staging.party_contact_point
    where is_usable and match_key is not null
    union
    select
        record_id,
        'domain' as kind,
        split_part(match_key, '@', 2) as value
    from staging.party_contact_point
    where is_usable and kind = 'email' and detail is distinct from 'public' and contains(match_key, '@')
    union
    select
        record_id,
        'identifier' as kind,
        scheme || ':' || value as value
    from staging.party_identifier
    where is_usable and value is not null
    union
    select
        record_id,
        'address' as kind,
        address_key as value
    from staging.party_address
    where address_key is not null
    union
    select
        record_id,
        'name' as kind,
        coalesce(nullif(core_key, ''), name_key) as value
    from staging.party_name
    where nullif(name_key, '') is not null
)

select
    shared.record_id,
    party.party_type || ' ' || shared.kind as kind,
    shared.value,
    coalesce(nullif(own.core_key, ''), own.name_key, '') as name
from shared
inner join staging.party as party on shared.record_id = party.record_id
left join staging.party_name as own on shared.record_id = own.record_id and own.name_no = 1
where party.scope = 'match';

-- those who share a value with a component: the first ones, and the first ones of different names
create or replace temp table proof_near as
with own_value as (
    select distinct
        kind,
        value
    from proof_value
    where record_id in (select proof_record.record_id from proof_record)
),

sharer as (
    select
        proof_value.*,
        row_number() over (
            partition by proof_value.kind, proof_value.value, proof_value.name order by proof_value.record_id
        ) as place_in_name
    from proof_value
    inner join own_value on proof_value.kind = own_value.kind and proof_value.value = own_value.value
    where proof_value.record_id not in (select proof_record.record_id from proof_record)
),

placed as (
    select
        sharer.*,
        row_number() over (
            partition by sharer.kind, sharer.value order by sharer.place_in_name, sharer.record_id
        ) as place
    from sharer
)

select placed.record_id
from placed
where placed.place <= $sharers
union
select pair.record_id_l
from matching.pair as pair
where
    pair.record_id_r in (select proof_record.record_id from proof_record)
    and pair.record_id_l not in (select proof_record.record_id from proof_record)
union
select pair.record_id_r
from matching.pair as pair
where
    pair.record_id_l in (select proof_record.record_id from proof_record)
    and pair.record_id_r not in (select proof_record.record_id from proof_record);

-- those who share a value with them: only how many names use a value counts, and many are as good as all
create or replace temp table proof_far as
with near_value as (
    select distinct
        kind,
        value
    from proof_value
    where
        record_id in (select proof_near.record_id from proof_near)
        and not ends_with(kind, ' name')
),

sharer as (
    select
        proof_value.kind,
        proof_value.value,
        proof_value.name,
        min(proof_value.record_id) as record_id
    from proof_value
    inner join near_value on proof_value.kind = near_value.kind and proof_value.value = near_value.value
    group by all
),

placed as (
    select
        sharer.record_id,
        row_number() over (partition by sharer.kind, sharer.value order by sharer.record_id) as place
    from sharer
)

select distinct placed.record_id
from placed
where
    placed.place <= $names
    and placed.record_id not in (select proof_record.record_id from proof_record)
    and placed.record_id not in (select proof_near.record_id from proof_near);
