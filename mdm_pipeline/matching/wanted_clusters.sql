-- What matching found, every pass-through record alone, and the registry's rows beside the customers that they are about.
create or replace temp table wanted_cluster as
with standing as (
    select
        party.record_id,
        party.party_type,
        party.scope,
        party.name_norm,
        party.name_script
    from staging.party as party
    where party.record_id not in (select quarantined.record_id from quality.quarantined as quarantined)
),

number_of as (
    select
        identifier.record_id,
        identifier.scheme,
        identifier.value
    from staging.party_identifier as identifier
    inner join staging.identifier_scheme as scheme on identifier.scheme = scheme.scheme
    where identifier.is_usable and identifier.value is not null and scheme.identifies = 'legal_entity'
),

by_number as (
    select
        registered.record_id,
        holder.record_id as holder_id
    from standing as registered
    inner join number_of as own on registered.record_id = own.record_id
    inner join number_of as holder on own.scheme = holder.scheme and own.value = holder.value
    where registered.scope = 'reference'
),

-- A full Chinese company name is registered once in its region. Who has a number of the same kind has another one here.
by_name as (
    select
        registered.record_id,
        holder.record_id as holder_id
    from standing as registered
    inner join staging.party_name as holder on registered.name_norm = holder.name_norm
    where
        registered.scope = 'reference'
        and registered.party_type = 'organization'
        and registered.name_script = 'han'
        and nullif(holder.legal_form, 'none') is not null
        and registered.record_id not in (select by_number.record_id from by_number where record_id <> holder_id)
        and not exists (
            select 1
            from number_of as own
            inner join number_of as other on own.scheme = other.scheme and own.value <> other.value
            where own.record_id = registered.record_id and other.record_id = holder.record_id
        )
),

about as (
    select * from by_number
    union all
    select * from by_name
)

select
    record_id,
    cluster_id,
    party_type
from found_clusters
union all
select
    record_id,
    record_id as cluster_id,
    party_type
from standing
where scope = 'pass_through'
union all
-- Of several customers with its number, the one that has it longest.
select
    about.record_id,
    arg_min(found_clusters.cluster_id, about.holder_id) as cluster_id,
    any_value(found_clusters.party_type) as party_type
from about
inner join found_clusters on about.holder_id = found_clusters.record_id
inner join standing on about.record_id = standing.record_id
where standing.party_type = found_clusters.party_type
group by about.record_id;
