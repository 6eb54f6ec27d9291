-- What makes two person records worth comparing: (record, kind, value), joined by equality later.
create or replace temp table matching_key as
select record_id, 'phone' as kind, value from matching_value where kind = 'phone'
union all
select record_id, 'email', value from matching_value where kind in ('email', 'wechat')
union all
select record_id, 'mailbox', unnest(mailboxes) from matching_feature
union all
select record_id, 'identifier', value from matching_value where kind in ('person', 'account', 'legal_entity')
union all
select record_id, 'address', value from matching_value where kind = 'address'
union all
select record_id, 'name', unnest(name_keys) from matching_feature
union all
select record_id, 'nickname', unnest(nick_keys) from matching_feature
union all
select record_id, 'birth+family', birth_on::varchar || left(unnest(family_keys), 1) from matching_feature
union all
select record_id, 'birth+given', birth_on::varchar || left(unnest(given_keys), 1) from matching_feature
union all
select record_id, 'family+initial', unnest(initial_keys) from matching_feature
union all
select record_id, 'given+family initial', main_given || left(main_family, 1) from matching_feature
union all
select record_id, 'street+given', street || main_given from (
    select record_id, unnest(streets) as street, main_given from matching_feature
)
union all
select record_id, 'street+family', street || main_family from (
    select record_id, unnest(streets) as street, main_family from matching_feature
)
union all
select record_id, 'city+family+given start', city || main_family || left(main_given, 2) from (
    select record_id, unnest(cities) as city, main_family, main_given from matching_feature
);

-- What splits a key that too many records have.
create or replace temp table matching_second as
select record_id, 'c' || unnest(cities) as value from matching_feature
union
select record_id, 'p' || unnest(postcodes) from matching_feature
union
select record_id, 'b' || birth_year::varchar from matching_feature
union
select record_id, 'd' || birth_day from matching_feature
union
select record_id, 's' || unnest(streets) from matching_feature
union
select record_id, 'm' || unnest(mailboxes) from matching_feature
union
select record_id, 't' || left(value, 8) from matching_value where kind = 'phone';
