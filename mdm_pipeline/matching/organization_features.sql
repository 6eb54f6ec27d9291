-- One row per organization record: what is compared. Lists hold every value that the record has.
create or replace temp table matching_feature as
with parts as (
    select
        record_id,
        name_no,
        name_norm,
        name_key,
        core_name,
        core_key,
        legal_form,
        region_word,
        trade_name,
        -- The place of the branch: its last word, or last two characters; a branch without a form of its own counts too.
        coalesce(
            nullif(regexp_extract(
                lower(coalesce(branch_word, name_norm)), '([a-z]+) *(?:branch|niederlassung|succursale)$', 1
            ), ''),
            nullif(regexp_extract(
                coalesce(branch_word, name_norm), '([^ ]{2})市?(?:分公司|支公司|分店|分行|支行|办事处|营业部)$', 1
            ), ''),
            replace(lower(branch_word), ' ', ''),
            ''
        ) as branch,
        name_script,
        replace(replace(core_name, coalesce(region_word, ''), ''), ' ', '') as body,
        case when name_script = 'latin' then split_part(core_key, ' ', 1) end as first_word
    from matching_name
),

names as (
    select
        record_id,
        list_sort(list_distinct(list(name_norm))) as name_norms,
        list_sort(list_distinct(list(core_name) filter (where core_name is not null))) as cores,
        list_sort(list_distinct(list(replace(core_key, ' ', '')) filter (where core_key is not null))) as core_keys,
        list_sort(list_distinct(list(body) filter (where length(body) >= 2))) as bodies,
        list_sort(list_distinct(list(trade_name) filter (where trade_name is not null))) as trade_names,
        bool_or(name_script in ('han', 'mixed')) as has_han,
        bool_or(name_script = 'latin') as has_latin
    from parts
    group by record_id
),

-- Words of Latin names, characters of Chinese ones: rarity of a name is the product of their shares.
pieces as (
    select
        record_id,
        unnest(
            case when name_script = 'latin' then string_split(core_key, ' ') else string_split(body, '') end
        ) as piece
    from parts
    where name_no = 1
),

rarities as (
    select
        pieces.record_id,
        -- Rounded: a sum of floats depends on the order in which threads add it up.
        round(sum(log2(coalesce(frequency.share, $rare_share))), 4) as rarity
    from pieces
    left join matching_frequency as frequency on frequency.part = 'piece' and frequency.value = pieces.piece
    group by pieces.record_id
),

trade_pinyins as (
    select
        parts.record_id,
        list_sort(list_distinct(list(word.value) filter (where word.value is not null))) as trade_keys
    from parts
    left join matching_trade_key as word on parts.record_id = word.record_id and parts.name_no = word.name_no
    group by parts.record_id
)

select
    record.record_id,
    record.source || '.' || record.source_table as source_table,
    names.* exclude (record_id),
    rarities.rarity,
    main.body as main_body,
    main.core_key as main_key,
    -- What is compared letter by letter: without the place, which many names of one town share.
    case when main.name_script in ('han', 'mixed') then main.body else main.core_key end as main_distinct,
    case
        when main.name_script in ('han', 'mixed') and length(main.body) between 2 and 8
            then '%' || array_to_string(string_split(main.body, ''), '%') || '%'
    end as body_pattern,
    length(main.body) as body_length,
    main.name_script as main_script,
    nullif(main.legal_form, 'none') as legal_form,
    coalesce(main.branch, '') as branch,
    nullif(main.region_word, '') as region,
    trade_pinyins.trade_keys,
    case when main.name_script = 'latin' then list_sort(list_distinct(string_split(main.core_key, ' '))) end as words,
    party.birth_on as registered_on,
    nullif(lower(party.website), '') as website,
    coalesce(party.is_sole_trader, false) as is_sole_trader,
    shared.* exclude (record_id),
    place.* exclude (record_id)
from matching_record as record
inner join staging.party as party on record.record_id = party.record_id
left join names on record.record_id = names.record_id
left join rarities on record.record_id = rarities.record_id
left join parts as main on record.record_id = main.record_id and main.name_no = 1
left join trade_pinyins on record.record_id = trade_pinyins.record_id
left join matching_shared as shared on record.record_id = shared.record_id
left join matching_place as place on record.record_id = place.record_id
order by record.record_id;
