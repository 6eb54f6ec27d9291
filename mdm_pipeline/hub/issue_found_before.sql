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
where issue.stage = $stage and issue.is_open and list_contains($rules, issue.rule);
