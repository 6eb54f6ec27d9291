-- Identifiers with a check digit of which a party has one: two different ones are two parties.
select
    shared.record_id,
    split_part(shared.value, ':', 1) as scheme,
    list_sort(list(shared.value)) as numbers
from matching_value as shared
inner join matching_value_profile as profile on shared.kind = profile.kind and shared.value = profile.value
where split_part(shared.value, ':', 1) in ('cn_id', 'cn_uscc', 'lei') and profile.names <= 2
group by all

union all

-- Birth dates as their pairs of parts, as they stand and with day and month swapped: two dates with two parts in common
-- may be one date with a slip, two without are two persons (father and son).
select
    party.record_id,
    'birth',
    [
        strftime(party.birth_on, 'y%Ym%m'),
        strftime(party.birth_on, 'y%Yd%d'),
        strftime(party.birth_on, 'm%md%d'),
        strftime(party.birth_on, 'y%Ym%d'),
        strftime(party.birth_on, 'y%Yd%m')
    ]
from staging.party as party
inner join matching_record using (record_id)
where party.party_type = 'person' and party.birth_on is not null and party.birth_precision = 'day'

union all

-- Father and son of one name.
select
    record_id,
    'suffix',
    list_distinct(list(case when name_suffix = 'i' then 'sr' else name_suffix end))
from matching_name
where $party_type = 'person' and name_suffix in ('jr', 'sr', 'i', 'ii', 'iii', 'iv')
group by record_id

union all

-- A joint account is a party of its own; its holders are others.
select
    record_id,
    'holders',
    [
        case
            when
                regexp_matches(
                    lower(name_original), '&|＆|、| und | and | et | y |^\p{Han}{2,3}[和与]\p{Han}{2,4}$'
                ) then 'several'
            else 'one'
        end
    ]
from matching_name
where $party_type = 'person' and name_no = 1 and name_original is not null
order by all;
