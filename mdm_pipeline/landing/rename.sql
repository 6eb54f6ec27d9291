update landing.record
set
    source = $source,
    source_table = $source_table,
    record_ref = $source || '.' || $source_table || ':' || source_key
where source = $old_source and source_table = $old_table;

-- what is still wrong is found again under the new name
update quality.issue
set is_open = false
where stage = 'landing.' || $old_source || '.' || $old_table;
