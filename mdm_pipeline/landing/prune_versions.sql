delete from landing.version
where
    replaced_at < $before
    and record_id in (
        select record.record_id
        from landing.record as record
        where record.source = $source and record.source_table = $source_table
    );
