insert into quality.validation_run
select
    $validation_id,
    $run_id,
    $suite,
    $table_name,
    $validated_at::timestamp,
    $outcome,
    $rules,
    $rules_failed,
    $reason;
