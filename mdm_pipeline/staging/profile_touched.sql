-- Values that records of the scope hold now; asked before and after writing, it gives the old and the new ones.
insert into profile_touched
select distinct value as key
from profile_cell
where record_id in (select staging_scope.key from staging_scope);
