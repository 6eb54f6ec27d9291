-- What landing, staging and the suites say about the sample, by rule.
select
    stage,
    table_name,
    coalesce(issue.column_name, '') as column_name,
    rule,
    severity,
    count(*) as issues,
    count(distinct record_id) as records,
    any_value(message order by issue_key) as example
from quality.issue as issue
where is_open
group by stage, table_name, issue.column_name, rule, severity
order by
    case severity when 'block' then 0 when 'quarantine' then 1 when 'reject' then 2 else 3 end,
    issues desc,
    table_name,
    issue.column_name,
    rule
