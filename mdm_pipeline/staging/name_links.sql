-- Links that the names themselves propose: a branch to its head office, a shop to its owner.
-- A head is an organization with the same core and legal form and no branch; one of the same source goes first.
create or replace temp table name_link as
with branches as (
    select
        name.record_id,
        party.record_ref,
        party.source,
        name.core_name,
        name.legal_form
    from staging.party_name as name
    inner join staging.party as party on name.record_id = party.record_id
    where name.name_no = 1 and name.head_name is not null and length(name.core_name) >= 2
),

heads as (
    select
        name.core_name,
        name.legal_form,
        party.source,
        min(party.record_ref) as record_ref
    from staging.party_name as name
    inner join staging.party as party on name.record_id = party.record_id
    where
        party.party_type = 'organization'
        and name.name_no = 1
        and name.branch_word is null
        and name.core_name in (select branches.core_name from branches)
    group by name.core_name, name.legal_form, party.source
),

branch_links as (
    select
        branches.record_id,
        branches.record_ref,
        branches.record_ref as from_ref,
        arg_min(heads.record_ref, (heads.source <> branches.source, heads.record_ref)) as to_ref,
        'branch_of' as role
    from branches
    inner join heads
        on
            branches.core_name = heads.core_name
            and branches.legal_form is not distinct from heads.legal_form
    group by branches.record_id, branches.record_ref
),

shops as (
    select
        name.record_id,
        party.record_ref,
        party.source,
        replace(name.owner_name, ' ', '') as owner_name
    from staging.party_name as name
    inner join staging.party as party on name.record_id = party.record_id
    where name.name_no = 1 and name.owner_name is not null and party.party_type = 'organization'
),

-- A name alone is no proof: the owner's record has to share a phone or an e-mail with the shop's.
owner_links as (
    select
        shops.record_id,
        shops.record_ref,
        min(owner.record_ref) as from_ref,
        shops.record_ref as to_ref,
        'owner_of' as role
    from shops
    inner join staging.party_contact_point as shop_point on shops.record_id = shop_point.record_id
    inner join staging.party_contact_point as point
        on shop_point.match_key = point.match_key and shop_point.record_id <> point.record_id
    inner join staging.party as owner on point.record_id = owner.record_id
    where owner.party_type = 'person' and replace(owner.display_name, ' ', '') = shops.owner_name
    group by shops.record_id, shops.record_ref
)

select * from branch_links
union all
select * from owner_links;

-- What the source says of a record goes before what its name suggests.
delete from name_link
where (record_id, role) in (
    select
        record_id,
        role
    from wanted_party_link
    union all
    select
        record_id,
        role
    from staging.party_link
    where origin is null and record_id not in (select key from staging_scope)
);

insert into wanted_party_link by name
select
    record_id,
    record_ref,
    from_ref,
    to_ref,
    role,
    'name' as origin
from name_link;

create or replace temp table name_link_scope as
select key from staging_scope
union
select record_id as key from staging.party_link
where origin = 'name' and (record_id, role) not in (
    select
        record_id,
        role
    from name_link
);
