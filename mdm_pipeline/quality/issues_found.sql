insert into found_issue
select
    source,
    table_name,
    record_id,
    location,
    column_name,
    rule,
    severity,
    value,
    message
from failing_row;

-- of a broken suite nothing new is known: what was open stays open
insert into found_issue
select
    issue.source,
    issue.table_name,
    issue.record_id,
    issue.location,
    issue.column_name,
    issue.rule,
    issue.severity,
    issue.value,
    issue.message
from quality.issue as issue
semi join carried_rule as carried
    on issue.table_name = carried.table_name and issue.rule = carried.rule
where issue.stage = 'quality' and issue.is_open;
