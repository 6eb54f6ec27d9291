create or replace temp table looked_at (record_id bigint);
create or replace temp table waited_before as
select record_id from quality.quarantined;
