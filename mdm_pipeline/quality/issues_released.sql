create or replace temp table issue_release as
select
    issue.issue_key,
    released.decision_id
from quality.issue as issue
left join released_rule as released
    on
        issue.table_name = released.table_name
        and issue.record_id = released.record_id
        and issue.rule = released.rule
where
    issue.stage = 'quality'
    and issue.is_open
    and issue.released_by is distinct from released.decision_id;

update quality.issue set released_by = issue_release.decision_id
from issue_release
where issue.issue_key = issue_release.issue_key;
