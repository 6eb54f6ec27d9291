-- New models in force, stored ones kept; those of the same party type are no longer active.
create or replace temp table wanted_model as
select
    model_id,
    party_type,
    origin,
    settings,
    frequencies,
    metrics,
    is_active,
    trained_at
from new_models
union all
select
    stored.model_id,
    stored.party_type,
    stored.origin,
    stored.settings,
    stored.frequencies,
    stored.metrics,
    false,
    stored.trained_at
from matching.model as stored
where not exists (
    select 1 from new_models as new
    where new.model_id = stored.model_id and new.party_type = stored.party_type
);
