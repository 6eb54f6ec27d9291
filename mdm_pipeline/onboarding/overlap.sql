-- Per sampled record: with which known customer it shares most, and whether that is enough.
-- A number or a registered name says it alone; a phone or an e-mail needs a second witness; a value that many customers
-- share (a switchboard, a common name) says nothing.
with
weights (kind, weight) as (
    values ('identifier', 3), ('registered_name', 3), ('email', 2), ('phone', 2), ('name', 1)
),

telling as (
    select
        kind,
        value
    from known_value
    group by kind, value
    having count(distinct master_id) <= 3
),

shared as (
    select
        sampled_value.record_id,
        known_value.master_id,
        sampled_value.kind,
        max(weights.weight) as weight
    from sampled_value
    inner join telling on sampled_value.kind = telling.kind and sampled_value.value = telling.value
    inner join known_value on sampled_value.kind = known_value.kind and sampled_value.value = known_value.value
    inner join weights on sampled_value.kind = weights.kind
    group by sampled_value.record_id, known_value.master_id, sampled_value.kind
),

candidates as (
    select
        record_id,
        master_id,
        sum(weight) as weight,
        string_agg(kind, ' + ' order by kind) as shares
    from shared
    group by record_id, master_id
),

ranked as (
    select
        *,
        row_number() over (partition by record_id order by weight desc, master_id) as place,
        lead(weight, 1, 0) over (partition by record_id order by weight desc, master_id) as next_weight
    from candidates
),

judged as (
    select
        record_id,
        shares,
        case
            when weight >= 3 and weight > next_weight then 'known'
            when weight >= 2 then 'unclear'
            else 'new'
        end as verdict
    from ranked
    where place = 1
)

select
    parties.source_table,
    coalesce(judged.verdict, 'new') as verdict,
    case when judged.verdict is null or judged.verdict = 'new' then '' else judged.shares end as shares,
    count(*) as records
from staging.party as parties
left join judged on parties.record_id = judged.record_id
where parties.scope = 'match'
group by all
order by all
