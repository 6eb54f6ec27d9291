-- Judgements in force between two records that take part; the latest one of a pair counts.
with judged as (
    select
        least(l.record_id, r.record_id) as record_id_l,
        greatest(l.record_id, r.record_id) as record_id_r,
        decision.judgement,
        row_number() over (
            partition by least(l.record_id, r.record_id), greatest(l.record_id, r.record_id)
            order by decision.decided_at desc, decision.decision_id desc
        ) as place
    from steward.decision as decision
    inner join matching_record as l on decision.ref_l = l.record_ref
    inner join matching_record as r on decision.ref_r = r.record_ref
    where decision.kind = 'judgement' and l.record_id <> r.record_id
)

select
    record_id_l,
    record_id_r,
    judgement
from judged
where place = 1
order by record_id_l, record_id_r;
