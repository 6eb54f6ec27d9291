create or replace temp table failing_row (
    suite varchar,
    rule varchar,
    severity varchar,
    table_name varchar,
    column_name varchar,
    message varchar,
    record_id bigint,
    location varchar,
    source varchar,
    record_ref varchar,
    value varchar
);
create or replace temp table carried_rule (table_name varchar, rule varchar);
