-- The raw files of the demo company, standardized by SQL alone: lower case, trimmed, digits of phones.
create or replace temp table standardized as
with text_cleaned as (
    select
        source,
        source_table,
        source_key,
        party_type,
        nullif(regexp_replace(lower(trim(name)), '[\s.,()（）]+', ' ', 'g'), '') as name,
        nullif(right(regexp_replace(phone, '[^0-9]', '', 'g'), 10), '') as phone,
        nullif(lower(trim(email)), '') as email,
        nullif(upper(trim(tax_id)), '') as tax_id,
        nullif(regexp_replace(birth_on, '[^0-9]', '', 'g'), '') as birth_on,
        nullif(regexp_replace(lower(trim(address)), '[\s.,]+', ' ', 'g'), '') as address,
        nullif(regexp_replace(lower(trim(city)), '市$', ''), '') as city
    from raw_records
),

numbered as (
    select
        row_number() over (order by source, source_table, source_key) as unique_id,
        *
    from text_cleaned
)

select
    *,
    left(name, 3) as name_start,
    left(birth_on, 4) as birth_year
from numbered;
