update hub.run set outcome = 'failed'
where outcome = 'running'
