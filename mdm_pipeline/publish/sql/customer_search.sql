with word as (
    select
        xref.master_id,
        party_name.display_name as word
    from staging.party_name as party_name
    inner join master.xref as xref on party_name.record_id = xref.record_id and xref.is_current
    union
    select
        xref.master_id,
        unnest([contact.value, contact.raw]) as word
    from staging.party_contact_point as contact
    inner join master.xref as xref on contact.record_id = xref.record_id and xref.is_current
    union
    select
        xref.master_id,
        identifier.value as word
    from staging.party_identifier as identifier
    inner join master.xref as xref on identifier.record_id = xref.record_id and xref.is_current
    union
    -- codes that the customer's records once had, its own included
    select
        present.master_id,
        unnest([past.master_id, past.record_ref]) as word
    from master.xref as past
    inner join master.xref as present on past.record_id = present.record_id and present.is_current
)

select
    customer.master_id,
    lower(string_agg(word.word, ' ' order by word.word)) as search_text
from master.customer as customer
inner join word on customer.master_id = word.master_id
where word.word is not null
group by customer.master_id
