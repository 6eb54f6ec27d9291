-- One pass over all units: score every candidate by its unit's strategies, the best one survives.
create or replace temp table scored as
with
known as (
    select
        record.master_id,
        record.record_ref,
        record.source_priority,
        epoch(record.updated_at) as updated_s,
        item.unit,
        item.record_id,
        item.item_no,
        item.value,
        item.is_valid,
        coalesce(item.filled, record.filled) as filled,
        rule.strategies,
        len(rule.sources) = 0 or list_contains(rule.sources, record.source) as is_eligible
    from item
    inner join survivor_record as record on item.record_id = record.record_id
    inner join survivorship_rule as rule on item.unit = rule.unit
),

measured as (
    select
        *,
        count(*) over (partition by master_id, unit, value) as frequency,
        dense_rank() over (partition by master_id, unit order by value) as place_by_value
    from known
),

-- lower is better, whatever the strategy
with_scores as (
    select
        *,
        list_transform(strategies, lambda strategy: coalesce(
            case strategy
                when 'source_priority' then source_priority::double
                when 'most_recent' then -updated_s
                when 'most_frequent' then -frequency::double
                when 'most_complete' then -filled::double
                when 'longest' then -length(value)::double
                when 'valid_first' then case when is_valid then 0 when is_valid is null then 1 else 2 end::double
                when 'minimum' then place_by_value::double
                when 'maximum' then -place_by_value::double
            end,
            1e300
        )) as scores
    from measured
)

select
    master_id,
    unit,
    record_id,
    record_ref,
    item_no,
    value,
    strategies,
    is_eligible,
    scores,
    row_number() over (
        partition by master_id, unit order by is_eligible desc, scores, record_id, item_no
    ) as place
from with_scores;

-- groups and names taken apart again: the members that each candidate row brings along
create or replace temp table member_value as
with
address_member as (
    unpivot address_item
    on address, country, province, city, district, postcode
    into name attribute value value
),

billing_member as (
    unpivot billing_item
    on invoice_title, invoice_tax_id, bank_name, bank_account
    into name attribute value value
),

name_part as (
    unpivot (select
record_id,
family_name,
given_name
from survivor_record)
    on family_name, given_name
    into name attribute value value
),

following_part as (
    select
        name_part.record_id,
        0 as item_no,
        name_part.attribute,
        name_part.value
    from name_part
    inner join attribute_unit as listed on name_part.attribute = listed.attribute
    where listed.unit = 'display_name'
)

select
'address' as unit,
record_id,
item_no,
attribute,
value
from address_member
union all
select
'billing' as unit,
record_id,
item_no,
attribute,
value
from billing_member
union all
select
'display_name' as unit,
record_id,
item_no,
attribute,
value
from following_part;

create or replace temp table ranked_value as
with
every_value as (
    select
        scored.* exclude (value),
        scored.unit as attribute,
        scored.value
    from scored
    where scored.unit not in ('address', 'billing')
    union all by name
    select
        scored.* exclude (value),
        member.attribute,
        member.value
    from scored
    inner join member_value as member
        on
            scored.unit = member.unit
            and scored.record_id = member.record_id
            and scored.item_no = member.item_no
),

distinct_value as (
    select * from every_value
    qualify row_number() over (partition by master_id, attribute, value order by place) = 1
)

select
    *,
    place = 1 and is_eligible as is_winner,
    row_number() over (partition by master_id, attribute order by place)
    + case when bool_or(place = 1 and is_eligible) over (partition by master_id, attribute) then 0 else 1 end as rank,
    lead(scores) over (partition by master_id, attribute order by place) as next_scores,
    lead(is_eligible) over (partition by master_id, attribute order by place) as is_next_eligible
from distinct_value;

create or replace temp table wanted_attribute_source as
with
best as (
    select
        master_id,
        unit,
        scores,
        record_ref,
        is_eligible
    from scored
    where place = 1
),

-- the first strategy that told two values apart: for the survivor from its runner-up, for a loser from the survivor
told_apart as (
    select
        value.*,
        best.record_ref as best_ref,
        best.is_eligible as is_any_eligible,
        list_filter(
            range(1, len(value.strategies) + 1),
            lambda position: value.scores[position]
            is distinct from (case when value.is_winner then value.next_scores else best.scores end)[position]
        )[1] as deciding
    from ranked_value as value
    inner join best on value.master_id = best.master_id and value.unit = best.unit
    where value.rank <= 10
),

explained as (
    select
        *,
        case
            when is_winner and next_scores is null then 'only_value'
            when is_winner and not is_next_eligible then 'allowed_sources'
            when not is_eligible then 'allowed_sources'
            when deciding is null then 'record_id'
            else strategies[deciding]
        end as rule
    from told_apart
)

select
    master_id,
    attribute,
    rank::integer as rank,
    value,
    record_id,
    record_ref,
    rule,
    is_winner,
    case
        when is_winner then null
        when not is_eligible then 'its source may not supply this attribute'
        when rule = 'source_priority' then 'a source with higher priority has another value: ' || best_ref
        when rule = 'most_recent' then 'a more recently changed record has another value: ' || best_ref
        when rule = 'most_frequent' then 'more records have another value: ' || best_ref
        when rule = 'most_complete' then 'a more complete record has another value: ' || best_ref
        when rule = 'longest' then 'another value is longer: ' || best_ref
        when rule = 'valid_first' then 'another value passed its checks: ' || best_ref
        when rule = 'minimum' then 'another value is smaller: ' || best_ref
        when rule = 'maximum' then 'another value is greater: ' || best_ref
        when rank = 1 then null
        else 'equal by every rule, the older record survives: ' || best_ref
    end as reason
from explained;
