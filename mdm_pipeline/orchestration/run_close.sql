update hub.run set outcome = $outcome, held_back = $held_back
where run_id = $run_id;
