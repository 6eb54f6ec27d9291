-- Temporary tables of the last party type; later stages need the memory.
drop table if exists matching_record;
drop table if exists matching_name;
drop table if exists matching_value;
drop table if exists matching_value_profile;
drop table if exists matching_place;
drop table if exists matching_shared;
drop table if exists matching_frequency;
drop table if exists matching_trade_key;
drop table if exists matching_feature;
drop table if exists matching_key;
drop table if exists matching_second;
drop table if exists matching_stop;
drop table if exists matching_block;
drop table if exists matching_candidate;
