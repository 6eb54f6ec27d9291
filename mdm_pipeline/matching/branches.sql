-- A branch is a party of its own: it never joins its head office or another branch, whatever they share.
select
    record_id,
    case when branch = '' then 'head office' else branch end as branch
from matching_feature
order by record_id;
