select
    party_type,
    (floor(match_weight / 4) * 4)::integer as weight_from,
    count(*) as pairs,
    count(*) filter (where is_link) as links,
    repeat('█', greatest(1, (40.0 * count(*) / max(count(*)) over ())::integer)) as histogram
from matching.pair
group by all
order by party_type, weight_from;
