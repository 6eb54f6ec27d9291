-- The highest number of a customer code that is taken: issued by this hub, or by a state of it that is lost.
with issued as (
    select try_cast(regexp_extract(master_id, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint) as number
    from master.id_event
    union all
    select try_cast(regexp_extract(master_id, '^[A-Z]+([0-9]+)[0-9A-Z]$', 1) as bigint)
    from master.xref
    union all
    select number from hub.code_floor
)

select coalesce(max(number), 0) from issued;
