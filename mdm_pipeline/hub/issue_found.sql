create or replace temp table found_issue (
    source varchar,
    table_name varchar,
    record_id bigint,
    location varchar,
    column_name varchar,
    rule varchar,
    severity varchar,
    value varchar,
    message varchar
);
