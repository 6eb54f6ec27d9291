with surviving as (
    unpivot (
        select
            master_id,
            columns(* exclude (
                master_id, party_type, is_sole_trader, roles, record_count, source_count, sources, updated_at
            ))::varchar
        from master.customer
    )
    on columns(* exclude (master_id))
    into name attribute value value
),

winner as (
    select
        master_id,
        attribute,
        count(*) as times,
        any_value(value) as value
    from master.attribute_source
    where is_winner
    group by master_id, attribute
),

wrong as (
    select coalesce(surviving.master_id || ' ' || surviving.attribute, winner.master_id || ' ' || winner.attribute)
        as what
    from surviving
    full join winner on surviving.master_id = winner.master_id and surviving.attribute = winner.attribute
    where winner.times is distinct from 1 or surviving.value is distinct from winner.value
)

select
    count(*) as failures,
    min(what) as example
from wrong;
