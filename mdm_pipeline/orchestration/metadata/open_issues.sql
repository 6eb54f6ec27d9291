select
    stage,
    source,
    table_name,
    rule,
    severity,
    count(*) as open_issues
from quality.issue
where is_open
group by all
order by open_issues desc, stage, source, table_name, rule, severity
limit 30;
