select
    party_type,
    count(*) as customers,
    round(100.0 * count(phone) / count(*), 1) as phone_pct,
    round(100.0 * count(email) / count(*), 1) as email_pct,
    round(100.0 * count(address) / count(*), 1) as address_pct,
    round(100.0 * count(tax_id) / count(*), 1) as tax_id_pct,
    round(100.0 * count(birth_on) / count(*), 1) as birth_pct,
    round(100.0 * count(*) filter (where source_count > 1) / count(*), 1) as in_several_sources_pct
from master.customer
group by all
order by all;
