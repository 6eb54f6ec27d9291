-- Tables that keep their versions for a time of their own are left to it.
delete from landing.version
where
    replaced_at < $before
    and record_id not in (
        select record_id
        from landing.record
        where list_contains($own_terms::varchar [], source || '.' || source_table)
    );
