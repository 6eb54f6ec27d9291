-- The highest number among the customer codes that analysts have.
select coalesce(max(try_cast(regexp_extract(code, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint)), 0)
from published.customer_code;
