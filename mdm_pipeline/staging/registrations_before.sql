-- What the registry says, one row per attribute; those of the records in scope are kept until they have been written.
create or replace temp view registered_attribute as
with listed as (
    select
        record_id,
        party_ref,
        unnest([
            struct_pack(attribute := 'registered_name', value := registered_name),
            struct_pack(attribute := 'status', value := status),
            struct_pack(attribute := 'legal_representative', value := legal_representative),
            struct_pack(attribute := 'capital', value := concat_ws(' ', capital, currency)),
            struct_pack(attribute := 'established_on', value := established_on::varchar),
            struct_pack(attribute := 'record', value := 'registered')
        ]) as item
    from staging.registration
)

select
    record_id,
    party_ref,
    item.attribute as attribute,
    nullif(item.value, '') as value
from listed;

create or replace temp table registration_before as
select * from registered_attribute
where record_id in (select staging_scope.key from staging_scope);
