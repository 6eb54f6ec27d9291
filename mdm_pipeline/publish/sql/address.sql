select
    xref.master_id,
    party.record_ref,
    child.*,
    profile.class as profile
from staging.party_address as child
inner join staging.party as party on child.record_id = party.record_id
left join master.xref as xref on child.record_id = xref.record_id and xref.is_current
left join staging.value_profile as profile
    on profile.kind = 'address' and coalesce(child.address_key, child.address_norm) = profile.value
