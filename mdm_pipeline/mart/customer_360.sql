-- One wide row per customer.
create or replace temp table wanted_customer_360 as
with
other_name as (
    select distinct
        xref.master_id,
        party_name.display_name as name
    from master.xref as xref
    inner join staging.party_name as party_name on xref.record_id = party_name.record_id
    inner join master.customer as customer on xref.master_id = customer.master_id
    where xref.is_current and party_name.display_name is distinct from customer.display_name
),

alias as (
    select
        master_id,
        string_agg(name, ' | ' order by name) as aliases
    from other_name
    where name is not null
    group by master_id
),

contact as (
    select
        to_id as master_id,
        count(distinct from_id) as contact_count
    from master.relationship
    where role = 'contact_of'
    group by to_id
),

bought as (
    select
        master_id,
        count(*) as order_count,
        sum(group_amount) as order_amount,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on
    from wanted_customer_order
    group by master_id
),

rated_open as (
    select
        invoice.*,
        (invoice.open_amount * day_rate.rate)::decimal(18, 2) as open_in_group
    from wanted_customer_invoice as invoice
    left join day_rate
        on invoice.currency = day_rate.currency and invoice.invoiced_on is not distinct from day_rate.day
),

owed as (
    select
        master_id,
        count(*) as invoice_count,
        sum(group_amount) as invoiced_amount,
        sum(open_in_group) as open_amount,
        sum(open_in_group) filter (where due_on < $as_of_day) as overdue_amount
    from rated_open
    group by master_id
),

paid as (
    select
        master_id,
        count(*) as payment_count,
        sum(group_amount) as paid_amount,
        max(received_on) as last_payment_on
    from wanted_customer_payment
    group by master_id
),

chance as (
    select
        master_id,
        count(*) as opportunity_count,
        sum(group_amount) filter (where outcome = 'open') as open_opportunity_amount,
        sum(group_amount) filter (where outcome = 'won') as won_opportunity_amount
    from wanted_customer_opportunity
    group by master_id
),

touched as (
    select
        master_id,
        count(*) as activity_count,
        max(happened_at) as last_activity_at
    from wanted_customer_activity
    group by master_id
),

complaint as (
    select
        master_id,
        count(*) filter (where closed_at is null) as open_case_count
    from wanted_customer_case
    group by master_id
),

-- comparisons in which two of its records agree, most frequent first; other levels are no evidence for the customer
link as (
    select
        one.master_id,
        pair.levels,
        pair.match_keys
    from matching.pair as pair
    inner join master.xref as one on pair.record_id_l = one.record_id and one.is_current
    inner join master.xref as other on pair.record_id_r = other.record_id and other.is_current
    where pair.is_link and one.master_id = other.master_id
),

compared as (
    select
        master_id,
        match_keys,
        unnest(string_split(levels, ' ')) as level
    from link
),

agreed as (
    select
        master_id,
        split_part(level, '=', 1) as word
    from compared
    where split_part(level, '=', 2) not in ('missing', 'different', 'other_script', '')
),

met as (
    select
        master_id,
        unnest(string_split(match_keys, ',')) as word
    from link
    where match_keys <> '' and master_id not in (select master_id from agreed)
),

every_word as (
    select * from agreed
    union all
    select * from met
),

counted_word as (
    select
        master_id,
        word,
        count(*) as times
    from every_word
    group by master_id, word
),

evidence as (
    select
        master_id,
        string_agg('+' || word, ' ' order by times desc, word) as match_key
    from counted_word
    group by master_id
)

select
    customer.*,
    alias.aliases,
    coalesce(contact.contact_count, 0) as contact_count,
    coalesce(bought.order_count, 0) as order_count,
    coalesce(bought.order_amount, 0)::decimal(18, 2) as order_amount,
    bought.first_order_on,
    bought.last_order_on,
    coalesce(owed.invoice_count, 0) as invoice_count,
    coalesce(owed.invoiced_amount, 0)::decimal(18, 2) as invoiced_amount,
    coalesce(owed.open_amount, 0)::decimal(18, 2) as open_amount,
    coalesce(owed.overdue_amount, 0)::decimal(18, 2) as overdue_amount,
    coalesce(paid.payment_count, 0) as payment_count,
    coalesce(paid.paid_amount, 0)::decimal(18, 2) as paid_amount,
    paid.last_payment_on,
    coalesce(chance.opportunity_count, 0) as opportunity_count,
    coalesce(chance.open_opportunity_amount, 0)::decimal(18, 2) as open_opportunity_amount,
    coalesce(chance.won_opportunity_amount, 0)::decimal(18, 2) as won_opportunity_amount,
    coalesce(touched.activity_count, 0) as activity_count,
    touched.last_activity_at,
    coalesce(complaint.open_case_count, 0) as open_case_count,
    evidence.match_key
from master.customer as customer
left join alias on customer.master_id = alias.master_id
left join contact on customer.master_id = contact.master_id
left join bought on customer.master_id = bought.master_id
left join owed on customer.master_id = owed.master_id
left join paid on customer.master_id = paid.master_id
left join chance on customer.master_id = chance.master_id
left join touched on customer.master_id = touched.master_id
left join complaint on customer.master_id = complaint.master_id
left join evidence on customer.master_id = evidence.master_id;
