-- One issue per value; the number of rows stays out of it, so that it is the same issue every night.
insert into found_issue
select
    source,
    source || '.' || source_table as table_name,
    null as record_id,
    list || ': ' || source_code as location,
    list as column_name,
    'code_is_mapped' as rule,
    'warn' as severity,
    source_code as value,
    source || '.' || source_table || ': ''' || left(source_code, 100) || ''' is not in the code list ' || list
    || '; expected a code or name of staging.canonical_code, the canonical column stays empty; map it under codes.'
    || list || ' in sources/' || source || '.yaml, or under lists.' || list || ' in codes.yaml' as message
from staging.unmapped_code;
