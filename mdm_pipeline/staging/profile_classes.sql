-- Every touched value with its class, by who holds it: each record once.
create or replace temp table profile_held as
select
    cell.record_id,
    cell.kind,
    cell.value,
    bool_or(cell.is_filler) as is_filler,
    bool_or(cell.is_line) as is_line
from profile_cell as cell
where $is_full or cell.value in (select profile_touched.key from profile_touched)
group by cell.record_id, cell.kind, cell.value;

create or replace temp table profile_value as
select
    held.kind,
    held.value,
    count(*) as records,
    bool_or(held.is_filler) as is_filler,
    bool_or(held.is_line) as is_line
from profile_held as held
inner join staging.party as party on held.record_id = party.record_id
where party.scope not in ('excluded', 'reference')
group by held.kind, held.value;

-- Who holds a value that others hold as well; what one record holds needs no counting. People are told apart by surname
-- and the first letter of the given name: spellings and nicknames of one person then count once.
create or replace temp table profile_holder as
with sharing as (
    select distinct held.record_id
    from profile_held as held
    inner join profile_value on held.kind = profile_value.kind and held.value = profile_value.value
    where profile_value.records > 1
),

place as (
    select
        record_id,
        min(address_key) as place
    from staging.party_address
    where address_key is not null and record_id in (select sharing.record_id from sharing)
    group by record_id
)

select
    party.record_id,
    place.place,
    case
        when party.party_type = 'person' then coalesce(nullif(party.family_key, ''), nullif(party.name_key, ''))
    end as surname,
    case
        when party.party_type = 'person' and nullif(party.given_key, '') is not null
            then concat_ws(' ', party.family_key, left(coalesce(party.nickname_root, party.given_key), 1))
    end as person,
    case
        when party.party_type = 'organization' then coalesce(nullif(party.core_key, ''), nullif(party.name_key, ''))
    end as company,
    case when coalesce(party.birth_precision, 'day') = 'day' then party.birth_on end as born_on
from sharing
inner join staging.party as party on sharing.record_id = party.record_id
left join place on sharing.record_id = place.record_id
where party.scope not in ('excluded', 'reference');

create or replace temp table wanted_value_profile as
with shared as (
    select
        profile_value.kind,
        profile_value.value,
        -- a record without a given name is still somebody of its surname
        greatest(count(distinct holder.person), count(distinct holder.surname)) as people,
        count(distinct holder.surname) as surnames,
        count(distinct holder.company) as companies,
        count(distinct holder.place) as places,
        count(distinct holder.born_on) as births
    from profile_value
    inner join profile_held as held on profile_value.kind = held.kind and profile_value.value = held.value
    inner join profile_holder as holder on held.record_id = holder.record_id
    where profile_value.records > 1
    group by profile_value.kind, profile_value.value
),

counted as (
    select
        profile_value.*,
        listed.why as listed_why,
        shared.people,
        shared.surnames,
        shared.companies,
        shared.places,
        shared.births,
        shared.people + shared.companies as parties,
        profile_value.kind in ('phone', 'email', 'wechat') as is_contact,
        regexp_full_match(profile_value.value, '[0-9]{4}(-[0-9]{2}|-01-01)?') as is_rough_date
    from profile_value
    left join shared on profile_value.kind = shared.kind and profile_value.value = shared.value
    left join profile_listed as listed
        on profile_value.kind = listed.kind and replace(lower(profile_value.value), ' ', '') = listed.value
),

-- The first reason that fits; the word before the colon is the class.
judged as (
    select
        *,
        case
            when listed_why is not null then 'placeholder: ' || listed_why
            when is_filler and kind = 'address' then 'placeholder: names no street or house'
            when is_filler then 'placeholder: has the form of a filler'
            when records = 1 then 'personal: one record holds it'
            when kind = 'name' and births <= 1 and places < $name_places then 'personal: nothing tells its records apart'
            when kind = 'name' then 'shared: namesakes with other birth dates or addresses'
            when parties <= 1 then 'personal: all its records have one name'
            when kind in ('birth_date', 'registration_date') and is_rough_date
                then 'shared: tells the year only, which many share'
            when kind in ('birth_date', 'registration_date') then 'shared: a day that several have'
            when
                is_contact
                and parties >= $crowd
                and surnames + companies >= $crowd_names
                and places not between 1 and $line_places
                and not (is_line and companies <= $line_companies)
                then 'placeholder: more unrelated holders than one contact point has'
            when kind = 'address' and companies = 0 and surnames <= $family_names and people <= $family_members
                then 'household: people of few surnames at one address'
            when kind = 'address' and companies = 0 then 'shared: a house of many people'
            when kind = 'address' and companies = 1 and people <= 1 then 'personal: a company and its one person'
            when kind = 'address' and companies = 1 then 'switchboard: a company and its people'
            when kind = 'address' then 'shared: a house of several companies'
            when companies = 1 and people <= 1 and not is_line then 'personal: a company and its one person'
            when companies = 1 then 'switchboard: a company and its people'
            when companies > 1 and is_line and places <= 1 then 'switchboard: companies behind one line'
            when companies > 1 then 'shared: companies with nothing else in common'
            when surnames = 1 then 'household: people of one surname'
            when surnames <= $family_names and people <= $family_members and places = 1
                then 'household: people of few surnames at one address'
            when is_line then 'switchboard: a line of people of many surnames'
            else 'shared: people of several surnames'
        end as judgement
    from counted
)

select
    kind,
    value,
    split_part(judgement, ': ', 1) as class,
    records,
    people,
    surnames,
    companies,
    places,
    substr(judgement, strpos(judgement, ': ') + 2) as why
from judged;

-- Values whose class is another one than last night's, with everybody who holds them.
create or replace temp table profile_flipped as
select distinct held.record_id
from staging.value_profile as stored
inner join wanted_value_profile as wanted on stored.kind = wanted.kind and stored.value = wanted.value
inner join profile_held as held on wanted.kind = held.kind and wanted.value = held.value
where stored.class <> wanted.class;
