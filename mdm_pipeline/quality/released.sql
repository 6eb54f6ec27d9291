create or replace temp table released_rule as
select
    failing.table_name,
    failing.record_id,
    failing.rule,
    min(decision.decision_id) as decision_id
from failing_row as failing
inner join steward.decision as decision
    on
        failing.record_ref = decision.ref_l
        and coalesce(decision.rule, '*') in ('*', failing.rule)
where decision.kind = 'release'
group by all;

-- who is a customer already stays one: only a record that is not known yet can wait; one that takes no part waits for
-- nothing (else a customer that is excluded would wait or not, depending on when this is looked at)
create or replace temp table quarantine_wanted as
with

known as (
    select record_id from master.xref
    where is_current
),

excluded as (
    select record_id from staging.party
    where scope = 'excluded'
),

waiting as (
    select
        failing.record_id,
        failing.record_ref,
        failing.rule
    from failing_row as failing
    anti join released_rule as released
        on
            failing.table_name = released.table_name
            and failing.record_id = released.record_id
            and failing.rule = released.rule
    where
        failing.severity = 'quarantine'
        and failing.record_id is not null
        and failing.record_id not in (select record_id from known)
        and failing.record_id not in (select record_id from excluded)
)

select
    record_id,
    coalesce(min(record_ref), record_id::varchar) as record_ref,
    string_agg(distinct rule, ',' order by rule) as rules
from waiting
group by record_id;
