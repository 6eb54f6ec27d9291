-- One row per person record: what is compared. Lists hold every value that the record has.
create or replace temp table matching_feature as
with names as (
    select
        record_id,
        list_sort(list_distinct(list(name_norm))) as name_norms,
        list_sort(list_distinct(list(name_key) filter (where name_key is not null))) as name_keys,
        list_sort(list_distinct(
            list(family_key || ' ' || coalesce(nickname_root, given_key)) filter (where family_key is not null)
        )) as nick_keys,
        list_sort(list_distinct(
            list(family_key || ' ' || left(given_key, 1)) filter (where family_key is not null and given_key is not null)
        )) as initial_keys,
        list_sort(list_distinct(list(family_key) filter (where family_key is not null))) as family_keys,
        list_sort(list_distinct(list(given_key) filter (where length(given_key) > 1))) as given_keys,
        list_sort(list_distinct(list(nickname_root) filter (where length(nickname_root) > 1))) as roots,
        bool_or(length(given_key) = 1) as has_initial,
        bool_or(name_script in ('han', 'mixed')) as has_han,
        bool_or(name_script = 'latin') as has_latin
    from matching_name
    group by record_id
),

rarities as (
    select
        name.record_id,
        round(min(log2(
            coalesce(family.share, $rare_share) * coalesce(given.share, $rare_share)
        )), 4) as rarity
    from matching_name as name
    left join matching_frequency as family on family.part = 'family' and family.value = name.family_key
    left join matching_frequency as given on given.part = 'given' and given.value = name.given_key
    group by name.record_id
)

select
    record.record_id,
    record.source || '.' || record.source_table as source_table,
    names.* exclude (record_id),
    rarities.rarity,
    main.name_key as main_key,
    main.family_key as main_family,
    main.given_key as main_given,
    case
        when main.name_suffix in ('sr', 'i') then 'sr'
        when main.name_suffix is not null then main.name_suffix
    end as suffix,
    nullif(left(lower(main.middle_name), 1), '') as middle,
    party.gender,
    case when coalesce(party.birth_precision, 'day') <> 'year' then party.birth_on end as birth_on,
    year(party.birth_on) as birth_year,
    strftime(party.birth_on, '%m%d') as birth_day,
    shared.* exclude (record_id),
    place.* exclude (record_id)
from matching_record as record
inner join staging.party as party on record.record_id = party.record_id
left join names on record.record_id = names.record_id
left join rarities on record.record_id = rarities.record_id
left join matching_name as main on record.record_id = main.record_id and main.name_no = 1
left join matching_shared as shared on record.record_id = shared.record_id
left join matching_place as place on record.record_id = place.record_id
order by record.record_id;
