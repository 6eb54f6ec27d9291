-- What makes two organization records worth comparing: (record, kind, value), joined by equality later.
create or replace temp table matching_key as
select record_id, 'phone' as kind, value from matching_value where kind = 'phone'
union all
select record_id, 'email', value from matching_value where kind in ('email', 'wechat')
union all
select record_id, 'domain', value from matching_value where kind = 'domain'
union all
select record_id, 'website', website from matching_feature
union all
select record_id, 'identifier', value from matching_value
where kind in ('legal_entity', 'tax_group', 'site', 'account', 'person')
union all
select record_id, 'address', value from matching_value where kind = 'address'
union all
select record_id, 'core', unnest(core_keys) from matching_feature
union all
select record_id, 'body', unnest(bodies) from matching_feature
union all
select record_id, 'trade name', unnest(trade_keys) from matching_feature
union all
select record_id, 'street', unnest(streets) from matching_feature
union all
select record_id, 'name start+city', key_start || city from (
    select record_id, left(replace(main_key, ' ', ''), 5) as key_start, unnest(cities) as city from matching_feature
)
union all
select record_id, 'word', unnest(list_filter(words, word -> length(word) >= 4)) from matching_feature
union all
select record_id, 'two characters', unnest(list_transform(
    range(1, body_length::bigint), position -> substr(main_body, position, 2)
)) from matching_feature
where main_script in ('han', 'mixed') and body_length >= 2;

-- What splits a key that too many records have.
create or replace temp table matching_second as
select record_id, 'c' || unnest(cities) as value from matching_feature
union
select record_id, 'p' || unnest(postcodes) from matching_feature
union
select record_id, 'r' || region from matching_feature
union
select record_id, 's' || unnest(streets) from matching_feature
union
select record_id, 't' || left(value, 8) from matching_value where kind = 'phone'
union
select record_id, 'k' || left(replace(main_key, ' ', ''), 8) from matching_feature;
