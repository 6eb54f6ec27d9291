-- Values of one party only say nothing here: they are most, and the class stands beside each of them already.
select *
from staging.value_profile
where class <> 'personal'
