-- Which customers are rebuilt: the ones that changed most in this run, then others drawn by the run's id.
create or replace temp table proof_chosen as
with customer as (
    select master_id
    from master.xref
    where is_current
    union
    select master_id from master.customer
),

this_run as (
    select seq
    from hub.stage_commit
    where run_id = $run_id
),

touched_record as (
    select key as record_id
    from staging.change
    where seq in (select this_run.seq from this_run)
    union all
    select key as record_id
    from matching.change
    where seq in (select this_run.seq from this_run)
),

touched as (
    select xref.master_id
    from touched_record
    inner join master.xref as xref on touched_record.record_id = xref.record_id
    where xref.is_current
    union all
    select key as master_id
    from master.change
    where seq in (select this_run.seq from this_run)
),

most_changed as (
    select
        touched.master_id,
        count(*) as changes
    from touched
    group by touched.master_id
    order by changes desc, touched.master_id
    limit $most_changed
)

select customer.master_id
from customer
left join most_changed on customer.master_id = most_changed.master_id
order by coalesce(most_changed.changes, 0) desc, md5(customer.master_id || $run_id), customer.master_id
limit $components;

create or replace temp table proof_record as
select distinct xref.record_id
from master.xref as xref
where xref.is_current and xref.master_id in (select proof_chosen.master_id from proof_chosen);
