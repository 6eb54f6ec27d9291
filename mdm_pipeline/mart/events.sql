-- Every event with its customer and its amount in group currency. Left joins only: no event may get lost.
create or replace temp table wanted_customer_order as
select
    owner_of.master_id,
    sales_order.*,
    (sales_order.net_amount * day_rate.rate)::decimal(18, 2) as group_amount
from staging.sales_order as sales_order
left join owner_of on sales_order.party_ref = owner_of.record_ref
left join day_rate
    on sales_order.currency = day_rate.currency and sales_order.ordered_on is not distinct from day_rate.day;

-- an invoice to nobody we know (a collective account, a party in quarantine) belongs to whoever ordered
create or replace temp table rated_invoice as
select
    coalesce(owner_of.master_id, buyer.master_id) as master_id,
    invoice.*,
    day_rate.rate
from staging.invoice as invoice
left join owner_of on invoice.party_ref = owner_of.record_ref
left join buyer_of_order as buyer on invoice.order_no = buyer.order_no
left join day_rate
    on invoice.currency = day_rate.currency and invoice.invoiced_on is not distinct from day_rate.day;

create or replace temp table rated_payment as
select
    payment.*,
    coalesce(owner_of.master_id, invoice.master_id) as master_id,
    day_rate.rate,
    settled.invoice_record_id
from staging.payment as payment
left join owner_of on payment.party_ref = owner_of.record_ref
left join settled_invoice as settled on payment.record_id = settled.record_id
left join rated_invoice as invoice on settled.invoice_record_id = invoice.record_id
left join day_rate
    on payment.currency = day_rate.currency and payment.received_on is not distinct from day_rate.day;

create or replace temp table wanted_customer_payment as
select
    * exclude (rate, invoice_record_id),
    (amount * rate)::decimal(18, 2) as group_amount
from rated_payment;

-- what settles an invoice, in the invoice's own currency; a credit note gives its whole amount to its invoice
create or replace temp table wanted_customer_invoice as
with
payment_part as (
    select
        payment.invoice_record_id,
        coalesce(payment.amount, 0) + coalesce(payment.fee, 0) as own_amount,
        case
            when coalesce(payment.currency, '') = coalesce(invoice.currency, '') then own_amount
            else own_amount * payment.rate / invoice.rate
        end as settled
    from rated_payment as payment
    inner join rated_invoice as invoice on payment.invoice_record_id = invoice.record_id
),

credit_part as (
    select
        settled.invoice_record_id,
        case
            when coalesce(credit.currency, '') = coalesce(invoice.currency, '') then -credit.gross_amount
            else -credit.gross_amount * credit.rate / invoice.rate
        end as settled
    from settled_invoice as settled
    inner join rated_invoice as credit on settled.record_id = credit.record_id
    inner join rated_invoice as invoice on settled.invoice_record_id = invoice.record_id
),

given_away as (
    select
        credit.record_id as invoice_record_id,
        credit.gross_amount as settled
    from settled_invoice as settled
    inner join rated_invoice as credit on settled.record_id = credit.record_id
),

settlement as (
    select
        invoice_record_id,
        settled
    from payment_part
    union all
    select
        invoice_record_id,
        settled
    from credit_part
    union all
    select
        invoice_record_id,
        settled
    from given_away
),

paid as (
    select
        invoice_record_id,
        sum(settled::decimal(18, 2)) as paid_amount
    from settlement
    group by invoice_record_id
)

select
    invoice.* exclude (rate),
    (invoice.net_amount * invoice.rate)::decimal(18, 2) as group_amount,
    coalesce(paid.paid_amount, 0)::decimal(18, 2) as paid_amount,
    (invoice.gross_amount - coalesce(paid.paid_amount, 0))::decimal(18, 2) as open_amount
from rated_invoice as invoice
left join paid on invoice.record_id = paid.invoice_record_id;

create or replace temp table wanted_customer_opportunity as
select
    owner_of.master_id,
    opportunity.*,
    (opportunity.amount * day_rate.rate)::decimal(18, 2) as group_amount
from staging.opportunity as opportunity
left join owner_of on opportunity.party_ref = owner_of.record_ref
left join day_rate
    on
        opportunity.currency = day_rate.currency
        and coalesce(opportunity.close_on, opportunity.created_at::date) is not distinct from day_rate.day;

-- an activity or case that names no party belongs to its contact person
create or replace temp table wanted_customer_activity as
select
    case when activity.party_ref is null then contact.master_id else owner_of.master_id end as master_id,
    activity.*
from staging.activity as activity
left join owner_of on activity.party_ref = owner_of.record_ref
left join owner_of as contact on activity.contact_ref = contact.record_ref;

create or replace temp table wanted_customer_case as
select
    case when service_case.party_ref is null then contact.master_id else owner_of.master_id end as master_id,
    service_case.*
from staging.service_case as service_case
left join owner_of on service_case.party_ref = owner_of.record_ref
left join owner_of as contact on service_case.contact_ref = contact.record_ref;
