-- Records that belong to the components of those chosen so far: of their customers and clusters, linked or judged to be
-- the same. To be repeated until none is added.
insert into proof_record
with linked as (
    select
        record_id_l as one,
        record_id_r as other
    from matching.pair
    where is_link
    union all
    select
        one.record_id as one,
        other.record_id as other
    from steward.decision as decision
    inner join landing.record as one on decision.ref_l = one.record_ref
    inner join landing.record as other on decision.ref_r = other.record_ref
    where decision.kind = 'judgement' and decision.judgement = 'match'
),

reached as (
    select other.record_id
    from master.xref as mine
    inner join proof_record on mine.record_id = proof_record.record_id
    inner join master.xref as other on mine.master_id = other.master_id
    where mine.is_current and other.is_current
    union
    select other.record_id
    from matching.cluster as mine
    inner join proof_record on mine.record_id = proof_record.record_id
    inner join matching.cluster as other on mine.cluster_id = other.cluster_id
    union
    select linked.other
    from linked
    inner join proof_record on linked.one = proof_record.record_id
    union
    select linked.one
    from linked
    inner join proof_record on linked.other = proof_record.record_id
)

select reached.record_id
from reached
where reached.record_id not in (select proof_record.record_id from proof_record);

select count(*) from proof_record;
