-- Each suite's last run stays: it is its verdict in force, and the next number follows the highest.
delete from quality.validation_run
where validated_at < $before and validation_id not in (
    select max(validation_id)
    from quality.validation_run
    group by suite, table_name
);
