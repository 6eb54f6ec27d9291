-- Billing profiles against the business registry: what an e-invoice (数电票) would be rejected for, and what is at stake.
create or replace temp table wanted_billing_check as
with registered as (
    select
        registration.record_id,
        registration.registered_name,
        translate(replace(replace(registration.registered_name, ' ', ''), '　', ''), '（）', '()') as plain_name,
        registration.status,
        registration.status_code,
        number_of.value as tax_id
    from staging.registration as registration
    inner join staging.party as party on registration.record_id = party.record_id
    left join staging.party_identifier as number_of
        on registration.record_id = number_of.record_id and number_of.scheme = 'cn_uscc' and number_of.is_usable
    where party.scope = 'reference' and party.party_type = 'organization'
    qualify row_number() over (
        partition by registration.record_id order by number_of.identifier_no
    ) = 1
),

-- one registration per number
by_number as (
    select *
    from registered
    where tax_id is not null
    qualify row_number() over (partition by tax_id order by record_id) = 1
),

-- one registration per customer
by_customer as (
    select
        xref.master_id,
        registered.*
    from registered
    inner join master.xref as xref on registered.record_id = xref.record_id and xref.is_current
    qualify row_number() over (partition by xref.master_id order by registered.record_id) = 1
),

billed as (
    select
        owner_of.master_id,
        profile.record_id,
        profile.party_ref as record_ref,
        profile.profile_no,
        profile.legal_entity,
        profile.title,
        profile.tax_id,
        own.is_valid is not false as is_valid,
        own.scheme is not null as is_chinese_number,
        -- brackets and blanks are written in two ways and mean the same
        translate(replace(replace(profile.title, ' ', ''), '　', ''), '（）', '()') as plain_title
    from staging.billing_profile as profile
    inner join staging.party as party on profile.record_id = party.record_id
    left join owner_of on profile.party_ref = owner_of.record_ref
    left join (
        select
            record_id,
            scheme,
            value,
            bool_or(is_valid) as is_valid
        from staging.party_identifier
        where scheme = 'cn_uscc'
        group by all
    ) as own on profile.record_id = own.record_id and profile.tax_id = own.value
    where
        party.scope = 'match'
        and party.party_type = 'organization'
        and exists (select 1 from registered)
),

-- The number's own registration tells what must stand on the invoice; without one that of the customer.
compared as (
    select
        billed.*,
        coalesce(numbered.record_id, named.record_id) as registered_id,
        coalesce(numbered.registered_name, named.registered_name) as registered_name,
        coalesce(numbered.plain_name, named.plain_name) as plain_name,
        coalesce(numbered.tax_id, named.tax_id) as registered_tax_id,
        coalesce(numbered.status, named.status) as registered_status,
        coalesce(numbered.status_code, named.status_code) as status_code,
        numbered.record_id is not null as is_known_number
    from billed
    left join by_number as numbered on billed.tax_id = numbered.tax_id
    left join by_customer as named on billed.master_id = named.master_id
),

former as (
    select distinct
        record_id,
        translate(replace(replace(name_original, ' ', ''), '　', ''), '（）', '()') as earlier_name
    from staging.party_name
    where kind = 'former'
),

judged as (
    select
        compared.*,
        case
            when status_code in ('deregistered', 'revoked') then status_code
            when tax_id is null and registered_id is not null then 'tax_id_missing'
            when not is_known_number and registered_id is not null then 'tax_id_differs'
            when is_chinese_number and not is_valid then 'tax_id_invalid'
            when is_chinese_number and not is_known_number then 'tax_id_unknown'
            when registered_id is null then null
            when former.earlier_name is not null then 'title_is_former_name'
            when coalesce(compared.plain_title, '') <> compared.plain_name then 'title_differs'
        end as finding
    from compared
    left join former
        on compared.registered_id = former.record_id and compared.plain_title = former.earlier_name
),

-- Ordered and not yet invoiced: the next invoices that go out.
waiting as (
    select
        orders.master_id,
        sum(orders.group_amount) as open_order_amount
    from wanted_customer_order as orders
    anti join wanted_customer_invoice as invoice
        on orders.order_no = invoice.order_no and orders.master_id = invoice.master_id
    where orders.master_id is not null
    group by orders.master_id
)

select
    judged.master_id,
    judged.record_id,
    judged.record_ref,
    judged.profile_no,
    judged.legal_entity,
    judged.finding,
    judged.title,
    judged.tax_id,
    judged.registered_name,
    judged.registered_tax_id,
    judged.registered_status,
    coalesce(waiting.open_order_amount, 0)::decimal(18, 2) as open_order_amount
from judged
left join waiting on judged.master_id = waiting.master_id
where judged.finding is not null;
