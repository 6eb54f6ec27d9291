select
    one.master_id,
    other.master_id as master_id_r,
    party_l.record_ref as record_ref_l,
    party_r.record_ref as record_ref_r,
    pair.*
from matching.pair as pair
inner join staging.party as party_l on pair.record_id_l = party_l.record_id
inner join staging.party as party_r on pair.record_id_r = party_r.record_id
left join master.xref as one on pair.record_id_l = one.record_id and one.is_current
left join master.xref as other on pair.record_id_r = other.record_id and other.is_current
where pair.is_link
