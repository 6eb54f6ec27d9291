-- One signature each: overloads lock out DuckDB 1.0.
create macro find_customer(q) as table
select
    c.master_id,
    c.party_type,
    c.display_name,
    c.aliases,
    c.phone,
    c.email,
    c.tax_id,
    c.city,
    c.roles,
    c.sources,
    c.record_count,
    c.order_amount,
    c.open_amount
from customer_search as s
inner join customer_360 as c on s.master_id = c.master_id
where contains(s.search_text, lower(trim(q)))
order by lower(c.display_name) <> lower(trim(q)), c.master_id;

create macro resolve(id) as table
select
    c.code,
    c.current_id,
    c.state
from customer_code as c
where c.code = id;

create macro who_says(id, attribute) as table
select
    s.rank,
    s.value,
    s.record_ref,
    s.rule,
    s.is_winner,
    s.reason
from attribute_source as s
where s.master_id = id and s.attribute = attribute
order by s.rank;
