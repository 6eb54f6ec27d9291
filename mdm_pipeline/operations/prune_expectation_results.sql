-- The results of each suite's last run stay: they are its verdict in force.
delete from quality.expectation_result
where validation_id in (
    select validation_id
    from quality.validation_run
    where validated_at < $before
    except
    select max(validation_id)
    from quality.validation_run
    group by suite, table_name
);
