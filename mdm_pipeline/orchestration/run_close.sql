update hub.run
set
    outcome = $outcome,
    held_back = $held_back,
    components_rebuilt = $components,
    differences = $differences,
    proof = $proof
where run_id = $run_id;
