insert into found_issue
select
    l.source,
    'matching.cluster',
    l.record_id,
    null,
    null,
    'judgement_contradicted',
    'warn',
    l.record_ref || ' = ' || r.record_ref,
    'judgement "match" of ' || l.record_ref || ' and ' || r.record_ref
    || ' contradicts a judgement "no_match", which wins; expected judgements that agree: withdraw one of them'
from contradictions
inner join staging.party as l on contradictions.record_id_l = l.record_id
inner join staging.party as r on contradictions.record_id_r = r.record_id;
