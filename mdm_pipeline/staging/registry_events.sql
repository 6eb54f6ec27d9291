-- Attributes that differ from what they were; a row seen for the first time is no event, one that vanished is a single
-- one.
insert into staging.registry_event
select
    earlier.record_id,
    earlier.party_ref as record_ref,
    earlier.attribute,
    earlier.value as old_value,
    now.value as new_value,
    $as_of as noticed_at
from registration_before as earlier
left join registered_attribute as now
    on earlier.record_id = now.record_id and earlier.attribute = now.attribute
where
    earlier.value is distinct from now.value
    and (now.record_id is not null or earlier.attribute = 'record');
