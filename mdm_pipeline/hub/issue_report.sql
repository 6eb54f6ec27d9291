create or replace temp table keyed_issue as
with keyed as (
    select
        md5(concat_ws(
            '|', $stage, table_name, coalesce(record_id::varchar, ''), coalesce(location, ''),
            coalesce(column_name, ''), rule
        )) as issue_key,
        found_issue.*
    from found_issue
)

select * from keyed
qualify row_number() over (partition by issue_key order by message, value) = 1;

create or replace temp table stale_issue as
select stored.issue_key
from quality.issue as stored
where
    stored.stage = $stage
    and stored.is_open
    and ($everything or stored.record_id in (select key from issue_scope))
    and stored.issue_key not in (select issue_key from keyed_issue);

create or replace temp table kept_issue as
select stored.*
from quality.issue as stored
where stored.issue_key in (select issue_key from keyed_issue);

delete from quality.issue
where issue_key in (select issue_key from keyed_issue);

insert into quality.issue
select
    found.issue_key,
    $stage,
    found.source,
    found.table_name,
    found.record_id,
    found.location,
    found.column_name,
    found.rule,
    found.severity,
    left(found.value, 200),
    found.message,
    coalesce(kept.first_seen_at, $as_of::timestamp),
    $as_of::timestamp,
    coalesce(kept.times, 0) + 1,
    true,
    kept.released_by
from keyed_issue as found
left join kept_issue as kept on found.issue_key = kept.issue_key;

update quality.issue set is_open = false
where issue_key in (select issue_key from stale_issue);

-- a stage can report more than once under one number
insert into quality.issue_change
with changed as (
    select stored.issue_key
    from quality.issue as stored
    inner join keyed_issue as found on stored.issue_key = found.issue_key
    left join kept_issue as kept on stored.issue_key = kept.issue_key
    where
        kept.issue_key is null
        or not kept.is_open
        or (
            stored.source, stored.table_name, stored.record_id, stored.location, stored.column_name,
            stored.rule, stored.severity, stored.value, stored.message
        )
        is distinct from
        (
            kept.source, kept.table_name, kept.record_id, kept.location, kept.column_name,
            kept.rule, kept.severity, kept.value, kept.message
        )
    union
    select issue_key from stale_issue
)

select
    $seq,
    'issue',
    changed.issue_key
from changed
where changed.issue_key not in (select logged.key from quality.issue_change as logged where logged.seq = $seq);

select count(*) from keyed_issue;
