insert into failing_row
select
    $suite,
    $rule,
    $severity,
    $table_name,
    $column_name,
    $message,
    rule_row.record_id,
    rule_row.location,
    coalesce(registered.source, rule_row.source, $source, ''),
    coalesce(registered.record_ref, rule_row.record_ref),
    rule_row.value
from rule_row
left join landing.record as registered on rule_row.record_id = registered.record_id;
