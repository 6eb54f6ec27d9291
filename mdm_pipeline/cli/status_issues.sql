select
    severity,
    stage,
    source,
    table_name,
    rule,
    count(*) as issues
from quality.issue
where is_open
group by all
order by severity, issues desc, stage, source, table_name, rule
limit 20;
