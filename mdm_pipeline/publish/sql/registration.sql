select
    xref.master_id,
    party.record_ref,
    child.*
from staging.registration as child
inner join staging.party as party on child.record_id = party.record_id
left join master.xref as xref on child.record_id = xref.record_id and xref.is_current
