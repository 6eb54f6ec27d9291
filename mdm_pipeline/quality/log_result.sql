insert into quality.expectation_result
select
    $validation_id,
    $rule,
    $expectation,
    $column_name,
    $severity,
    $dimension,
    $is_success,
    $rows_checked,
    $rows_failed;
